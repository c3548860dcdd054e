"""Kernel ridge regression of the classes: least squares in place of a support vector machine's margins."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from featfer.classifiers.kernels import KERNEL_ROWS, KernelSumMixin, average_kernel, scale_gamma
from featfer.classifiers.pipeline import Pipeline, make_pipeline
from featfer.classifiers.preprocessing import check_compact, check_two_classes, make_preprocessing
from featfer.classifiers.targets import make_targets
from featfer.errors import ParameterError
from featfer.typing import Floats
from featfer.utils.environment import find_memory_size
from featfer.utils.estimators import Estimator, LikeliestClassMixin
from featfer.utils.progress import bar

LEAST_ESTIMATE = 0.03  # the smallest probability of a class, before rows are divided by their sums
GIB = 2**30


class KernelRidgeClassifier(KernelSumMixin, LikeliestClassMixin, Estimator):
    """Ridge regression of the classes' indicators, or of soft labels, with kernel ``k(x, z) = exp(-gamma |x - z|^2)``.

    All classes share one system of linear equations, which a Cholesky factorisation solves exactly. It takes 4 n^2 bytes for n
    training rows, or n groups of rows: 3.3 GB for the 28,709 faces of FER2013.

    Parameters
    ----------
    alpha : float, above 0
        Strength of the penalty on large coefficients: the smaller, the closer the training rows are fitted.
    gamma : float, above 0, or "scale"
        How narrow the kernel is: the larger, the less far a training row counts. "scale" is 1 / (features x variance).
    compact : {"float16", "int8"}, optional
        Type of the stored training rows: float16 for standardised features; int8 in steps of each column's own; none for
        float32.

    Attributes
    ----------
    classes_ : ndarray, shape (classes,)
    support_vectors_ : ndarray, shape (n, d)
        The training rows.
    coef_ : ndarray of float32, shape (n, classes)
    intercept_ : ndarray of float32, shape (classes,)
    gamma_ : float
    steps_ : ndarray of float32, shape (d,)
        Only for int8.

    Notes
    -----
    Saunders, Gammerman and Vovk 1998, "Ridge regression learning algorithm in dual variables". The mean of the kernel over
    groups of rows: Haasdonk and Burkhardt 2007, "Invariant kernel functions for pattern analysis and machine learning".
    """

    def __init__(self, alpha: float = 0.3, gamma: float | str = "scale", compact: str | None = None) -> None:
        self.alpha = alpha
        self.gamma = gamma
        self.compact = compact

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None, soft_labels: Any = None) -> Self:
        """Solve the equations.

        Parameters
        ----------
        X : array_like of float, shape (n, d)
        y : array_like, shape (n,)
            Labels.
        sample_weight : array_like, shape (n,), optional
            Weights of the rows' squared errors, 0 or more.
        groups : array_like, shape (n,), optional
            Rows of one group, such as the views of a face, follow each other and have one label and one weight. The kernel of
            two groups is the mean over all pairs of their rows.
        soft_labels : array_like of float, shape (n, labels), optional
            Probability of each label 0, 1, ... in each row; rows sum to 1. Learnt instead of `y`.

        Returns
        -------
        self

        Raises
        ------
        ValueError, ParameterError
            For a parameter out of its range; for more rows than fit into the machine's memory.
        """
        from sklearn.utils.validation import _check_sample_weight, validate_data

        X, y = validate_data(self, X, y, dtype=np.float32)
        self._check_parameters()
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        kept = weights > 0
        self.classes_, targets = make_targets(y[kept], None if soft_labels is None else np.asarray(soft_labels)[kept])
        X, weights = X[kept], weights[kept]
        check_two_classes(self.classes_)
        self.gamma_ = scale_gamma(X, weights) if self.gamma == "scale" else float(self.gamma)
        starts = np.arange(len(X)) if groups is None else _find_starts(np.asarray(groups)[kept])
        self._solve(X, starts, targets[starts], weights[starts])
        self._keep(X)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array_like, shape (n, d)

        Returns
        -------
        ndarray of float64, shape (n, classes)
            Columns in the order of `classes_`; rows sum to 1.
            The estimates by least squares, raised to 0.03 and divided by their sum; not calibrated.
        """
        scores = np.maximum(self._sum_kernels(X), LEAST_ESTIMATE)
        return scores / scores.sum(axis=1, keepdims=True)

    def _check_parameters(self) -> None:
        check_compact(self.compact)
        if not self.alpha > 0:
            raise ValueError(f"alpha={self.alpha} is not above 0")

    def _solve(self, X: NDArray[np.float32], starts: NDArray[np.int64], targets: Floats, weights: Floats) -> None:
        """Set `intercept_` and `coef_`."""
        from scipy.linalg import cho_factor, cho_solve
        _check_memory(len(starts))
        self.intercept_ = np.average(targets, axis=0, weights=weights).astype(np.float32)
        blocks = -(-len(starts) // KERNEL_ROWS)
        kernel = average_kernel(X, starts, self.gamma_,
                                lambda firsts: bar(firsts, total=blocks, desc="computing kernel", unit=" blocks"))
        kernel[np.diag_indices(len(starts))] += self.alpha / weights
        factor = cho_factor(kernel, overwrite_a=True, check_finite=False)
        coef = cho_solve(factor, (targets - self.intercept_).astype(np.float32), check_finite=False)
        sizes = np.diff([*starts, len(X)])
        self.coef_ = np.repeat(coef / sizes[:, None], sizes, axis=0).astype(np.float32)


def _find_starts(groups: NDArray[Any]) -> NDArray[np.int64]:
    """Return where each group of rows starts (int array)."""
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    if len(starts) > len(np.unique(groups)):
        raise ValueError("the rows of a group do not follow each other")
    return starts


def _check_memory(rows: int) -> None:
    """Raise ParameterError if the kernel of so many rows is larger than this machine's memory."""
    needed, size = 4 * rows**2, find_memory_size()
    if size is not None and needed > 0.8 * size:
        raise ParameterError(f"kernel-ridge: the kernel of {rows:,} rows takes {needed / GIB:.1f} GiB, and this machine has "
                             f"{size / GIB:.1f} GiB; train on fewer rows (--limit), or take svm")


def kernel_ridge(seed: int = 0, pca: int | None = None, compact: str | None = "float16", **params: Any) -> Pipeline:
    """Make a kernel ridge regression of the classes (`KernelRidgeClassifier`) behind standardisation.

    Parameters
    ----------
    seed : int
        Only used by `pca`.
    pca : int, from 1, optional
        Keep that many principal components instead of standardising, for features with thousands of columns.
    compact : {"float16", "int8"}, optional
        How the training rows and the principal components are kept: int8 takes half the room of float16. None keeps float32
        rows.
    **params
        Parameters of `KernelRidgeClassifier`.

    Returns
    -------
    Pipeline, unfitted
    """
    return make_pipeline(*make_preprocessing(pca, seed=seed, compact=compact or "float16"),
                         KernelRidgeClassifier(compact=compact, **params))
