"""Coarse-to-fine classification: first positive, neutral or negative, then which expression."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from featfer.utils.estimators import LikeliestClassMixin


class CoarseToFine(LikeliestClassMixin, BaseEstimator):
    """A two-level hierarchy: one classifier of coarse classes, and one within each coarse class.

    The probability of a class is the product of both.

    Parameters
    ----------
    estimator : classifier
        Unfitted, with `predict_proba`; cloned for each level.
    groups : dict, optional
        Coarse class of each class. A class that is missing is a coarse class by itself.

    Attributes
    ----------
    classes_ : ndarray, shape (classes,)
    codes_ : ndarray of int, shape (classes,)
        Coarse class of each class, 0, 1, ...
    coarse_ : fitted classifier or None
        Of the coarse classes; None when there is only one.
    fine_ : list of fitted classifiers or None
        For each coarse class; None for those with one class.

    Notes
    -----
    Kumar, Ghosh and Crawford 2002, "Hierarchical fusion of multiple classifiers".
    """

    def __init__(self, estimator: Any, groups: dict[Any, Any] | None = None) -> None:
        self.estimator = estimator
        self.groups = groups

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the classifiers of both levels.

        Parameters
        ----------
        X : array_like of float, shape (n, d)
        y : array_like, shape (n,)
            Labels.
        sample_weight : array_like, shape (n,), optional
            Weights of the rows, for an estimator whose `fit` accepts them.

        Returns
        -------
        self
        """
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        self.classes_, labels = np.unique(y, return_inverse=True)
        self.codes_ = np.array(encode_coarse(self.classes_.tolist(), self.groups or {}))
        coarse = self.codes_[labels]
        self.coarse_ = self._fit_if_several(X, coarse, sample_weight)
        self.fine_ = []
        for code in range(self.codes_.max() + 1):
            rows = coarse == code
            weights = None if sample_weight is None else sample_weight[rows]
            self.fine_.append(self._fit_if_several(X[rows], labels[rows], weights))
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array_like, shape (n, d)

        Returns
        -------
        ndarray of float64, shape (n, classes)
            Columns in the order of `classes_`; rows sum to 1.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        coarse = np.ones((len(X), 1)) if self.coarse_ is None else self.coarse_.predict_proba(X)
        probabilities = coarse[:, self.codes_]
        for fine in self.fine_:
            if fine is not None:
                probabilities[:, fine.classes_] *= fine.predict_proba(X)
        return probabilities

    def _fit_if_several(self, X: Any, y: Any, sample_weight: Any) -> Any:
        """Return a fitted classifier, or None when y has one class."""
        if len(np.unique(y)) < 2:
            return None
        return clone(self.estimator).fit(X, y, **({} if sample_weight is None else {"sample_weight": sample_weight}))


def encode_coarse(classes: Iterable[Any], groups: Mapping[Any, Any]) -> list[int]:
    """Number the coarse classes of some classes.

    Parameters
    ----------
    classes : list
    groups : dict
        Coarse class of each class. A class that is missing is a coarse class by itself.

    Returns
    -------
    list of int
        Coarse class of each class as 0, 1, ..., in order of first appearance.
    """
    kinds = [("together", groups[name]) if name in groups else ("alone", name) for name in classes]
    order = list(dict.fromkeys(kinds))
    return [order.index(kind) for kind in kinds]
