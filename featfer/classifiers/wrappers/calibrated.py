"""Probabilities of a classifier set right on rows that it was not fitted on."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted


class PrecomputedPredictions(ClassifierMixin, BaseEstimator):
    """Stands for a fitted classifier of classes 0, 1, ... whose answers are known: they are the features, (n, columns).

    classes: how many; are_scores: the answers are those of a decision_function, not probabilities
    """

    def __init__(self, classes=2, are_scores=False):
        self.classes = classes
        self.are_scores = are_scores

    @property
    def classes_(self):
        """The classes, int (classes,)."""
        return np.arange(self.classes)

    def fit(self, X, y, sample_weight=None):
        """Do nothing: there is nothing to learn."""
        return self

    @available_if(lambda self: self.are_scores)
    def decision_function(self, X):
        """Return the scores, (n, classes); (n,) for two classes."""
        return X[:, 0] if X.shape[1] == 1 else X

    @available_if(lambda self: not self.are_scores)
    def predict_proba(self, X):
        """Return the probabilities, (n, classes)."""
        return X

    def predict(self, X):
        """Return the likeliest class of each row, (n,)."""
        return (X[:, 0] > 0).astype(int) if X.shape[1] == 1 else X.argmax(axis=1)

    def __sklearn_is_fitted__(self):
        return True


class Calibrated(ClassifierMixin, BaseEstimator):
    """A fitted classifier, and scikit-learn's calibration of what it answers.

    scikit-learn's temperature takes labels for places of columns. Here its calibrator knows classes 0, 1, ... alone, whichever
    labels they stand for.

    estimator: fitted, with predict_proba; method: "temperature" or "sigmoid"

    Learnt: calibrator_, a CalibratedClassifierCV over the estimator's answers.
    """

    def __init__(self, estimator, method="temperature"):
        self.estimator = estimator
        self.method = method

    @property
    def classes_(self):
        """The classes that the estimator knows."""
        return self.estimator.classes_

    def fit(self, X, y):
        """Fit the calibration to features (n, d) and labels (n,), among which each class stands five times at least.

        A temperature counts one face more than there are, as a mistake for the second likeliest class: where the estimator
        makes none, a few faces would have it claim 100 % of everything (as Platt 1999 has it for a sigmoid).
        """
        return self.fit_answers(self.predict_estimator(X), y)

    def fit_answers(self, answers, y):
        """Fit the calibration to what `predict_estimator` gives for some rows, and their labels."""
        codes = np.searchsorted(self.classes_, y)
        weights = np.ones(len(codes))
        if self.method == "temperature":
            answers, codes, weights = np.tile(answers, (2, 1)), np.append(codes, _second(answers)), np.repeat(
                [1, 1 / len(codes)], len(codes))
        known = PrecomputedPredictions(len(self.classes_), hasattr(self.estimator, "decision_function"))
        self.calibrator_ = CalibratedClassifierCV(known, method=self.method, ensemble=False).fit(answers, codes, weights)
        return self

    def predict_proba(self, X):
        """Return the probability of each class, (n, classes)."""
        return self.calibrate(self.predict_estimator(X))

    def calibrate(self, answers):
        """Return the probability of each class, (n, classes), for what `predict_estimator` gives."""
        check_is_fitted(self)
        return self.calibrator_.predict_proba(answers)

    def predict(self, X):
        """Return the likeliest class of each row, (n,)."""
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def predict_estimator(self, X):
        """Return what the estimator answers: its scores, (n, classes) or (n, 1) for two classes; probabilities, (n, classes),
        where it has no scores."""
        if not hasattr(self.estimator, "decision_function"):
            return self.estimator.predict_proba(X)
        scores = self.estimator.decision_function(X)
        return scores[:, None] if scores.ndim == 1 else scores


def _second(answers):
    """Return the place of the second likeliest class of each row, int (n,)."""
    if answers.shape[1] == 1:
        return (answers[:, 0] <= 0).astype(int)
    return answers.argsort(axis=1)[:, -2]
