"""Local learning: a support vector machine of its own for every face, trained on the faces most like it."""

import numpy as np
from joblib import Parallel, delayed
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from featfer.classifiers.preprocessing import check_several, make_preprocessing
from featfer.classifiers.svm import scale_gamma, tally
from featfer.errors import ParameterError
from featfer.utils.progress import bar

KERNELS = ("linear", "rbf")


class LocalSVM(ClassifierMixin, BaseEstimator):
    """One-against-one SVMs on the k training rows nearest to each row (Ionescu, Popescu and Grozea 2013).

    Fitting keeps the training rows; the work is done in predicting, some 0.1 s a row with 1000 neighbours of 512 columns,
    on every core. A class that no neighbour has loses against those that some have.

    k: neighbours, by Euclidean distance; C: the price of an error
    kernel: "linear" or "rbf"; either is scaled by scikit-learn's gamma "scale", so that C is free of the features' unit

    Learnt: classes_, rows_ float16 (n, d), codes_ (n,), index into classes_, gamma_.
    """

    def __init__(self, k=1000, C=1.0, kernel="linear"):
        self.k = k
        self.C = C
        self.kernel = kernel

    def fit(self, X, y):
        """Fit features (n, d) and labels (n,); raise ParameterError for parameters that cannot be."""
        X, y = validate_data(self, X, y, dtype=np.float32)
        check_classification_targets(y)
        if self.kernel not in KERNELS or not self.k >= 1 or not self.C > 0:
            raise ParameterError(f"kernel={self.kernel!r}, k={self.k}, C={self.C}: the kernel is one of "
                                 f"{', '.join(KERNELS)}, k is 1 or more, C above 0")
        self.classes_, self.codes_ = np.unique(y, return_inverse=True)
        check_several(self.classes_)
        self.rows_ = X.astype(np.float16)
        self.gamma_ = scale_gamma(X)
        return self

    def predict_proba(self, X):
        """Return the probability of each class, (n, classes): softmax of the votes."""
        return softmax(self.votes(X), axis=1)

    def predict(self, X):
        """Return the likeliest class of each row, (n,)."""
        votes = self.votes(X)
        return self.classes_[votes.argmax(axis=1)]

    def votes(self, X):
        """Return the sum of each class's votes against the others, (n, classes); a vote is a margin cut off at -1 and 1."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        known = self.rows_.astype(np.float32)
        search = NearestNeighbors(n_neighbors=min(self.k, len(known)), algorithm="brute").fit(known)
        nearest = search.kneighbors(X, return_distance=False)
        run = Parallel(n_jobs=-1, prefer="threads", return_as="generator")
        found = run(delayed(self._pairs)(row, known[near], self.codes_[near])
                    for row, near in zip(X.astype(np.float64), nearest, strict=True))
        pairs = np.stack(list(bar(found, total=len(X), desc="local SVMs", unit=" faces")))
        return tally(pairs, len(self.classes_))

    def _pairs(self, row, near, codes):
        """Return each pair's vote for one row, (pairs,); 0 where neither of its classes is near."""
        count = len(self.classes_)
        present = np.unique(codes)
        first, second = np.triu_indices(count, 1)
        here = np.isin(np.arange(count), present)
        votes = here[first] * 1.0 - here[second]
        if len(present) > 1:
            votes[here[first] & here[second]] = np.clip(self._margins(row, near.astype(np.float64), codes), -1, 1)
        return votes

    def _margins(self, row, near, codes):
        """Return the margin of each pair of the classes that are near, positive for the pair's first class."""
        centre = near.mean(axis=0)
        near, row = near - centre, (row - centre)[None]
        machine = SVC(C=self.C, kernel="precomputed", decision_function_shape="ovo")
        margins = machine.fit(self._kernel(near, near), codes).decision_function(self._kernel(row, near))
        return -margins if len(machine.classes_) == 2 else margins[0]

    def _kernel(self, a, b):
        return rbf_kernel(a, b, gamma=self.gamma_) if self.kernel == "rbf" else self.gamma_ * a @ b.T


def local_svm(seed=0, pca=None, **params):
    """Return scaling, or pca principal components, and a LocalSVM; without pca the seed changes nothing."""
    return make_pipeline(*make_preprocessing(pca, seed=seed), LocalSVM(**params))
