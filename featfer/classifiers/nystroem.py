"""An RBF kernel by a sample of its columns: a linear machine that is nearly a kernel machine."""

import numpy as np
from scipy.linalg import eigh
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.pipeline import make_pipeline
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from featfer.classifiers.linear import LinearSVM
from featfer.classifiers.preprocessing import make_preprocessing
from featfer.classifiers.svm import scale_gamma

KERNEL_ROWS = 2048  # of the kernel matrix held at once
LEAST = 1e-6        # eigenvalues below this share of the largest are rounding


class Nystroem(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Columns whose dot products are nearly k(x, z) = exp(-gamma |x - z|^2) (Williams and Seeger 2001), in float32.

    scikit-learn has one too; this one knows gamma "scale", and keeps its points as float16.

    points: training rows, drawn at random, that the kernel is taken with; at most as many columns come out
    gamma: the kernel's, or "scale" for 1 / (features x variance); random_state: seed

    Learnt: points_ float16 (points, d), axes_ float32 (points, columns), gamma_.
    """

    def __init__(self, points=2000, gamma="scale", random_state=None):
        self.points = points
        self.gamma = gamma
        self.random_state = random_state

    def fit(self, X, y=None):
        """Fit features (n, d)."""
        X = validate_data(self, X, dtype=np.float32)
        if not self.points >= 1:
            raise ValueError(f"points={self.points} is not 1 or more")
        chosen = check_random_state(self.random_state).permutation(len(X))[:self.points]
        self.gamma_ = scale_gamma(X) if self.gamma == "scale" else float(self.gamma)
        self.points_ = X[chosen].astype(np.float16)
        values, vectors = eigh(rbf_kernel(self.points_.astype(np.float64), gamma=self.gamma_))
        kept = values > LEAST * values[-1]
        self.axes_ = (vectors[:, kept] / np.sqrt(values[kept])).astype(np.float32)
        return self

    def transform(self, X):
        """Return the columns of each row, float32 (n, columns)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        points = self.points_.astype(np.float32)
        result = np.empty((len(X), self._n_features_out), np.float32)
        for at in range(0, len(X), KERNEL_ROWS):
            result[at:at + KERNEL_ROWS] = rbf_kernel(X[at:at + KERNEL_ROWS], points, gamma=self.gamma_) @ self.axes_
        return result

    @property
    def _n_features_out(self):
        return self.axes_.shape[1]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def nystroem(seed=0, pca=None, points=2000, gamma="scale", C=1.0, **params):
    """Return scaling, or pca principal components, a Nystroem kernel and a LinearSVM on it.

    points, gamma: of the kernel; C, params: of the LinearSVM.
    """
    return make_pipeline(*make_preprocessing(pca, seed=seed), Nystroem(points, gamma, seed), LinearSVM(C, **params))
