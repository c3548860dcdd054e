"""Metrics of valence and arousal, and a coarse valence from raters' votes, as pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featfer.labels import POLARITY3, LabelSet, map_labels
from featfer.typing import Floats

AFFECT = ("valence", "arousal")  # the columns of a FeatureTable's affect
VALENCE = {"positive": 1, "neutral": 0, "negative": -1}  # of the labels of POLARITY3


def compute_figures(truth: Floats, predicted: Floats, names: Sequence[str] = AFFECT) -> dict[str, Any]:
    """Compute the figures of predicted valence and arousal.

    Parameters
    ----------
    truth, predicted : array_like of float, shape (n, outputs)
        In [-1, 1], without nan.
    names : sequence of str
        Names of the columns.

    Returns
    -------
    dict
        As plain data: images; and for each name rmse (root mean squared error), pearson (correlation), ccc (concordance
        correlation) and sign (how often the sign is right, 0 counting as a sign of its own). Correlations with a constant are
        0.

    Notes
    -----
    The concordance correlation (Lin 1989) is 1 only for equal values: it is lower than pearson where means or variances differ.
    Agreement of signs: Mollahosseini et al. 2017, AffectNet.
    """
    columns = zip(names, np.asarray(truth, float).T, np.asarray(predicted, float).T, strict=True)
    return {"images": len(truth), **{name: _compute_one(*both) for name, *both in columns}}


def coarse_valence(votes: ArrayLike, label_set: LabelSet) -> NDArray[np.float32]:
    """Compute a coarse valence from raters' votes: the mean of 1 for positive, 0 for neutral and -1 for negative expressions.

    Parameters
    ----------
    votes : array_like of float, shape (n, labels)
        Counts or probabilities. Votes for labels without a polarity, such as surprise, are ignored.
    label_set : LabelSet

    Returns
    -------
    ndarray of float32, shape (n,)
        In [-1, 1]; nan where no votes count.

    Raises
    ------
    ParameterError
        When the label set has no mapping to polarities.

    Notes
    -----
    This is a proxy, not a rating: raters chose expressions, not how pleasant a face looks, and all expressions of
    a polarity count the same.
    """
    polarity = np.array(map_labels(label_set, POLARITY3))
    weights = np.array([VALENCE[name] for name in POLARITY3.names], np.float32)[polarity]
    counted = np.where(polarity >= 0, np.asarray(votes, np.float32), 0)
    total = counted.sum(axis=1)
    return np.where(total > 0, counted @ weights / np.where(total > 0, total, 1), np.nan).astype(np.float32)


def _compute_one(truth: Floats, predicted: Floats) -> dict[str, float]:
    bias, covariance = truth.mean() - predicted.mean(), np.cov(truth, predicted, bias=True)
    spread = np.sqrt(covariance[0, 0] * covariance[1, 1])
    return {
        "rmse": float(np.sqrt(((truth - predicted) ** 2).mean())),
        "pearson": float(covariance[0, 1] / spread) if spread > 0 else 0.0,
        "ccc": float(2 * covariance[0, 1] / (covariance[0, 0] + covariance[1, 1] + bias**2)) if spread > 0 else 0.0,
        "sign": float((np.sign(truth) == np.sign(predicted)).mean()),
    }
