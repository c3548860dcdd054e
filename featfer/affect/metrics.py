"""Valence and arousal -> figures, and a coarse valence of raters' votes: pure functions."""

import numpy as np

from featfer.labels import POLARITY3, map_labels

AFFECT = ("valence", "arousal")  # the columns of a FeatureTable's affect
VALENCE = {"positive": 1, "neutral": 0, "negative": -1}  # of the labels of POLARITY3


def compute_figures(truth, predicted, names=AFFECT):
    """Return the figures of predictions, as plain data.

    truth, predicted: float (n, names), in [-1, 1], without nan; names: of the columns

    images, and for each name rmse (root mean squared error), pearson (correlation), ccc (concordance correlation, Lin 1989: 1
    where all are equal, lower than pearson where means or spreads differ) and sign (the share of images whose sign is that of
    the truth, 0 a sign of its own, as in Mollahosseini et al. 2017). Correlations with what is constant are 0.
    """
    columns = zip(names, np.asarray(truth, float).T, np.asarray(predicted, float).T, strict=True)
    return {"images": len(truth), **{name: _of_one(*both) for name, *both in columns}}


def coarse_valence(votes, label_set):
    """Return a coarse proxy of valence from raters' votes, float32 (n,) in [-1, 1]: the mean over the votes of 1 for a
    positive expression, 0 for neutral and -1 for a negative one.

    It is a proxy and no rating: nobody was asked how pleasant a face looks, and all expressions of a polarity count alike.

    votes: float (n, label_set), shares or counts; which label is of which polarity is the map to POLARITY3 in featfer.labels,
    and votes for what is of none (surprise) are left out
    nan where no votes count. Raises ParameterError for a LabelSet without such a map.
    """
    polarity = np.array(map_labels(label_set, POLARITY3))
    weights = np.array([VALENCE[name] for name in POLARITY3.names], np.float32)[polarity]
    counted = np.where(polarity >= 0, np.asarray(votes, np.float32), 0)
    total = counted.sum(axis=1)
    return np.where(total > 0, counted @ weights / np.where(total > 0, total, 1), np.nan).astype(np.float32)


def _of_one(truth, predicted):
    apart, together = truth.mean() - predicted.mean(), np.cov(truth, predicted, bias=True)
    spread = np.sqrt(together[0, 0] * together[1, 1])
    return {
        "rmse": float(np.sqrt(((truth - predicted) ** 2).mean())),
        "pearson": float(together[0, 1] / spread) if spread > 0 else 0.0,
        "ccc": float(2 * together[0, 1] / (together[0, 0] + together[1, 1] + apart**2)) if spread > 0 else 0.0,
        "sign": float((np.sign(truth) == np.sign(predicted)).mean()),
    }
