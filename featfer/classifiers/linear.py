"""Linear classifiers that take tens of thousands of rows with thousands of columns, in float32 throughout."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import make_pipeline
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from featfer.classifiers.preprocessing import check_several, make_preprocessing
from featfer.utils.progress import bar


class LinearClassifier(ClassifierMixin, BaseEstimator):
    """Minimizes |w|^2 / 2 + C x (weighted sum of the rows' losses) by L-BFGS (Liu and Nocedal 1989).

    A subclass gives the losses of the scores of each class in each row, and their slopes.

    C: the price of an error; iterations: at most so many; tolerance: stop where no slope, of the mean loss, is steeper

    Learnt: classes_, coef_ float32 (classes, d), intercept_ float32 (classes,), which is not penalized; n_iter_.
    """

    def __init__(self, C=1e-3, iterations=100, tolerance=1e-4):
        self.C = C
        self.iterations = iterations
        self.tolerance = tolerance

    def fit(self, X, y, sample_weight=None):
        """Fit features (n, d) and labels (n,); sample_weight: (n,), 0 or more, of each row's loss, None for 1."""
        X, y = validate_data(self, X, y, dtype=np.float32)
        check_classification_targets(y)
        if not self.C > 0:
            raise ValueError(f"C={self.C} is not above 0")
        self.classes_, y = np.unique(y, return_inverse=True)
        check_several(self.classes_)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float32, ensure_non_negative=True)
        data = X, np.eye(len(self.classes_), dtype=np.float32)[y], sample_weight
        with bar(total=self.iterations, desc=f"fitting {type(self).__name__}", unit=" iterations") as shown:
            found = minimize(self._objective, np.zeros(len(self.classes_) * (X.shape[1] + 1)), data, jac=True,
                             method="L-BFGS-B", callback=lambda _: shown.update(),
                             options={"maxiter": self.iterations, "gtol": self.tolerance, "ftol": 1e-9})
        weights = found.x.reshape(len(self.classes_), -1).astype(np.float32)
        self.coef_, self.intercept_ = weights[:, :-1].copy(), weights[:, -1].copy()
        self.n_iter_ = found.nit
        return self

    def scores(self, X):
        """Return the score of each class, float64 (n, classes)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        return np.einsum("nd,cd->nc", X, self.coef_, dtype=np.float64) + self.intercept_

    def predict_proba(self, X):
        """Return the probability of each class, (n, classes): softmax of the scores."""
        return softmax(self.scores(X), axis=1)

    def predict(self, X):
        """Return the likeliest class of each row, (n,)."""
        scores = self.scores(X)
        return self.classes_[scores.argmax(axis=1)]

    def _objective(self, flat, X, targets, sample_weight):
        """Return (value, gradient) of the objective divided by C x (sum of the rows' weights); flat: weights and intercept of
        each class."""
        weights = flat.reshape(targets.shape[1], -1)
        scores = X @ weights[:, :-1].T.astype(np.float32) + weights[:, -1].astype(np.float32)
        loss, slope = self._loss(scores, targets)
        total = len(X)
        if sample_weight is not None:
            loss, slope = loss * sample_weight[:, None], slope * sample_weight[:, None]
            total = sample_weight.sum(dtype=np.float64)
        share = 1 / (self.C * total)
        gradient = np.empty_like(weights)
        gradient[:, :-1] = slope.T @ X / total + share * weights[:, :-1]
        gradient[:, -1] = slope.sum(axis=0) / total
        return float(loss.sum(dtype=np.float64)) / total + share * (weights[:, :-1] ** 2).sum() / 2, gradient.ravel()


class MultinomialLogistic(LinearClassifier):
    """Multinomial logistic regression: the loss is the cross-entropy of the softmax of the scores."""

    def _loss(self, scores, targets):
        logs = log_softmax(scores, axis=1)
        return -(logs * targets), np.exp(logs) - targets


class LinearSVM(LinearClassifier):
    """One-against-rest support vector machines with squared hinge loss (L2-SVM, as in Fan et al. 2008, LIBLINEAR)."""

    def _loss(self, scores, targets):
        signs = 2 * targets - 1
        short = np.maximum(1 - signs * scores, 0)
        return short * short, -2 * signs * short


def linear_svm(seed=0, pca=None, C=1e-4, **params):
    """Return scaling, or pca whitened principal components, and a LinearSVM; without pca the seed changes nothing."""
    return make_pipeline(*make_preprocessing(pca, whiten=True, seed=seed), LinearSVM(C, **params))


def logistic(seed=0, pca=None, **params):
    """Return scaling, or pca whitened principal components, and a LogisticRegression; without pca the seed changes nothing."""
    return make_pipeline(*make_preprocessing(pca, whiten=True, seed=seed), MultinomialLogistic(**params))


LogisticRegression = MultinomialLogistic  # its name in bundles of earlier versions
