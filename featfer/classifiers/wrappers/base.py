"""Base class of wrappers: classifiers that fit another classifier in their own way."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featfer.utils.estimators import Estimator, LikeliestClassMixin, read_rows


class Wrapper(LikeliestClassMixin, Estimator):
    """Predicts as its `estimator_`, which subclasses fit.

    Attributes
    ----------
    estimator_ : fitted classifier
    classes_ : ndarray, shape (classes,)
    """

    estimator: Any
    estimator_: Any

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
        rows = read_rows(self, X)  # raises before it is trained
        return self.estimator_.predict_proba(rows)
