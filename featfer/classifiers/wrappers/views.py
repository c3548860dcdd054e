"""A classifier that is trained on several views of each face, and averages over several."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import check_array, check_is_fitted, validate_data


class ViewAverage(ClassifierMixin, BaseEstimator):
    """A classifier over matrices in which the views of a face stand side by side, (n, views x d).

    Fitted on each view as a row of its own; a prediction is the mean of the views' probabilities (test-time augmentation).

    estimator: what is fitted, with predict_proba
    views, averaged: how many stand side by side in what it is fitted on, and in what it predicts from

    Learnt: classes_, estimator_, size_ (columns of one view).
    """

    def __init__(self, estimator, views=1, averaged=1):
        self.estimator = estimator
        self.views = views
        self.averaged = averaged

    def fit(self, X, y, **params):
        """Fit features (n, views x d) and labels (n,); params: of the estimator's own fit, its arrays a row a face."""
        X, y = validate_data(self, X, y, dtype=np.float32)
        if X.shape[1] % self.views:
            raise ValueError(f"{X.shape[1]} columns are not {self.views} views of the same width")
        self.size_ = X.shape[1] // self.views
        params = {name: np.repeat(value, self.views, axis=0) if isinstance(value, np.ndarray) else value
                  for name, value in params.items()}
        self.estimator_ = clone(self.estimator).fit(X.reshape(-1, self.size_), np.repeat(y, self.views), **params)
        self.classes_ = self.estimator_.classes_
        return self

    def predict_proba(self, X):
        """Return the probability of each class, (n, classes), the mean over the views in X (n, averaged x d)."""
        check_is_fitted(self)
        X = check_array(X, dtype=np.float32)
        width = self.averaged * self.size_
        if X.shape[1] != width:
            raise ValueError(f"X has {X.shape[1]} features, but Views is expecting {width} features as input")
        found = self.estimator_.predict_proba(X.reshape(-1, self.size_))
        return found.reshape(len(X), -1, len(self.classes_)).mean(axis=1)

    def predict(self, X):
        """Return the likeliest class of each row, (n,)."""
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]
