"""Linear classifiers in float32, for tens of thousands of rows with thousands of columns."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from featfer.classifiers.pipeline import Pipeline, make_pipeline
from featfer.classifiers.preprocessing import check_two_classes, make_preprocessing
from featfer.typing import Floats
from featfer.utils.progress import bar


class LinearClassifier(ClassifierMixin, BaseEstimator):
    """Base of linear classifiers that are fitted by L-BFGS.

    Minimises `|w|^2 / 2 + C * (weighted sum of the rows' losses)`. Subclasses define `_loss`: from scores and one-hot targets,
    both (n, classes), to the losses and their derivatives, both (n, classes).

    Parameters
    ----------
    C : float, above 0
        Inverse strength of the regularisation.
    iterations : int, from 1
        Most iterations of the optimiser.
    tolerance : float, above 0
        Stop when no component of the gradient, of the mean loss, is larger.

    Attributes
    ----------
    classes_ : ndarray, shape (classes,)
    coef_ : ndarray of float32, shape (classes, d)
    intercept_ : ndarray of float32, shape (classes,)
        Not regularised.
    n_iter_ : int

    Notes
    -----
    Liu and Nocedal 1989, "On the limited memory BFGS method for large scale optimization".
    """

    def __init__(self, C: float = 1e-3, iterations: int = 100, tolerance: float = 1e-4) -> None:
        self.C = C
        self.iterations = iterations
        self.tolerance = tolerance

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the weights.

        Parameters
        ----------
        X : array_like of float, shape (n, d)
        y : array_like, shape (n,)
            Labels.
        sample_weight : array_like, shape (n,), optional
            Weights of the rows' losses, 0 or more.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            When C is not above 0, or there is only one class.
        """
        X, y = validate_data(self, X, y, dtype=np.float32)
        check_classification_targets(y)
        if not self.C > 0:
            raise ValueError(f"C={self.C} is not above 0")
        self.classes_, y = np.unique(y, return_inverse=True)
        check_two_classes(self.classes_)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float32, ensure_non_negative=True)
        data = X, np.eye(len(self.classes_), dtype=np.float32)[y], sample_weight
        with bar(total=self.iterations, desc=f"fitting {type(self).__name__}", unit=" iterations") as shown:
            optimum = minimize(self._objective, np.zeros(len(self.classes_) * (X.shape[1] + 1)), data, jac=True,
                               method="L-BFGS-B", callback=lambda _: shown.update(),
                               options={"maxiter": self.iterations, "gtol": self.tolerance, "ftol": 1e-9})
        weights = optimum.x.reshape(len(self.classes_), -1).astype(np.float32)
        self.coef_, self.intercept_ = weights[:, :-1].copy(), weights[:, -1].copy()
        self.n_iter_ = optimum.nit
        return self

    def scores(self, X: Any) -> NDArray[np.float64]:
        """Compute the linear score of each class.

        Parameters
        ----------
        X : array_like of float, shape (n, d)

        Returns
        -------
        ndarray of float64, shape (n, classes)
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        return np.einsum("nd,cd->nc", X, self.coef_, dtype=np.float64) + self.intercept_

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array_like, shape (n, d)

        Returns
        -------
        ndarray of float64, shape (n, classes)
            Columns in the order of `classes_`; rows sum to 1.
            Softmax of the scores.
        """
        return softmax(self.scores(X), axis=1)

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict the likeliest class of each row.

        Parameters
        ----------
        X : array_like, shape (n, d)

        Returns
        -------
        ndarray, shape (n,)
        """
        scores = self.scores(X)
        return self.classes_[scores.argmax(axis=1)]

    def _objective(self, flat: Floats, X: Floats, targets: Floats, sample_weight: Floats | None) -> tuple[float, Floats]:
        """Return the value and gradient of the objective divided by `C * (sum of sample weights)`."""
        weights = flat.reshape(targets.shape[1], -1)
        scores = X @ weights[:, :-1].T.astype(np.float32) + weights[:, -1].astype(np.float32)
        loss, gradients = self._loss(scores, targets)
        total = len(X)
        if sample_weight is not None:
            loss, gradients = loss * sample_weight[:, None], gradients * sample_weight[:, None]
            total = sample_weight.sum(dtype=np.float64)
        penalty = 1 / (self.C * total)
        gradient = np.empty_like(weights)
        gradient[:, :-1] = gradients.T @ X / total + penalty * weights[:, :-1]
        gradient[:, -1] = gradients.sum(axis=0) / total
        return float(loss.sum(dtype=np.float64)) / total + penalty * (weights[:, :-1] ** 2).sum() / 2, gradient.ravel()


class MultinomialLogistic(LinearClassifier):
    """Multinomial logistic regression: the loss is the cross-entropy of the softmax of the scores.

    See `LinearClassifier` for the parameters and attributes.
    """

    def _loss(self, scores: Floats, targets: Floats) -> tuple[Floats, Floats]:
        logs = log_softmax(scores, axis=1)
        return -(logs * targets), np.exp(logs) - targets


class LinearSVM(LinearClassifier):
    """One-vs-rest linear support vector machine with squared hinge loss (L2-SVM).

    See `LinearClassifier` for the parameters and attributes.

    Notes
    -----
    Fan et al. 2008, "LIBLINEAR: A library for large linear classification".
    """

    def _loss(self, scores: Floats, targets: Floats) -> tuple[Floats, Floats]:
        signs = 2 * targets - 1
        shortfall = np.maximum(1 - signs * scores, 0)
        return shortfall * shortfall, -2 * signs * shortfall


def linear_svm(seed: int = 0, pca: int | None = None, C: float = 1e-4, **params: Any) -> Pipeline:
    """Make a linear support vector machine behind standardisation.

    Parameters
    ----------
    seed : int
        Only used by `pca`.
    pca : int, from 1, optional
        Keep that many whitened principal components instead of standardising.
    C : float, above 0
        Inverse strength of the regularisation.
    **params
        Other parameters of `LinearSVM`.

    Returns
    -------
    Pipeline, unfitted
    """
    return make_pipeline(*make_preprocessing(pca, whiten=True, seed=seed), LinearSVM(C, **params))


def logistic(seed: int = 0, pca: int | None = None, **params: Any) -> Pipeline:
    """Make a multinomial logistic regression behind standardisation.

    Parameters
    ----------
    seed : int
        Only used by `pca`.
    pca : int, from 1, optional
        Keep that many whitened principal components instead of standardising.
    **params
        Parameters of `MultinomialLogistic`.

    Returns
    -------
    Pipeline, unfitted
    """
    return make_pipeline(*make_preprocessing(pca, whiten=True, seed=seed), MultinomialLogistic(**params))


LogisticRegression = MultinomialLogistic  # its name in bundles of earlier versions
