"""Probabilities corrected for the shares of the classes where a classifier is used, and these estimated from a batch."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featfer.typing import Floats
from featfer.utils.estimators import Estimator, LikeliestClassMixin

TOLERANCE = 1e-6  # the estimate has converged when no share changes by more than this ...
MOST_ROUNDS = 1000  # ... or after so many rounds


class PriorCorrected(LikeliestClassMixin, Estimator):
    """A fitted classifier whose probabilities are corrected for the shares of the classes where it is used.

    Parameters
    ----------
    estimator : fitted classifier
        With `predict_proba`.
    assumed : ndarray of float, shape (classes,)
        The shares that its probabilities assume: those of the training faces. They sum to 1.
    prior : ndarray of float, shape (classes,)
        The shares to assume instead.

    Attributes
    ----------
    classes_ : ndarray, shape (classes,)
    """

    def __init__(self, estimator: Any, assumed: ArrayLike, prior: ArrayLike) -> None:
        self.estimator = estimator
        self.assumed = assumed
        self.prior = prior

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes of the estimator."""
        return self.estimator.classes_

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
        return correct_prior(self.estimator.predict_proba(X), self.assumed, self.prior)

    def __sklearn_is_fitted__(self) -> bool:
        from sklearn.utils.validation import check_is_fitted
        check_is_fitted(self.estimator)
        return True


def correct_prior(probabilities: Floats, assumed: ArrayLike, prior: ArrayLike) -> NDArray[np.float64]:
    """Correct probabilities for other shares of the classes than they assume.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, classes)
    assumed, prior : ndarray of float, shape (classes,)
        The shares that the probabilities assume, and those to assume instead.

    Returns
    -------
    ndarray of float64, shape (n, classes)
        Rows sum to 1. A row that leaves only classes without a share is the prior itself.

    Notes
    -----
    By Bayes' theorem, if the faces of each class look the same in both places (Saerens et al. 2002, "Adjusting the outputs of a
    classifier to new a priori probabilities").
    """
    prior = np.asarray(prior, float)
    weighed = probabilities * weigh_classes(assumed, prior)
    totals = weighed.sum(axis=1, keepdims=True)
    return np.divide(weighed, totals, out=np.tile(prior / prior.sum(), (len(weighed), 1)), where=totals > 0)


def weigh_classes(assumed: ArrayLike, prior: ArrayLike) -> NDArray[np.float64]:
    """Return the factor of each class's probability in `correct_prior`, ndarray of float64, shape (classes,)."""
    assumed, prior = np.asarray(assumed, float), np.asarray(prior, float)
    return np.divide(prior, assumed, out=np.zeros_like(prior), where=assumed > 0)


def estimate_prior(probabilities: Floats, assumed: ArrayLike, weights: ArrayLike | None = None) -> NDArray[np.float64]:
    """Estimate the shares of the classes in a batch from the probabilities of its faces, by expectation maximisation.

    Parameters
    ----------
    probabilities : ndarray of float, shape (n, classes)
        Calibrated; n is 1 or more.
    assumed : ndarray of float, shape (classes,)
        The shares that they assume.
    weights : ndarray of float, shape (n,), optional
        Of the faces, 0 or more; by default all count the same.

    Returns
    -------
    ndarray of float64, shape (classes,)
        They sum to 1.

    Notes
    -----
    Saerens et al. 2002. The likelihood of the batch grows in every round: the faces are corrected for the present estimate,
    and the mean of what comes out is the next.
    """
    prior, counts = np.asarray(assumed, float), None if weights is None else np.asarray(weights, float)
    for _ in range(MOST_ROUNDS):
        before, prior = prior, np.average(correct_prior(probabilities, assumed, prior), axis=0, weights=counts)
        if np.abs(prior - before).max() < TOLERANCE:
            break
    return prior
