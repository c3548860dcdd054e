"""A classifier trained on several views of each face, which averages its predictions over several."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from featfer.classifiers.pipeline import find_fit_parameter
from featfer.utils.estimators import Estimator, LikeliestClassMixin, are_plain_rows, require_fitted


class ViewAverage(LikeliestClassMixin, Estimator):
    """A classifier of matrices that hold the views of a face side by side, (n, views x d).

    Each view is a row of its own in training; an estimator whose `fit` knows groups of rows is told which rows are of one face.
    Predictions are averaged over the views (test-time augmentation).

    Parameters
    ----------
    estimator : classifier
        Unfitted, with `predict_proba`.
    views : int
        Number of views side by side in training.
    averaged : int
        Number of views side by side when predicting.

    Attributes
    ----------
    estimator_ : fitted classifier
    classes_ : ndarray, shape (classes,)
    size_ : int
        Number of columns of one view.
    """

    def __init__(self, estimator: Any, views: int = 1, averaged: int = 1) -> None:
        self.estimator = estimator
        self.views = views
        self.averaged = averaged

    def fit(self, X: Any, y: Any, **params: Any) -> Self:
        """Fit the estimator to every view.

        Parameters
        ----------
        X : array_like of float, shape (n, views x d)
        y : array_like, shape (n,)
            Labels.
        **params
            Passed to the estimator's `fit`; arrays have a row for each face and are repeated for its views.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            When the columns cannot be split into so many views.
        """
        from sklearn.base import clone
        from sklearn.utils.validation import validate_data
        X, y = validate_data(self, X, y, dtype=np.float32)
        if X.shape[1] % self.views:
            raise ValueError(f"{X.shape[1]} columns are not {self.views} views of the same width")
        self.size_ = X.shape[1] // self.views
        params = {name: np.repeat(value, self.views, axis=0) if isinstance(value, np.ndarray) else value
                  for name, value in params.items()}
        if groups := find_fit_parameter(self.estimator, "groups"):
            params[groups] = np.repeat(np.arange(len(X)), self.views)
        self.estimator_ = clone(self.estimator).fit(X.reshape(-1, self.size_), np.repeat(y, self.views), **params)
        self.classes_ = self.estimator_.classes_
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array_like, shape (n, averaged x d)

        Returns
        -------
        ndarray of float64, shape (n, classes)
            Columns in the order of `classes_`; rows sum to 1.
            Means over the views.
        """
        require_fitted(self)
        if not are_plain_rows(X, np.float32):
            from sklearn.utils.validation import check_array
            X = check_array(X, dtype=np.float32)
        width = self.averaged * self.size_
        if X.shape[1] != width:
            raise ValueError(f"X has {X.shape[1]} features, but Views is expecting {width} features as input")
        probabilities = self.estimator_.predict_proba(X.reshape(-1, self.size_))
        return probabilities.reshape(len(X), -1, len(self.classes_)).mean(axis=1)
