"""What stands before a classifier: scaling of columns, or principal components; fitted on the training rows alone."""

from weakref import WeakKeyDictionary

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state
from sklearn.utils.extmath import randomized_svd
from sklearn.utils.validation import check_is_fitted, validate_data

BLOCK_ROWS = 2048  # projected at once
EXTRA_AXES = 64    # beyond those asked for, which make those asked for exact enough (Halko et al. 2011)


class PrincipalComponents(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Principal components (Jolliffe 2002) of wide features, by a randomized decomposition (Halko et al. 2011) of a sample.

    Takes float32 as it is: of the whole matrix no copy is made.

    n: how many; sample: at most so many rows, drawn at random, tell the axes; the mean is that of all rows
    whiten: give every component unit variance; random_state: seed

    Learnt: mean_ float32 (d,); components_ float16 (n, d), orthonormal rows, the largest variance first; variances_ float32
    (n,), of the sample along them.
    """

    def __init__(self, n=2, sample=10000, whiten=False, random_state=None):
        self.n = n
        self.sample = sample
        self.whiten = whiten
        self.random_state = random_state

    def fit(self, X, y=None):
        """Fit features (rows, d); raise ValueError where they have fewer rows or columns than n."""
        X = validate_data(self, X, dtype=np.float32)
        draw = check_random_state(self.random_state)
        rows = draw.permutation(len(X))[:self.sample]
        if not 0 < self.n <= min(len(rows), X.shape[1]):
            raise ValueError(f"n={self.n} principal components of n_samples={len(rows)} rows with n_features={X.shape[1]}")
        self.mean_ = X.mean(axis=0, dtype=np.float64).astype(np.float32)
        _, lengths, axes = randomized_svd(X[np.sort(rows)] - self.mean_, self.n, n_oversamples=EXTRA_AXES, random_state=draw)
        self.components_ = axes.astype(np.float16)
        self.variances_ = (lengths**2 / len(rows)).astype(np.float32)
        return self

    def transform(self, X):
        """Return the components of each row, float32 (rows, n)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        axes = unpack_once(self, self.components_, lambda components: components.astype(np.float32))
        result = np.empty((len(X), self.n), np.float32)
        for at in range(0, len(X), BLOCK_ROWS):
            result[at:at + BLOCK_ROWS] = (X[at:at + BLOCK_ROWS] - self.mean_) @ axes.T
        return result / np.sqrt(np.maximum(self.variances_, np.finfo(np.float32).tiny)) if self.whiten else result

    @property
    def _n_features_out(self):
        return self.n

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def check_several(classes):
    """Raise ValueError where a classifier is to learn a single class."""
    if len(classes) < 2:
        raise ValueError(f"a classifier needs samples of 2 classes at least; this has 1 class: {classes[0]}")


def make_preprocessing(pca=None, scale=True, whiten=False, seed=0):
    """Return a list of the transformers to stand before a classifier, one or none.

    pca: keep that many principal components; without, scale: give every column mean 0 and variance 1
    whiten: give the components unit variance too. For what measures distances leave it, the variances say what matters.
    """
    if pca is not None:
        return [PrincipalComponents(pca, whiten=whiten, random_state=seed)]
    return [StandardScaler()] if scale else []


_UNPACKED = WeakKeyDictionary()


def unpack_once(estimator, array, unpack):
    """Return unpack(array), computed anew only where the estimator comes with another array than the last time.

    It is kept as long as the estimator is, but beside it: no file that it is saved in gets larger.
    """
    kept = _UNPACKED.get(estimator)
    if kept is None or kept[0] is not array:
        kept = _UNPACKED[estimator] = array, unpack(array)
    return kept[1]
