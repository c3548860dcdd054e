"""Metrics of predictions, as pure functions."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import classification_report, confusion_matrix, precision_recall_fscore_support

from featfer.typing import Floats, Integers, Mask

BINS = 15  # of the confidence in [0, 1]


def compute_figures(truth: Integers, probabilities: Floats, names: Sequence[str]) -> dict[str, Any]:
    """Compute all figures of some predictions.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
        Column number of the true class of each row.
    probabilities : ndarray of float, shape (n, classes)
    names : sequence of str
        Names of the classes, in the order of the columns.

    Returns
    -------
    dict
        As plain data: images; accuracy; top (accuracy of the first guess, of the first two and of the first three); ece
        (expected calibration error); macro and weighted means of precision, recall and f1-score (macro over the classes that
        occur in `truth`); classes (precision, recall, f1-score and support by name, 0 where a class does not occur); confusion
        (counts, rows are the truth).
    """
    predicted = probabilities.argmax(axis=1)
    labels = list(range(len(names)))
    report = classification_report(truth, predicted, labels=labels, target_names=names, output_dict=True, zero_division=0)
    return {
        "images": len(truth),
        "accuracy": float((predicted == truth).mean()),
        "top": top_accuracies(truth, probabilities),
        "ece": calibration_error(truth, probabilities),
        "macro": {**report["macro avg"], **_average_classes(truth, predicted)},
        "weighted": report["weighted avg"],
        "classes": {name: report[name] for name in names},
        "confusion": confusion_matrix(truth, predicted, labels=labels).tolist(),
    }


def _average_classes(truth: Integers, predicted: Integers) -> dict[str, float]:
    """Return the unweighted means of precision, recall and F1 over the classes that occur in `truth`."""
    means = precision_recall_fscore_support(truth, predicted, labels=np.unique(truth), average="macro", zero_division=0)
    return dict(zip(("precision", "recall", "f1-score"), map(float, means[:3]), strict=True))


def log_loss(truth: Integers, probabilities: Floats) -> float:
    """Compute the mean negative logarithm of the true class's probability.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
        Column number of the true class of each row.
    probabilities : ndarray of float, shape (n, classes)

    Returns
    -------
    float
        In nats, 0 or more. A probability of 0 counts as the smallest that float64 has.
    """
    of_truth = probabilities[np.arange(len(truth)), truth]
    return float(np.abs(np.log(np.clip(of_truth, np.finfo(float).tiny, 1))).mean())


def top_accuracies(truth: Integers, probabilities: Floats, most: int = 3) -> list[float]:
    """Compute how often the truth is among the likeliest 1, 2, ... classes.

    Of equally likely classes the first counts, as for argmax, so that the first figure is the accuracy.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
        Column number of the true class of each row.
    probabilities : ndarray of float, shape (n, classes)
    most : int
        Number of guesses.

    Returns
    -------
    list of float
        In [0, 1], not decreasing; one for each number of guesses.
    """
    guesses = np.argsort(-probabilities, axis=1, kind="stable")[:, :most]
    return np.cumsum((guesses == truth[:, None]).mean(axis=0)).tolist()


def calibration_error(truth: Integers, probabilities: Floats, weights: Floats | None = None) -> float:
    """Compute the expected calibration error.

    The mean gap between confidence and accuracy over bins of equal width of the confidence, weighted by the rows in each.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
        Column number of the true class of each row.
    probabilities : ndarray of float, shape (n, classes)
    weights : ndarray of float, shape (n,), optional
        Of the rows; by default all count alike.

    Returns
    -------
    float
        In [0, 1].

    Notes
    -----
    Naeini et al. 2015, "Obtaining well calibrated probabilities using Bayesian binning".
    """
    bins = reliability_bins(truth, probabilities, weights=weights)
    gaps = [abs(accuracy - confidence) * size for size, confidence, accuracy in bins]
    return float(sum(gaps) / sum(size for size, _, _ in bins))


def reliability_bins(truth: Integers, probabilities: Floats, bins: int = BINS,
                     weights: Floats | None = None) -> list[tuple[float, float, float]]:
    """Compute the points of a reliability diagram.

    Parameters
    ----------
    truth : ndarray of int, shape (n,)
        Column number of the true class of each row.
    probabilities : ndarray of float, shape (n, classes)
    bins : int
        Bins of equal width of the confidence.
    weights : ndarray of float, shape (n,), optional
        Of the rows; by default all count alike.

    Returns
    -------
    list of tuple (int or float, float, float)
        Number of rows (with weights, their sum), mean confidence and accuracy of each bin that is not empty, in order of
        confidence.

    Notes
    -----
    DeGroot and Fienberg 1983, "The comparison and evaluation of forecasters".
    """
    confidence = probabilities.max(axis=1)
    return bin_confidences(confidence, probabilities.argmax(axis=1) == truth, bins, weights)


def bin_confidences(confidence: Floats, is_right: Mask, bins: int = BINS,
                    weights: Floats | None = None) -> list[tuple[float, float, float]]:
    """Compute the points of a reliability diagram from what is known of the likeliest class alone.

    Parameters
    ----------
    confidence : ndarray of float, shape (n,)
        Probability of the likeliest class.
    is_right : ndarray of bool, shape (n,)
        Whether that is the true class.
    bins, weights
        As for `reliability_bins`.

    Returns
    -------
    list of tuple (int or float, float, float)
        As `reliability_bins`.
    """
    bin_of_row = np.minimum((confidence * bins).astype(int), bins - 1)
    sizes = np.bincount(bin_of_row, weights)
    factor = 1 if weights is None else weights
    confidences, right = (np.bincount(bin_of_row, values * factor) for values in (confidence, is_right))
    return [(size, float(total / size), float(hits / size))
            for size, total, hits in zip(sizes.tolist(), confidences, right, strict=True) if size]


def compute_risk_coverage(confidence: Floats, is_right: Mask, weights: Floats) -> tuple[Floats, Floats, float]:
    """Compute the risk-coverage curve: how often a model is wrong if it answers only where it is surest.

    Parameters
    ----------
    confidence : ndarray of float, shape (n,)
    is_right : ndarray of bool, shape (n,)
    weights : ndarray of float, shape (n,)
        Of the rows.

    Returns
    -------
    coverage, risk : ndarray of float, shape (m,)
        For each distinct confidence, from the highest down: the share of the rows' weight with at least this confidence, and
        the share of these that is wrong.
    area : float
        Under the curve, with each risk over the coverage that it adds; the lower, the better.

    Notes
    -----
    El-Yaniv and Wiener 2010, "On the foundations of noise-free selective classification"; Geifman and El-Yaniv 2017,
    "Selective classification for deep neural networks".
    """
    order = np.argsort(-confidence, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(confidence[order])), len(order) - 1)  # rows of equal confidence come together
    covered, wrong = (np.cumsum(values[order])[ends] for values in (weights, weights * ~is_right))
    is_covered = covered > 0
    covered, wrong = covered[is_covered], wrong[is_covered]
    risk, coverage = wrong / covered, covered / covered[-1]
    return coverage, risk, float((risk * np.diff(coverage, prepend=0)).sum())
