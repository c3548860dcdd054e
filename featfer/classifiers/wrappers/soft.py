"""Soft labels for classifiers that can only learn one label for each row."""

from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import validate_data

from featfer.classifiers.wrappers.base import Wrapper


class SoftLabels(Wrapper):
    """A classifier that learns soft labels by repeating and weighting rows.

    Each row is repeated for every label with a probability above 0, and weighted by it. For a loss that is a sum over rows, as
    for SVMs or trees, this is the expected loss when labels are sampled from the soft labels.

    Parameters
    ----------
    estimator : classifier
        Unfitted, with `predict_proba`; its `fit` accepts `sample_weight`.

    Attributes
    ----------
    estimator_ : fitted classifier
    classes_ : ndarray, shape (classes,)

    Notes
    -----
    The number of rows grows with the number of labels above 0. The training time of an RBF SVM grows with its
    square, and all rows with two labels become support vectors, because it cannot separate them.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def fit(self, X: Any, y: Any, soft_labels: Any = None, sample_weight: Any = None) -> Self:
        """Fit the estimator to the repeated rows.

        Parameters
        ----------
        X : array_like of float, shape (n, d)
        y : array_like, shape (n,)
            Labels.
        soft_labels : array_like of float, shape (n, labels), optional
            Probability of each label 0, 1, ... in each row. Learnt instead of `y`.
        sample_weight : array_like, shape (n,), optional
            Weights of the rows, 0 or more.

        Returns
        -------
        self
        """
        X, y = validate_data(self, X, y)
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        if soft_labels is not None:
            rows, y = np.nonzero(soft_labels)
            weights = {"sample_weight": soft_labels[rows, y] * (1 if sample_weight is None else sample_weight[rows])}
            X = X[rows]
        self.estimator_ = clone(self.estimator).fit(X, y, **weights)
        return self
