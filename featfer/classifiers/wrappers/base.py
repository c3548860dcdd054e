"""Base class of wrappers: classifiers that fit another classifier in their own way."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from featfer.utils.estimators import LikeliestClassMixin


class Wrapper(LikeliestClassMixin, BaseEstimator):
    """Predicts as its `estimator_`, which subclasses fit.

    Attributes
    ----------
    estimator_ : fitted classifier
    classes_ : ndarray, shape (classes,)
    """

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes of the estimator."""
        return self.estimator_.classes_

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
        return self.estimator_.predict_proba(validate_data(self, X, reset=False))
