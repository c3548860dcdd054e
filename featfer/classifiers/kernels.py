"""Sums of RBF kernels over stored rows, which kernel machines answer with."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featfer.classifiers.preprocessing import pack_columns, unpack_parts
from featfer.typing import Floats
from featfer.utils.estimators import multiply, read_rows

KERNEL_ROWS, KERNEL_COLUMNS = 1024, 2048  # of the kernel matrix computed at once: fits into the processor's caches
DTYPES = (np.float64, np.float32)  # input of either is not converted


class KernelSumMixin:
    """Sums the kernel ``k(x, z) = exp(-gamma |x - z|^2)`` over stored rows z, with coefficients.

    Attributes
    ----------
    support_vectors_ : ndarray, shape (s, d)
        The stored rows.
    steps_ : ndarray of float32, shape (d,)
        Only for int8: a column is that of `support_vectors_` times its step.
    coef_ : ndarray of float32, shape (s, outputs)
    intercept_ : ndarray of float32, shape (outputs,)
    gamma_ : float
    """

    compact: str | None
    support_vectors_: NDArray[Any]
    steps_: NDArray[np.float32]
    coef_: Floats
    intercept_: Floats
    gamma_: float

    def _sum_kernels(self, X: Any) -> NDArray[np.float64]:
        """Return the sums for rows (n, d): (n, outputs)."""
        X = read_rows(self, X, *DTYPES)
        sums = np.zeros((len(X), len(self.intercept_)))
        for _, (support, lengths, coef) in unpack_parts(self, self.support_vectors_, self._unpack, KERNEL_COLUMNS):
            if X.dtype != support.dtype:
                support = support.astype(X.dtype)
                lengths = (support * support).sum(axis=1)
            for start in range(0, len(X), KERNEL_ROWS):
                rows = X[start:start + KERNEL_ROWS]
                squares = (rows * rows).sum(axis=1)[:, None] + lengths - multiply(2 * rows, support.T)
                sums[start:start + KERNEL_ROWS] += np.exp(-self.gamma_ * np.maximum(squares, 0)) @ coef
        return sums + self.intercept_

    def _keep(self, support: Floats) -> None:
        """Set `support_vectors_`, and `steps_` if they are kept as int8."""
        if self.compact == "int8":
            support, self.steps_ = pack_columns(support)
        self.support_vectors_ = support.astype(self.compact or np.float32)

    def _unpack(self, part: slice) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]:
        """Return some stored rows, float32, their squared lengths, and their coefficients, float64."""
        support = self.support_vectors_[part]
        is_packed = support.dtype == np.int8
        support = np.multiply(support, self.steps_, dtype=np.float32) if is_packed else support.astype(np.float32, copy=False)
        return support, (support * support).sum(axis=1), self.coef_[part].astype(np.float64)


def scale_gamma(X: Floats, weights: Floats | None = None) -> float:
    """Compute scikit-learn's gamma "scale": 1 / (features x variance of all values).

    Parameters
    ----------
    X : ndarray of float, shape (n, d)
    weights : ndarray of float, shape (n,), optional
        Weights of the rows.

    Returns
    -------
    float
        1.0 when X is constant.
    """
    if weights is None:
        variance = X.var(dtype=np.float64)
    else:
        mean = np.average(X.mean(axis=1, dtype=np.float64), weights=weights)
        variance = np.average(((X - mean) ** 2).mean(axis=1), weights=weights)
    return 1.0 / (X.shape[1] * variance) if variance > 0 else 1.0


def average_kernel(X: NDArray[np.float32], starts: Sequence[int] | NDArray[np.int64], gamma: float,
                   progress: Any = iter) -> NDArray[np.float32]:
    """Compute the RBF kernel between groups of rows: the mean over all pairs of a row of the one and a row of the other.

    Parameters
    ----------
    X : ndarray of float32, shape (n, d)
        The rows of a group follow each other.
    starts : sequence of int, shape (g,)
        Where each group starts, rising from 0.
    gamma : float
    progress : callable
        Wraps the starts of the blocks of groups, such as a progress bar.

    Returns
    -------
    ndarray of float32, shape (g, g)
        In Fortran order. Only the part on and above the diagonal is filled.
    """
    starts = np.asarray(starts)
    sizes = np.diff([*starts, len(X)]).astype(np.float32)
    lengths = np.einsum("ij,ij->i", X, X)
    kernel = np.empty((len(starts), len(starts)), np.float32)
    for first in progress(range(0, len(starts), KERNEL_ROWS)):
        groups = starts[first:first + KERNEL_ROWS]
        last = first + len(groups)
        end = starts[last] if last < len(starts) else len(X)
        block = X[groups[0]:end] @ (-2 * X[:end].T)
        block += lengths[groups[0]:end, None]
        block += lengths[:end]
        np.maximum(block, 0, out=block)
        block *= -gamma
        np.exp(block, out=block)
        if len(starts) < len(X):
            block = np.add.reduceat(np.add.reduceat(block, groups - groups[0], axis=0), starts[:last], axis=1)
            block /= sizes[first:last, None] * sizes[:last]
        kernel[first:last, :last] = block
    return kernel.T
