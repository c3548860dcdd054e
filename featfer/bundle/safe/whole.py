"""Whether what a plain file holds is a recognizer: its parts fit together, and it answers in numbers that can be."""

import warnings

import numpy as np

from featfer.bundle.safe.checks import check_classifier, check_regressor
from featfer.errors import BundleError
from featfer.labels import LabelSet
from featfer.recognizer import FaceModel, Recognizer

MOST_COLUMNS = 2**24
OUTPUTS = ("valence", "arousal")
SIZES = (0.0, 1.0, -1.0, 100.0)  # of the values in the rows that it answers for a trial


def check_recognizer(recognizer):
    """Raise BundleError for what is no FaceModel, or whose parts do not fit together, and other errors
    where they are of a wrong kind."""
    width = sum(feature.size for feature in recognizer.features)
    _check(0 < width < MOST_COLUMNS, f"its features have {width:,} columns")
    if type(recognizer) is Recognizer:
        names = _names(recognizer.label_set)
        classes = check_classifier(recognizer.classifier, width)
        _check(classes.max() < len(names), f"it knows class {classes.max()} of {len(names)} labels")
    else:
        _check(isinstance(recognizer, FaceModel), f"a {type(recognizer).__name__} is no recognizer")
        names = recognizer.outputs
        _check(type(names) is tuple and set(names) <= set(OUTPUTS) and len(set(names)) == len(names),
               f"its outputs are {names!r:.60}")
        _check(check_regressor(recognizer.regressor, width) == len(names), "it has another number of outputs than it says")
    _check_answers(recognizer, width, len(names))


def _names(label_set):
    """Return the names of a LabelSet."""
    _check(type(label_set) is LabelSet and type(label_set.name) is str and type(label_set.names) is tuple
           and label_set.maps in (None, {}), "its labels are none")
    names = label_set.names
    _check(all(type(name) is str and 0 < len(name) <= 200 for name in names) and len(set(names)) == len(names),
           "its labels are not different names")
    return names


def _check_answers(recognizer, width, count):
    """Raise BundleError where the answers to some rows are no probabilities, or no numbers."""
    draw = np.random.default_rng(0)
    rows = np.stack([np.zeros(width), *(size * draw.random(width) for size in SIZES[1:])]).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of what is looked for here
        answers = recognizer.predict_rows(rows)
    _check(answers.shape == (len(rows), count) and np.isfinite(answers).all(), "its answers are no numbers")
    if type(recognizer) is Recognizer:
        _check((answers >= -1e-6).all() and np.allclose(answers.sum(axis=1), 1, atol=1e-3), "its answers are no probabilities")


def _check(is_fit, reason):
    if not is_fit:
        raise BundleError(f"holds parts that do not fit together: {reason}")
