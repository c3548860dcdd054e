"""Calibration of a fitted classifier's probabilities on rows that it was not fitted on."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from featfer.typing import Floats
from featfer.utils.estimators import LikeliestClassMixin


class PrecomputedPredictions(ClassifierMixin, BaseEstimator):
    """Stands in for a fitted classifier of classes 0, 1, ...: its features (n, columns) are the predictions.

    Parameters
    ----------
    classes : int
        Number of classes.
    are_scores : bool
        The predictions are scores of a `decision_function`, not probabilities.
    """

    def __init__(self, classes: int = 2, are_scores: bool = False) -> None:
        self.classes = classes
        self.are_scores = are_scores

    @property
    def classes_(self) -> NDArray[np.int64]:
        """The classes, ndarray of int, shape (classes,)."""
        return np.arange(self.classes)

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Do nothing: there is nothing to learn."""
        return self

    @available_if(lambda self: self.are_scores)
    def decision_function(self, X: Floats) -> Floats:
        """Return the scores, shape (n, classes), or (n,) for two classes."""
        return X[:, 0] if X.shape[1] == 1 else X

    @available_if(lambda self: not self.are_scores)
    def predict_proba(self, X: Floats) -> Floats:
        """Return the probabilities, shape (n, classes)."""
        return X

    def predict(self, X: Floats) -> NDArray[np.int64]:
        """Return the likeliest class of each row, shape (n,)."""
        return (X[:, 0] > 0).astype(int) if X.shape[1] == 1 else X.argmax(axis=1)

    def __sklearn_is_fitted__(self) -> bool:
        return True


class Calibrated(LikeliestClassMixin, BaseEstimator):
    """A fitted classifier with calibrated probabilities.

    scikit-learn's temperature scaling takes labels for column numbers. This wrapper therefore gives its calibrator classes 0,
    1, ..., whatever the labels are.

    Parameters
    ----------
    estimator : fitted classifier
        With `predict_proba`.
    method : {"temperature", "sigmoid"}

    Attributes
    ----------
    calibrator_ : sklearn.calibration.CalibratedClassifierCV
        Fitted on the estimator's outputs.
    classes_ : ndarray, shape (classes,)
    """

    def __init__(self, estimator: Any, method: str = "temperature") -> None:
        self.estimator = estimator
        self.method = method

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes of the estimator."""
        return self.estimator.classes_

    def fit(self, X: Any, y: Any) -> Self:
        """Fit the calibration.

        Parameters
        ----------
        X : array_like of float, shape (n, d)
        y : array_like, shape (n,)
            Labels; at least five of each class.

        Returns
        -------
        self

        Notes
        -----
        A temperature is fitted with one extra row in total, labelled as the second likeliest class. Without it, an
        estimator that makes no mistakes on a few rows would be calibrated to claim 100 % for everything. Platt 1999 does the
        same for the sigmoid.
        """
        return self.fit_outputs(self.predict_estimator(X), y)

    def fit_outputs(self, outputs: Floats, y: ArrayLike) -> Self:
        """Fit the calibration to outputs of the estimator.

        Parameters
        ----------
        outputs : ndarray of float
            From `predict_estimator`.
        y : array_like, shape (n,)
            Labels.

        Returns
        -------
        self
        """
        codes = np.searchsorted(self.classes_, y)
        weights = np.ones(len(codes))
        if self.method == "temperature":
            weights = np.repeat([1, 1 / len(codes)], len(codes))
            codes = np.append(codes, _second_likeliest(outputs))
            outputs = np.tile(outputs, (2, 1))
        predictions = PrecomputedPredictions(len(self.classes_), hasattr(self.estimator, "decision_function"))
        calibrator = CalibratedClassifierCV(predictions, method=self.method, ensemble=False)
        self.calibrator_ = calibrator.fit(outputs, codes, weights)
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
        return self.calibrate(self.predict_estimator(X))

    def calibrate(self, outputs: Floats) -> NDArray[np.float64]:
        """Compute calibrated probabilities from outputs of the estimator.

        Parameters
        ----------
        outputs : ndarray of float
            From `predict_estimator`.

        Returns
        -------
        ndarray of float64, shape (n, classes)
        """
        check_is_fitted(self)
        return self.calibrator_.predict_proba(outputs)

    def predict_estimator(self, X: Any) -> Floats:
        """Compute the estimator's outputs: its scores, or its probabilities if it has no scores.

        Parameters
        ----------
        X : array_like of float, shape (n, d)

        Returns
        -------
        ndarray of float, shape (n, classes), or (n, 1) for scores of two classes
        """
        if not hasattr(self.estimator, "decision_function"):
            return self.estimator.predict_proba(X)
        scores = self.estimator.decision_function(X)
        return scores[:, None] if scores.ndim == 1 else scores


def _second_likeliest(outputs: Floats) -> NDArray[np.int64]:
    """Return the column number of the second likeliest class of each row, int (n,)."""
    if outputs.shape[1] == 1:
        return (outputs[:, 0] <= 0).astype(int)
    return outputs.argsort(axis=1)[:, -2]
