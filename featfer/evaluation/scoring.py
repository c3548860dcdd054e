"""Predictions -> figures: pure functions."""

from sklearn.calibration import CalibratedClassifierCV

from featfer.classifiers.wrappers.calibrated import Calibrated
from featfer.classifiers.wrappers.relabelled import Relabelled
from featfer.evaluation.metrics import calibration_error, figures
from featfer.recognizer import Recognizer, answering


def uncalibrated(recognizer):
    """Return a Recognizer as it was before `featfer.training.calibration.calibrate_on_val`; None where it was not."""
    classifier = _uncalibrated(recognizer.classifier)
    return classifier and Recognizer(classifier, recognizer.features, recognizer.label_set)


def _uncalibrated(classifier):
    if isinstance(classifier, Relabelled):
        inner = _uncalibrated(classifier.classifier)
        return inner and Relabelled(inner, classifier.become)
    if isinstance(classifier, Calibrated):
        return classifier.estimator
    return classifier.estimator.estimator if isinstance(classifier, CalibratedClassifierCV) else None  # of a bundle of before


def uncalibrated_error(recognizer, table, split):
    """Return the calibration error, on a split of a FeatureTable, of a calibrated Recognizer before it was calibrated."""
    rows = table.split(split)
    return calibration_error(rows.labels, uncalibrated(recognizer).probabilities(rows.features))


def evaluate(recognizer, table, split="test"):
    """Return the figures of a Recognizer on a split of a FeatureTable.

    Besides what `figures` gives: split, unreadable (rows on which no prediction could be made), and copies (of this
    split's images that stand, pixel for pixel, in the training split): how many, and the accuracy on them and without.
    Raises StoreError when the table holds other features or labels than the recognizer was trained on.
    """
    table = recognizer.match_labels(table)
    rows = table.split(split)
    with answering():
        probabilities = recognizer.probabilities(rows.features)
    return score(probabilities, table, split, recognizer.label_set.names)


def score(probabilities, table, split, names):
    """Return what `evaluate` does, from the probabilities of a split's readable, labelled rows, float (n, names)."""
    rows = table.split(split)
    result = {"split": split, **figures(rows.labels, probabilities, names)}
    result["unreadable"] = int(((table.splits == split) & (table.labels >= 0)).sum()) - len(rows)
    if split != "train":
        copies = table.find_train_duplicates(rows)
        right = probabilities.argmax(axis=1) == rows.labels
        result["copies"] = {"images": int(copies.sum()), "accuracy": _mean(right[copies]),
                            "accuracy_without": _mean(right[~copies]), "images_without": int((~copies).sum())}
    return result


def _mean(values):
    return float(values.mean()) if len(values) else None
