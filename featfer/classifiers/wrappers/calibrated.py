"""Calibration of a fitted classifier's probabilities on rows that it was not fitted on."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featfer.typing import Floats
from featfer.utils.estimators import ClassifierMixin, Estimator, LikeliestClassMixin, available_if, require_fitted, softmax

SMALLEST = 1e-12  # added to probabilities before taking the logarithm, as scikit-learn does


class PrecomputedPredictions(ClassifierMixin, Estimator):
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


class Calibrated(LikeliestClassMixin, Estimator):
    """A fitted classifier with calibrated probabilities.

    scikit-learn fits the calibration. Its temperature scaling takes labels for column numbers, so it is given classes 0, 1,
    ..., whatever the labels are.

    Parameters
    ----------
    estimator : fitted classifier
        With `predict_proba`.
    method : {"temperature", "sigmoid"}

    Attributes
    ----------
    slopes_, constants_ : ndarray of float64, shape (calibrators,)
        Of a temperature, its inverse and 0. Of sigmoids, what a score is multiplied by and what is added, for each class, or
        for the second of two.
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
        from sklearn.calibration import CalibratedClassifierCV
        predictions = PrecomputedPredictions(len(self.classes_), hasattr(self.estimator, "decision_function"))
        calibrator = CalibratedClassifierCV(predictions, method=self.method, ensemble=False)
        self.slopes_, self.constants_ = read_calibration(calibrator.fit(outputs, codes, weights))
        return self

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a pickle; those of earlier versions hold scikit-learn's calibrator."""
        state = dict(state)
        if "calibrator_" in state:
            state["slopes_"], state["constants_"] = read_calibration(state.pop("calibrator_"))
        super().__setstate__(state)

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
        require_fitted(self)
        if self.method == "temperature":
            return softmax(self.slopes_ * _to_logits(outputs))
        from scipy.special import expit
        probabilities = expit(-(outputs[:, -len(self.slopes_):] * self.slopes_ + self.constants_))
        if len(self.slopes_) == 1:
            return np.concatenate([1 - probabilities, probabilities], axis=1)
        totals = probabilities.sum(axis=1, keepdims=True)
        return np.divide(probabilities, totals, out=np.full_like(probabilities, 1 / len(self.slopes_)), where=totals > 0)

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


def read_calibration(calibrated: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read what a calibration has learnt.

    Parameters
    ----------
    calibrated : Calibrated, or sklearn.calibration.CalibratedClassifierCV
        The latter with the method "temperature" or "sigmoid", and fitted as a whole.

    Returns
    -------
    tuple of ndarray of float64, shape (calibrators,)
        As `slopes_` and `constants_` of Calibrated.
    """
    if isinstance(calibrated, Calibrated):
        return calibrated.slopes_, calibrated.constants_
    [inner] = calibrated.calibrated_classifiers_
    found = [(one.beta_, 0) if inner.method == "temperature" else (one.a_, one.b_) for one in inner.calibrators]
    slopes, constants = np.array(found, np.float64).T
    return slopes, constants


def _to_logits(outputs: Floats) -> Floats:
    """Return scores for outputs of an estimator, (n, classes): the logarithms if they are probabilities."""
    if outputs.shape[1] == 1:
        return np.concatenate([-outputs, outputs], axis=1)
    are_probabilities = (outputs >= 0).all() and (outputs <= 1).all() and np.allclose(outputs.sum(axis=1), 1)
    return np.log(outputs + SMALLEST) if are_probabilities else outputs


def _second_likeliest(outputs: Floats) -> NDArray[np.int64]:
    """Return the column number of the second likeliest class of each row, int (n,)."""
    if outputs.shape[1] == 1:
        return (outputs[:, 0] <= 0).astype(int)
    return outputs.argsort(axis=1)[:, -2]
