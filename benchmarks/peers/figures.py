"""What the page says about predictions: recalls, accuracy at a collection's shares, and both over resampled subjects."""

import numpy as np

from benchmarks.photographs.page import SCORED, read_collection_shares

SHARES = {name: read_collection_shares()[name] for name in SCORED}  # of the collection of the photos
ROUNDS = 5_000


def compute_recalls(labels, right):
    """Return the recall of each of SHARES.

    Parameters
    ----------
    labels : ndarray of str, (n,)
    right : ndarray of bool, (n,)
        Whether the answer is the label; False where there is no answer.

    Returns
    -------
    ndarray of float, (5,)
        In the order of SHARES; NaN for one that no picture has.
    """
    return np.array([right[labels == name].mean() if (labels == name).any() else np.nan for name in SHARES])


def weigh(recalls):
    """Return the accuracy at the shares: recalls (..., 5) weighted by SHARES, which are made to sum to 1."""
    shares = np.array(list(SHARES.values()))
    return recalls @ (shares / shares.sum())


def resample_recalls(labels, right, subjects, rounds=ROUNDS, seed=0):
    """Return the recalls of photos of subjects that are drawn with replacement.

    Parameters
    ----------
    labels, right
        As for `compute_recalls`.
    subjects : ndarray of str, (n,)
        All photos of a subject are drawn together.
    rounds, seed : int
        With the same seed, the same subjects are drawn: results for two models are paired.

    Returns
    -------
    ndarray of float, (rounds, 5)

    Notes
    -----
    Efron and Tibshirani 1993, "An introduction to the bootstrap", with subjects as the units.
    """
    known, codes = np.unique(subjects, return_inverse=True)
    photos, hits = np.zeros((len(known), len(SHARES))), np.zeros((len(known), len(SHARES)))
    for column, name in enumerate(SHARES):
        np.add.at(photos[:, column], codes, labels == name)
        np.add.at(hits[:, column], codes, (labels == name) & right)
    draws = np.random.default_rng(seed).multinomial(len(known), np.full(len(known), 1 / len(known)), size=rounds)
    with np.errstate(invalid="ignore"):
        return (draws @ hits) / (draws @ photos)


def p_value(differences):
    """Return the two-sided p of a difference: twice the smaller share of resampled ones on either side of 0, at most 1."""
    differences = differences[~np.isnan(differences)]
    smaller = min((differences <= 0).sum(), (differences >= 0).sum())
    return float(min(1.0, 2 * (smaller + 1) / (len(differences) + 1)))
