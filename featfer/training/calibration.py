"""Calibration of a fitted classifier's probabilities on val."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.classifiers.wrappers.calibrated import Calibrated
from featfer.errors import wrap_library_errors
from featfer.evaluation.metrics import calibration_error, log_loss
from featfer.training.labelled import count_labels, require_label_set
from featfer.utils.words import count

if TYPE_CHECKING:
    from featfer.store.table import FeatureTable

CALIBRATIONS = ("temperature", "sigmoid", "none")
MIN_OF_CLASS = 5  # in val: scikit-learn needs one for each of its folds


def calibrate_on_val(classifier: Any, table: FeatureTable,
                     method: str = "temperature") -> tuple[Any, dict[str, Any], float | None]:
    """Calibrate a fitted classifier on the val split of a table.

    Parameters
    ----------
    classifier : fitted classifier
    table : FeatureTable
    method : {"temperature", "sigmoid", "none"}
        "temperature" has one parameter and keeps the order of the classes (Guo et al. 2017). "sigmoid" has two for each class
        against the rest (Platt 1999) and may change the order.

    Returns
    -------
    classifier
        Calibrated; or unchanged, when val has fewer than MIN_OF_CLASS faces of a class or its log loss would rise.
    about : dict
        For the card: calibrated_on, "val" or None; with None, uncalibrated_because, the reason.
    error : float or None
        The expected calibration error on val before, from 0 to 1; None without calibration.

    Raises
    ------
    ParameterError
        When a library cannot fit it.
    """
    if reason := _find_obstacle(classifier, table, method):
        return classifier, {"calibrated_on": None, "uncalibrated_because": reason}, None
    val = table.split("val")
    codes = np.searchsorted(classifier.classes_, val.labels)
    calibrated = Calibrated(classifier, method)
    with wrap_library_errors(f"{table.source}: calibration by {method} on val failed", "train with --calibrate none"):
        outputs = calibrated.predict_estimator(val.features)  # once: a network may take minutes
        after = calibrated.fit_outputs(outputs, val.labels).calibrate(outputs)
        before = classifier.predict_proba(val.features) if hasattr(classifier, "decision_function") else outputs
    loss_before, loss_after = log_loss(codes, before), log_loss(codes, after)
    if not loss_after <= loss_before:
        reason = f"{method} would raise the log loss on val from {loss_before:.4f} to {loss_after:.4f}"
        return classifier, {"calibrated_on": None, "uncalibrated_because": reason}, None
    return calibrated, {"calibrated_on": "val"}, calibration_error(codes, before)


def _find_obstacle(classifier: Any, table: FeatureTable, method: str) -> str:
    """Return why a classifier cannot be calibrated on val, "" if it can."""
    if method == "none":
        return "--calibrate none"
    if not table.has_split("val"):
        return "there is no val to calibrate on"
    counts, names = count_labels(table, "val"), require_label_set(table).names
    known = np.asarray(classifier.classes_, int).tolist()
    if unknown := sorted(counts.keys() - set(known)):
        return f"val has images of {', '.join(names[label] for label in unknown)}, which train has not"
    rarest = min(known, key=counts.__getitem__)
    if counts[rarest] < MIN_OF_CLASS:
        return (f"val has {count(counts[rarest], 'image')} of {names[rarest]}, and calibration takes {MIN_OF_CLASS} of "
                "each class")
    return ""
