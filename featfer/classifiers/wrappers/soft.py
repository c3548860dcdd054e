"""Labels that raters share among several expressions, for classifiers that know one label a row."""

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import validate_data

from featfer.classifiers.wrappers.base import Wrapper


class SoftLabels(Wrapper):
    """A classifier fitted on a row for each label that a row has a share in, weighted by that share.

    A loss that is a sum over rows, as that of an SVM or of trees, then is what it is expected to be when one rater's label is
    drawn. There are as many more rows as labels differ: an RBF SVM takes about the square of that longer, and cannot part the
    rows that stand in two classes, which all become support vectors.

    estimator: what is fitted, with predict_proba and sample_weight in its fit

    Learnt: classes_, estimator_.
    """

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y, shares=None, sample_weight=None):
        """Fit features (n, d) and labels (n,).

        shares: float (n, labels), how much of a row each label 0, 1, ... has; they are learnt in place of y, None for y
        sample_weight: (n,), how much each row counts, None for all alike
        """
        X, y = validate_data(self, X, y)
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        if shares is not None:
            rows, y = np.nonzero(shares)
            weights = {"sample_weight": shares[rows, y] * (1 if sample_weight is None else sample_weight[rows])}
            X = X[rows]
        self.estimator_ = clone(self.estimator).fit(X, y, **weights)
        return self
