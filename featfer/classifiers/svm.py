"""A support vector machine with RBF kernel whose predictions are one matrix product."""

from itertools import combinations

import numpy as np
from joblib import Parallel, delayed
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import make_pipeline
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from featfer.classifiers.intelex import fastest, has_intelex
from featfer.classifiers.preprocessing import check_several, make_preprocessing
from featfer.utils.progress import bar

KERNEL_ROWS, KERNEL_COLUMNS = 1024, 2048  # of the kernel matrix held at once: what stays in the processor's caches
DTYPES = (np.float64, np.float32)  # either is trained and predicted with as it comes


class RBFSVM(ClassifierMixin, BaseEstimator):
    """One-against-one SVM, k(x, z) = exp(-gamma |x - z|^2).

    Each pair of classes is trained by scikit-learn's SVC (libsvm, Chang and Lin 2011), or by Intel's where
    scikit-learn-intelex is installed. What is kept is our own: the union of the support vectors and a coefficient for
    each of them and each pair, so that a prediction is a product of matrices and needs neither library.

    C: the price of an error; gamma: the kernel's, or "scale" for 1 / (features x variance)
    class_weight: None, "balanced" or {class: weight}
    compact: keep the support vectors as "float16" (for scaled features), or as "int8" in steps of their columns' own; None: as
    float32

    Learnt: classes_, support_vectors_ (s, d), coef_ (s, pairs), intercept_ (pairs,), gamma_; steps_ (d,) with int8.
    """

    def __init__(self, C=5.0, gamma="scale", class_weight=None, compact=None):
        self.C = C
        self.gamma = gamma
        self.class_weight = class_weight
        self.compact = compact

    def fit(self, X, y, sample_weight=None):
        """Fit features (n, d) and labels (n,); sample_weight: (n,), 0 or more, times C is the price of an error on each row."""
        X, y = validate_data(self, X, y, dtype=DTYPES)
        check_classification_targets(y)
        if self.compact not in (None, "float16", "int8"):
            raise ValueError(f"compact={self.compact!r} is none of None, 'float16' and 'int8'")
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
            X, y, sample_weight = (rows[sample_weight > 0] for rows in (X, y, sample_weight))
        self.classes_, y = np.unique(y, return_inverse=True)
        check_several(self.classes_)
        self.gamma_ = scale_gamma(X, sample_weight) if self.gamma == "scale" else float(self.gamma)
        weights = dict(enumerate(compute_class_weight(self.class_weight, classes=self.classes_, y=self.classes_[y])))
        pairs = list(combinations(range(len(self.classes_)), 2))
        threads = 1 if has_intelex() else -1  # Intel's uses every core by itself
        run = Parallel(n_jobs=threads, prefer="threads", return_as="generator")
        machines = run(delayed(self._fit_pair)(X, y, pair, weights, sample_weight) for pair in pairs)
        coef = np.zeros((len(X), len(pairs)), np.float32)
        intercept = np.zeros(len(pairs), np.float32)
        for p, (rows, values, constant) in enumerate(bar(machines, total=len(pairs), desc="fitting SVM", unit=" pairs")):
            coef[rows, p], intercept[p] = values, constant
        used = np.flatnonzero(coef.any(axis=1))
        self.coef_, self.intercept_ = coef[used], intercept
        self._keep(X[used])
        return self

    def decision_function(self, X):
        """Return (n, classes): the sum of each class's votes against the others; (n,) for two classes.

        A vote is the pair's margin, cut off at -1 and 1: beyond the margin a support vector machine is not surer.
        """
        votes = np.clip(self._margins(X), -1, 1)
        if len(self.classes_) == 2:
            return -votes[:, 0]
        return tally(votes, len(self.classes_))

    def predict_proba(self, X):
        """Return the probability of each class, (n, classes): softmax of the votes, not yet calibrated."""
        votes = self.decision_function(X)
        return softmax(np.stack([-votes, votes], axis=1) if votes.ndim == 1 else votes, axis=1)

    def predict(self, X):
        """Return the class of each row, (n,)."""
        scores = self.decision_function(X)
        return self.classes_[(scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)]

    def _margins(self, X):
        """Return each pair's margin, (n, pairs), positive for the pair's first class."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=DTYPES, reset=False)
        margins = np.zeros((len(X), len(self.intercept_)))
        for first in range(0, len(self.coef_), KERNEL_COLUMNS):
            columns = slice(first, first + KERNEL_COLUMNS)
            support = self._unpack(self.support_vectors_[columns]).astype(X.dtype, copy=False)
            coef = self.coef_[columns].astype(np.float64)
            lengths = (support * support).sum(axis=1)
            for at in range(0, len(X), KERNEL_ROWS):
                rows = X[at:at + KERNEL_ROWS]
                squares = (rows * rows).sum(axis=1)[:, None] + lengths - 2 * rows @ support.T
                margins[at:at + KERNEL_ROWS] += np.exp(-self.gamma_ * np.maximum(squares, 0)) @ coef
        return margins + self.intercept_

    def _keep(self, support):
        if self.compact == "int8":
            largest = np.abs(support).max(axis=0)
            self.steps_ = (np.where(largest > 0, largest, 1) / 127).astype(np.float32)
            support = np.round(support / self.steps_)
        self.support_vectors_ = support.astype(self.compact or np.float32)

    def _unpack(self, support):
        if support.dtype == np.int8:
            return np.multiply(support, self.steps_, dtype=np.float32)
        return support.astype(np.float32, copy=False)

    def _fit_pair(self, X, y, pair, weights, sample_weight):
        """Return (rows of the support vectors, their coefficients, intercept), positive for the pair's first class."""
        rows = np.flatnonzero(np.isin(y, pair))
        first = y[rows] == pair[0]
        machine = fastest("sklearn.svm", "SVC")(
            C=self.C, kernel="rbf", gamma=self.gamma_, cache_size=500,
            class_weight={True: weights[pair[0]], False: weights[pair[1]]})
        machine.fit(X[rows], first, None if sample_weight is None else sample_weight[rows])
        return rows[machine.support_], machine.dual_coef_[0], machine.intercept_[0]


def tally(votes, classes):
    """Return the sum of each class's votes against the others, (n, classes); votes: (n, pairs), positive for the first."""
    total = np.zeros((len(votes), classes))
    for p, (first, second) in enumerate(combinations(range(classes), 2)):
        total[:, first] += votes[:, p]
        total[:, second] -= votes[:, p]
    return total


def scale_gamma(X, weights=None):
    """Return what scikit-learn calls gamma "scale": 1 / (features x variance of all values), 1 where they are constant.

    weights: (n,), how often a row of X (n, d) counts; None for once
    """
    if weights is None:
        variance = X.var(dtype=np.float64)
    else:
        mean = np.average(X.mean(axis=1, dtype=np.float64), weights=weights)
        variance = np.average(((X - mean) ** 2).mean(axis=1), weights=weights)
    return 1.0 / (X.shape[1] * variance) if variance > 0 else 1.0


def svm(seed=0, pca=None, compact="float16", **params):
    """Return scaling and an RBFSVM with these parameters; the seed draws the rows for pca, an SVM draws nothing.

    pca: keep that many principal components instead of scaling each column: for stages, with their thousands of columns.
    """
    return make_pipeline(*make_preprocessing(pca, seed=seed), RBFSVM(compact=compact, **params))
