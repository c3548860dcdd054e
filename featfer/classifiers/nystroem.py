"""Nystroem approximation of the RBF kernel: a linear SVM on it comes close to a kernel SVM."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from featfer.classifiers.kernels import scale_gamma
from featfer.classifiers.linear import LinearSVM
from featfer.classifiers.pipeline import Pipeline, make_pipeline
from featfer.classifiers.preprocessing import make_preprocessing

KERNEL_ROWS = 2048  # of the kernel matrix held at once
LEAST = 1e-6        # eigenvalues below this fraction of the largest are rounding errors


class Nystroem(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Columns whose dot products approximate the RBF kernel k(x, z) = exp(-gamma |x - z|^2), in float32.

    Unlike scikit-learn's class of this name, it knows gamma "scale" and keeps its points as float16.

    Parameters
    ----------
    points : int, from 1
        Number of training rows, chosen at random, to evaluate the kernel with; also the most columns of the output.
    gamma : float, above 0, or "scale"
        How narrow the kernel is: the larger, the less far a point counts. "scale" is 1 / (features x variance).
    random_state : int, optional

    Attributes
    ----------
    points_ : ndarray of float16, shape (points, d)
    axes_ : ndarray of float32, shape (points, columns)
    gamma_ : float

    Notes
    -----
    Williams and Seeger 2001, "Using the Nystroem method to speed up kernel machines".
    """

    def __init__(self, points: int = 2000, gamma: float | str = "scale", random_state: int | None = None) -> None:
        self.points = points
        self.gamma = gamma
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Choose the points and compute the axes.

        Parameters
        ----------
        X : array_like of float, shape (n, d)
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            When `points` is less than 1.
        """
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

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Compute the approximate kernel features.

        Parameters
        ----------
        X : array_like of float, shape (n, d)

        Returns
        -------
        ndarray of float32, shape (n, columns)
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        points = self.points_.astype(np.float32)
        result = np.empty((len(X), self._n_features_out), np.float32)
        for start in range(0, len(X), KERNEL_ROWS):
            block = slice(start, start + KERNEL_ROWS)
            result[block] = rbf_kernel(X[block], points, gamma=self.gamma_) @ self.axes_
        return result

    @property
    def _n_features_out(self) -> int:
        return self.axes_.shape[1]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def nystroem(seed: int = 0, pca: int | None = None, points: int = 2000, gamma: float | str = "scale", C: float = 1.0,
             **params: Any) -> Pipeline:
    """Make a linear support vector machine on an approximate RBF kernel (`Nystroem`), behind standardisation.

    Parameters
    ----------
    seed : int
    pca : int, from 1, optional
        Keep that many principal components instead of standardising.
    points, gamma
        Of `Nystroem`.
    C, **params
        Of `LinearSVM`.

    Returns
    -------
    Pipeline, unfitted
    """
    return make_pipeline(*make_preprocessing(pca, seed=seed), Nystroem(points, gamma, seed), LinearSVM(C, **params))
