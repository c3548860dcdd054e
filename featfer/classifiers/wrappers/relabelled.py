"""A fitted classifier that predicts labels of another label set."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featfer.utils.estimators import Estimator, LikeliestClassMixin


class Relabelled(LikeliestClassMixin, Estimator):
    """A fitted classifier whose classes are mapped to other labels.

    The probabilities of classes that are mapped to the same label are added up.

    Parameters
    ----------
    classifier : fitted classifier
        With `predict_proba`; its classes are integer labels.
    become : sequence of int
        The new label of each old label; -1 drops it, and the remaining probabilities are rescaled to sum to 1.

    Attributes
    ----------
    classes_ : ndarray of int, shape (classes,)
    """

    def __init__(self, classifier: Any, become: Sequence[int]) -> None:
        self.classifier = classifier
        self.become = become

    @property
    def classes_(self) -> NDArray[np.int64]:
        """The new labels, in order."""
        mapped = self._map_classes()
        return np.unique(mapped[mapped >= 0])

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array_like, shape (n, d)

        Returns
        -------
        ndarray of float64, shape (n, classes)
            Columns in the order of `classes_`; rows sum to 1. All are equal where only dropped
            labels have a probability.
        """
        is_mapped = self._map_classes()[:, None] == self.classes_  # (old classes, new classes)
        sums = self.classifier.predict_proba(X) @ is_mapped
        totals = sums.sum(axis=1, keepdims=True)
        return np.divide(sums, totals, out=np.full(sums.shape, 1 / sums.shape[1]), where=totals > 0)

    def _map_classes(self) -> NDArray[np.int64]:
        """Return the new label of each of the classifier's classes."""
        return np.asarray(self.become)[np.asarray(self.classifier.classes_, int)]

    def __sklearn_is_fitted__(self) -> bool:
        return True
