"""Classes that count alike in training, however rare: by weights of their rows, or by drawing them more often."""

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from featfer.classifiers.wrappers.base import Wrapper

BALANCES = ("weights", "sampling")


class Balanced(Wrapper):
    """A classifier fitted so that each class of y counts as much as every other.

    What is rare is then found more often, at the price of what is frequent: mean recall rises, accuracy may fall.

    estimator: what is fitted, with predict_proba
    how: "weights" of the rows, n / (classes x rows of the class), for a fit that takes sample_weight; "sampling": rows of the
    rarer classes are drawn again until there are as many of each as of the largest
    random_state: seed of the draw

    Learnt: classes_, estimator_.
    """

    def __init__(self, estimator, how="weights", random_state=None):
        self.estimator = estimator
        self.how = how
        self.random_state = random_state

    def fit(self, X, y, **params):
        """Fit features (n, d) and labels (n,); params: of the estimator's own fit, arrays with a row for each row of X."""
        X, y = validate_data(self, X, y)
        if self.how not in BALANCES:
            raise ValueError(f"how={self.how!r} is none of {', '.join(BALANCES)}")
        if self.how == "sampling":
            rows = balanced_rows(y, self.random_state)
            X, y, params = X[rows], y[rows], {name: values[rows] for name, values in params.items()}
        else:
            params["sample_weight"] = balanced_weights(y, params.get("sample_weight"))
        self.estimator_ = clone(self.estimator).fit(X, y, **params)
        return self


def balanced_weights(y, weights=None):
    """Return the weight of each row, float64 (n,), by which the classes of y have the same sum.

    weights: (n,), 0 or more, by which the rows of a class differ, None for 1; all together the sum stays what it is
    """
    _, y = np.unique(y, return_inverse=True)
    weights = np.ones(len(y)) if weights is None else np.asarray(weights, float)
    sums = np.bincount(y, weights)
    return weights * weights.sum() / (np.count_nonzero(sums) * np.where(sums > 0, sums, 1)[y])


def balanced_rows(y, seed=None):
    """Return indices of rows, in random order, that hold every class of y as often as the largest; each row is among them, and
    none more than once oftener than another of its class."""
    draw = check_random_state(seed)
    classes, counts = np.unique(y, return_counts=True)
    chosen = []
    for label in classes:
        rows = np.flatnonzero(y == label)
        times, more = divmod(counts.max(), len(rows))
        chosen += [np.repeat(rows, times), draw.choice(rows, more, replace=False)]
    return draw.permutation(np.concatenate(chosen))
