"""Scoring a recognizer on the rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sklearn.calibration import CalibratedClassifierCV

from featfer.classifiers.wrappers.calibrated import Calibrated
from featfer.classifiers.wrappers.prior import PriorCorrected
from featfer.classifiers.wrappers.relabelled import Relabelled
from featfer.errors import ParameterError
from featfer.evaluation.metrics import compute_figures
from featfer.face_model import wrap_model_errors
from featfer.recognizer import Recognizer
from featfer.store.table import require_table

if TYPE_CHECKING:
    from featfer.store.table import FeatureTable
    from featfer.typing import Floats, Mask


def remove_calibration(recognizer: Recognizer) -> Recognizer | None:
    """Return a recognizer as it was before calibration.

    Parameters
    ----------
    recognizer : Recognizer

    Returns
    -------
    Recognizer or None
        None when it was not calibrated.
    """
    classifier = _find_uncalibrated(recognizer.classifier)
    return classifier and Recognizer(classifier, recognizer.features, recognizer.label_set)


def _find_uncalibrated(classifier: Any) -> Any:
    """Return the classifier within a calibrated one, or None."""
    if isinstance(classifier, Relabelled):
        inner = _find_uncalibrated(classifier.classifier)
        return inner and Relabelled(inner, classifier.become)
    if isinstance(classifier, PriorCorrected):
        inner = _find_uncalibrated(classifier.estimator)
        return inner and PriorCorrected(inner, classifier.assumed, classifier.prior)
    if isinstance(classifier, Calibrated):
        return classifier.estimator
    return classifier.estimator.estimator if isinstance(classifier, CalibratedClassifierCV) else None  # in older bundles


def evaluate(recognizer: Recognizer, table: FeatureTable, split: str = "test") -> dict[str, Any]:
    """Score a recognizer on a split of a table.

    Parameters
    ----------
    recognizer : Recognizer
    table : FeatureTable
        With the features that the recognizer was trained on.
    split : {"train", "val", "test"}

    Returns
    -------
    dict
        What `featfer.evaluation.metrics.compute_figures` returns, with split; unreadable (labelled rows without features); and,
        except for train, copies: how many images also occur in train, pixel for pixel, and the accuracy on these and without
        them.

    Raises
    ------
    StoreError
        When the table has other features or labels than the recognizer was trained on.
    """
    if not hasattr(recognizer, "match_labels"):
        raise ParameterError(f"recognizer {recognizer!r:.80}: give what featfer.load returns for a model of expressions")
    require_table(table)
    table = recognizer.match_labels(table)
    return score(_predict(recognizer, table, split), table, split, recognizer.label_set.names)


def assume_estimated_prior(recognizer: Recognizer, table: FeatureTable, split: str = "test") -> Recognizer:
    """Return a recognizer that assumes the shares of the labels in a split, as estimated without its labels.

    Parameters
    ----------
    recognizer, table, split
        As for `evaluate`.

    Returns
    -------
    Recognizer

    Raises
    ------
    StoreError, ParameterError
        As for `evaluate` and `Recognizer.estimate_prior`.
    """
    probabilities = _predict(recognizer, recognizer.match_labels(table), split)
    return recognizer.with_prior(recognizer.estimate_prior(probabilities))


def _predict(recognizer: Recognizer, table: FeatureTable, split: str) -> Floats:
    with wrap_model_errors():
        return recognizer.probabilities(table.split(split).features)


def score(probabilities: Floats, table: FeatureTable, split: str, names: Sequence[str]) -> dict[str, Any]:
    """Score the probabilities predicted for a split of a table.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, classes)
        Of the readable, labelled rows of the split.
    table : FeatureTable
    split : {"train", "val", "test"}
    names : sequence of str
        Names of the classes.

    Returns
    -------
    dict
        As for `evaluate`.
    """
    rows = table.split(split)
    result = {"split": split, **compute_figures(rows.labels, probabilities, names)}
    result["unreadable"] = int(((table.splits == split) & (table.labels >= 0)).sum()) - len(rows)
    if split != "train":
        is_duplicate = table.find_train_duplicates(rows)
        is_right = probabilities.argmax(axis=1) == rows.labels
        result["copies"] = {"images": int(is_duplicate.sum()), "accuracy": _mean(is_right[is_duplicate]),
                            "accuracy_without": _mean(is_right[~is_duplicate]), "images_without": int((~is_duplicate).sum())}
    return result


def _mean(values: Mask) -> float | None:
    """Return the mean, or None for no values."""
    return float(values.mean()) if len(values) else None
