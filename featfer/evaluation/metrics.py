"""Metrics of predictions: pure functions."""

import numpy as np
from sklearn.metrics import classification_report, confusion_matrix, precision_recall_fscore_support

BINS = 15  # of the confidence, in [0, 1]


def figures(truth, probabilities, names):
    """Return the figures of predictions, as plain data.

    truth: int (n,); probabilities: float (n, classes), columns in the order of names; names: of the classes

    images, accuracy, top (shares of images whose truth is the first, in the first two, in the first three guesses), ece
    (expected calibration error), macro and weighted (precision, recall, f1-score; macro: of the classes that are in truth),
    classes ({name: precision, recall, f1-score, support}, 0 where a class is not in truth), confusion (counts, rows are the
    truth).
    """
    predicted = probabilities.argmax(axis=1)
    labels = list(range(len(names)))
    report = classification_report(truth, predicted, labels=labels, target_names=names, output_dict=True, zero_division=0)
    return {
        "images": len(truth),
        "accuracy": float((predicted == truth).mean()),
        "top": top_accuracies(truth, probabilities),
        "ece": calibration_error(truth, probabilities),
        "macro": {**report["macro avg"], **_macro(truth, predicted)},
        "weighted": report["weighted avg"],
        "classes": {name: report[name] for name in names},
        "confusion": confusion_matrix(truth, predicted, labels=labels).tolist(),
    }


def _macro(truth, predicted):
    """Return the means of precision, recall and F1 over the classes that are in truth, as plain data."""
    means = precision_recall_fscore_support(truth, predicted, labels=np.unique(truth), average="macro", zero_division=0)
    return dict(zip(("precision", "recall", "f1-score"), map(float, means[:3]), strict=True))


def log_loss(truth, probabilities):
    """Return the mean of -log(probability of the truth); truth: column numbers, int (n,); probabilities: float (n, classes)."""
    of_truth = probabilities[np.arange(len(truth)), truth]
    return float(np.abs(np.log(np.clip(of_truth, np.finfo(float).tiny, 1))).mean())


def top_accuracies(truth, probabilities, most=3):
    """Return the share of rows whose truth is among the likeliest 1, 2, ... `most` classes, a list of float in [0, 1].

    Of classes that are equally likely the first one counts, as for argmax: the first figure is the accuracy.
    """
    guesses = np.argsort(-probabilities, axis=1, kind="stable")[:, :most]
    return np.cumsum((guesses == truth[:, None]).mean(axis=0)).tolist()


def calibration_error(truth, probabilities):
    """Return the expected calibration error in [0, 1]: how far confidence and accuracy lie apart, averaged over bins of
    equal width of the confidence, weighted by the predictions in each (Naeini et al. 2015)."""
    return float(sum(abs(accuracy - confidence) * images for images, confidence, accuracy in reliability(truth, probabilities))
                 / len(truth))


def reliability(truth, probabilities, bins=BINS):
    """Return (predictions, mean confidence, accuracy) of each of some bins of equal width of the confidence, as a list in their
    order, without those that hold no predictions (the reliability diagram of DeGroot and Fienberg 1983)."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    inside = [which == b for b in np.unique(which)]
    return [(int(rows.sum()), float(confidence[rows].mean()), float(right[rows].mean())) for rows in inside]
