"""A classifier around another that fits it in its own way, and predicts as that does."""

from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data


class Wrapper(ClassifierMixin, BaseEstimator):
    """Predicts as its estimator_, which a subclass fits.

    Learnt: classes_, estimator_.
    """

    @property
    def classes_(self):
        """The classes that the estimator knows."""
        return self.estimator_.classes_

    def predict_proba(self, X):
        """Return the probability of each class, (n, classes)."""
        check_is_fitted(self)
        return self.estimator_.predict_proba(validate_data(self, X, reset=False))

    def predict(self, X):
        """Return the likeliest class of each row, (n,)."""
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]
