"""Calibration: the probabilities of a fitted classifier, set right on val."""

from collections import Counter

import numpy as np

from featfer.classifiers.wrappers.calibrated import Calibrated
from featfer.errors import wrap_library_errors
from featfer.evaluation.metrics import calibration_error, log_loss

CALIBRATIONS = ("temperature", "sigmoid", "none")
MIN_OF_CLASS = 5  # in val, to calibrate on: scikit-learn wants one for each of its folds


def calibrate_on_val(classifier, table, method="temperature"):
    """Return (classifier, about, ece) of a fitted classifier with its probabilities set right on val.

    about: what the card says of it: calibrated_on, "val" or None, and then uncalibrated_because, a reason, where the classifier
    is returned unchanged: val has fewer than MIN_OF_CLASS faces of a class, or log loss would rise there
    ece: the calibration error on val before; None where nothing was calibrated
    method: "temperature", one for all, which leaves the order of the classes as it is (Guo et al. 2017); "sigmoid", one for
    each class against the rest (Platt 1999), which may change it; "none"
    """
    if reason := _against_calibration(classifier, table, method):
        return classifier, {"calibrated_on": None, "uncalibrated_because": reason}, None
    val = table.split("val")
    codes = np.searchsorted(classifier.classes_, val.labels)
    found = Calibrated(classifier, method)
    with wrap_library_errors(f"{table.source}: calibration by {method} on val failed", "train with --calibrate none"):
        answers = found.predict_estimator(val.features)  # once: a network may take minutes
        after = found.fit_answers(answers, val.labels).calibrate(answers)
        before = classifier.predict_proba(val.features) if hasattr(classifier, "decision_function") else answers
    was, becomes = log_loss(codes, before), log_loss(codes, after)
    if not becomes <= was:
        reason = f"{method} would raise the log loss on val from {was:.4f} to {becomes:.4f}"
        return classifier, {"calibrated_on": None, "uncalibrated_because": reason}, None
    return found, {"calibrated_on": "val"}, calibration_error(codes, before)


def _against_calibration(classifier, table, method):
    """Return why a classifier is not to be calibrated on val, "" where it is."""
    if method == "none":
        return "--calibrate none"
    if not table.has_split("val"):
        return "there is no val to calibrate on"
    counts, names = Counter(table.split("val").labels.tolist()), table.label_set.names
    known = np.asarray(classifier.classes_, int).tolist()
    if unknown := sorted(counts.keys() - set(known)):
        return f"val has images of {', '.join(names[label] for label in unknown)}, which train has not"
    rarest = min(known, key=counts.__getitem__)
    if counts[rarest] < MIN_OF_CLASS:
        return f"val has {counts[rarest]} images of {names[rarest]}, and calibration takes {MIN_OF_CLASS} of each class"
    return ""
