"""Coarse to fine: first positive, neutral or negative, then which expression of those."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data


class CoarseToFine(ClassifierMixin, BaseEstimator):
    """A classifier of coarse classes, and one for each coarse class that says which of its own it is; the probability of a
    class is the product of both (a hierarchy of two floors, as in Kumar, Ghosh and Crawford 2002).

    estimator: what is fitted for each of them, with predict_proba
    groups: {class: coarse class}, None for {}; a class that is not in it is a coarse class of its own

    Learnt: classes_; codes_ int (classes,), the coarse class of each, 0, 1, ...; coarse_, the classifier of those, and fine_, a
    list of classifiers, one for each of them; None where there is nothing to tell apart.
    """

    def __init__(self, estimator, groups=None):
        self.estimator = estimator
        self.groups = groups

    def fit(self, X, y, sample_weight=None):
        """Fit features (n, d) and labels (n,); sample_weight: (n,), for an estimator whose fit takes it."""
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        self.classes_, labels = np.unique(y, return_inverse=True)
        self.codes_ = np.array(codes_of(self.classes_.tolist(), self.groups or {}))
        coarse = self.codes_[labels]
        self.coarse_ = self._fitted(X, coarse, sample_weight)
        self.fine_ = []
        for code in range(self.codes_.max() + 1):
            rows = coarse == code
            self.fine_.append(self._fitted(X[rows], labels[rows], None if sample_weight is None else sample_weight[rows]))
        return self

    def predict_proba(self, X):
        """Return the probability of each class, (n, classes)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        coarse = np.ones((len(X), 1)) if self.coarse_ is None else self.coarse_.predict_proba(X)
        result = coarse[:, self.codes_]
        for fine in self.fine_:
            if fine is not None:
                result[:, fine.classes_] *= fine.predict_proba(X)
        return result

    def predict(self, X):
        """Return the likeliest class of each row, (n,)."""
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def _fitted(self, X, y, sample_weight):
        if len(np.unique(y)) < 2:
            return None
        return clone(self.estimator).fit(X, y, **({} if sample_weight is None else {"sample_weight": sample_weight}))


def codes_of(classes, groups):
    """Return the coarse class of each of some classes as 0, 1, ..., in the order that they are met; groups: {class: coarse
    class}, where a class is not in it, it is one by itself."""
    kinds = [("together", groups[name]) if name in groups else ("alone", name) for name in classes]
    order = list(dict.fromkeys(kinds))
    return [order.index(kind) for kind in kinds]
