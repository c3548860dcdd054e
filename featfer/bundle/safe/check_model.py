"""Check that a safe file holds a recognizer: its parts fit together, and it predicts valid numbers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from featfer.bundle.safe.check_novelty import check_novelty
from featfer.bundle.safe.checks import check_classifier, check_regressor
from featfer.errors import BundleError
from featfer.face_model import FaceModel
from featfer.labels import LabelSet
from featfer.recognizer import Recognizer
from featfer.shares import are_shares

MOST_COLUMNS = 2**24
OUTPUTS = ("valence", "arousal")
SIZES = (0.0, 1.0, -1.0, 100.0)  # scales of the values in the rows of the trial


def check_recognizer(recognizer: Any) -> None:
    """Check a recognizer from a safe file.

    Parameters
    ----------
    recognizer : object

    Raises
    ------
    BundleError
        When it is no FaceModel or its parts do not fit together. Other errors are possible where parts have the wrong type.
    """
    width = sum(feature.size for feature in recognizer.features)
    _check(0 < width < MOST_COLUMNS, f"its features have {width:,} columns")
    if type(recognizer) is Recognizer:
        names = _check_labels(recognizer.label_set)
        classes = check_classifier(recognizer.classifier, width)
        _check(classes.max() < len(names), f"it knows class {classes.max()} of {len(names)} labels")
        known = [names[label] for label in classes]
        _check(recognizer.prior is None or are_shares(recognizer.prior, known), "its prior is none of its labels")
        _check(type(recognizer.grey) is bool, "its grey is neither true nor false")
        if recognizer.novelty is not None:
            check_novelty(recognizer.novelty, width)
    else:
        _check(isinstance(recognizer, FaceModel), f"a {type(recognizer).__name__} is no recognizer")
        names = recognizer.outputs
        _check(type(names) is tuple and set(names) <= set(OUTPUTS) and len(set(names)) == len(names),
               f"its outputs are {names!r:.60}")
        _check(check_regressor(recognizer.regressor, width) == len(names), "it has another number of outputs than it says")
    _check(type(recognizer.trained_on) in (str, type(None)), "what it was trained on is no text")
    _check_predictions(recognizer, width, len(names))


def _check_labels(label_set: Any) -> tuple[str, ...]:
    """Check a LabelSet; return its names."""
    _check(type(label_set) is LabelSet and type(label_set.name) is str and type(label_set.names) is tuple
           and label_set.maps in (None, {}), "its labels are none")
    names = label_set.names
    _check(all(type(name) is str and 0 < len(name) <= 200 for name in names) and len(set(names)) == len(names),
           "its labels are not different names")
    return names


def _check_predictions(recognizer: Any, width: int, count: int) -> None:
    """Raise BundleError when the predictions for some rows are no numbers, or no probabilities."""
    rng = np.random.default_rng(0)
    rows = np.stack([np.zeros(width), *(size * rng.random(width) for size in SIZES[1:])]).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the check below finds these
        predictions = recognizer.predict_rows(rows)
    _check(predictions.shape == (len(rows), count) and np.isfinite(predictions).all(), "its answers are no numbers")
    if type(recognizer) is Recognizer:
        sums_to_1 = np.allclose(predictions.sum(axis=1), 1, atol=1e-3)
        _check((predictions >= -1e-6).all() and sums_to_1, "its answers are no probabilities")


def _check(is_fit: bool, reason: str) -> None:
    if not is_fit:
        raise BundleError(f"holds parts that do not fit together: {reason}")
