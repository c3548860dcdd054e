"""A fitted classifier that answers in the labels of another set."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Relabelled(ClassifierMixin, BaseEstimator):
    """A fitted classifier whose classes are turned into others: those that become the same one add up their probabilities.

    classifier: fitted, with predict_proba; its classes are labels, int
    become: what each label becomes, -1 for those that are left out: the others' probabilities then grow to sum to 1 again

    There is nothing to fit.
    """

    def __init__(self, classifier, become):
        self.classifier = classifier
        self.become = become

    @property
    def classes_(self):
        """The classes that are left, in order."""
        found = self._become()
        return np.unique(found[found >= 0])

    def predict_proba(self, X):
        """Return the probability of each class, (n, classes); equal ones where those left out have it all."""
        kept = self._become()[:, None] == self.classes_
        sums = self.classifier.predict_proba(X) @ kept
        totals = sums.sum(axis=1, keepdims=True)
        return np.divide(sums, totals, out=np.full(sums.shape, 1 / sums.shape[1]), where=totals > 0)

    def predict(self, X):
        """Return the likeliest class of each row, (n,)."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _become(self):
        return np.asarray(self.become)[np.asarray(self.classifier.classes_, int)]

    def __sklearn_is_fitted__(self):
        return True
