"""Balanced training: every class counts the same, by weighting or resampling its rows."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from featfer.classifiers.wrappers.base import Wrapper

BALANCES = ("weights", "sampling")


class Balanced(Wrapper):
    """A classifier fitted so that every class counts the same.

    Rare classes are then found more often, at the expense of frequent ones: mean recall rises, accuracy may fall.

    Parameters
    ----------
    estimator : classifier
        Unfitted, with `predict_proba`.
    how : {"weights", "sampling"}
        "weights" gives rows the weight n / (classes x rows of the class), for estimators whose `fit` accepts `sample_weight`.
        "sampling" repeats rows of the rarer classes until every class has as many rows as the largest.
    random_state : int, optional
        For sampling.

    Attributes
    ----------
    estimator_ : fitted classifier
    classes_ : ndarray, shape (classes,)
    """

    def __init__(self, estimator: Any, how: str = "weights", random_state: int | None = None) -> None:
        self.estimator = estimator
        self.how = how
        self.random_state = random_state

    def fit(self, X: Any, y: Any, **params: Any) -> Self:
        """Fit the estimator to balanced rows.

        Parameters
        ----------
        X : array_like of float, shape (n, d)
        y : array_like, shape (n,)
            Labels.
        **params
            Passed to the estimator's `fit`; arrays with a row for each row of X.

        Returns
        -------
        self
        """
        X, y = validate_data(self, X, y)
        if self.how not in BALANCES:
            raise ValueError(f"how={self.how!r} is none of {', '.join(BALANCES)}")
        if self.how == "sampling":
            rows = sample_balanced_rows(y, self.random_state)
            X, y, params = X[rows], y[rows], {name: values[rows] for name, values in params.items()}
        else:
            params["sample_weight"] = balance_weights(y, params.get("sample_weight"))
        self.estimator_ = clone(self.estimator).fit(X, y, **params)
        return self


def balance_weights(y: ArrayLike, weights: ArrayLike | None = None) -> NDArray[np.float64]:
    """Compute row weights that give all classes the same sum.

    Parameters
    ----------
    y : array_like, shape (n,)
        Labels.
    weights : array_like of float, shape (n,), optional
        Weights of the rows before balancing, 0 or more; their total stays the same.

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    _, codes = np.unique(y, return_inverse=True)
    before = np.ones(len(codes)) if weights is None else np.asarray(weights, float)
    sums = np.bincount(codes, before)
    return before * before.sum() / (np.count_nonzero(sums) * np.where(sums > 0, sums, 1)[codes])


def sample_balanced_rows(y: ArrayLike, seed: int | None = None) -> NDArray[np.int64]:
    """Choose rows so that all classes have as many as the largest.

    Every row is chosen, and rows of the same class are chosen equally often, give or take once.

    Parameters
    ----------
    y : array_like, shape (n,)
        Labels.
    seed : int, optional

    Returns
    -------
    ndarray of int
        Indices in random order.
    """
    rng = check_random_state(seed)
    classes, counts = np.unique(y, return_counts=True)
    chosen = []
    for label in classes:
        rows = np.flatnonzero(y == label)
        repeats, rest = divmod(counts.max(), len(rows))
        chosen += [np.repeat(rows, repeats), rng.choice(rows, rest, replace=False)]
    return rng.permutation(np.concatenate(chosen))
