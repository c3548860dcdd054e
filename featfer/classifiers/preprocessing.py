"""Preprocessing before a classifier: standardisation or principal components, fitted on the training rows alone."""

from collections.abc import Callable, Iterable
from typing import Any, Self, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from featfer.typing import Floats
from featfer.utils.estimators import FEW, Estimator, multiply, read_rows
from featfer.utils.transformers import TransformerMixin

BLOCK_ROWS = 2048  # rows projected at once
PART_AXES = 256    # onto which a few rows are projected at once
COMPACT = ("float16", "int8")  # how axes, rows and weights may be kept
EXTRA_AXES = 64    # computed beyond those asked for, which makes these accurate enough (Halko et al. 2011)


class PrincipalComponents(TransformerMixin, Estimator):
    """Principal components of wide features, by a randomised decomposition of a sample of the rows.

    float32 input is not copied as a whole.

    Parameters
    ----------
    n : int
        Number of components.
    sample : int
        Most rows, chosen at random, to compute the axes from. The mean is that of all rows.
    whiten : bool
        Scale every component to unit variance.
    compact : {"float16", "int8"}
        How the axes are kept. int8 takes half the room; an axis then has steps of a 127th of its largest value.
    random_state : int, optional

    Attributes
    ----------
    mean_ : ndarray of float32, shape (d,)
    components_ : ndarray of float16 or int8, shape (n, d)
        Orthonormal rows, in order of decreasing variance; those of int8 are divided by `steps_`.
    steps_ : ndarray of float32, shape (n, 1)
        Only with int8.
    variances_ : ndarray of float32, shape (n,)
        Variances of the sample along the components.

    Notes
    -----
    Jolliffe 2002, "Principal component analysis"; Halko et al. 2011, "Finding structure with randomness".
    """

    def __init__(self, n: int = 2, sample: int = 10000, whiten: bool = False, compact: str = "float16",
                 random_state: int | None = None) -> None:
        self.n = n
        self.sample = sample
        self.whiten = whiten
        self.compact = compact
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Compute the mean and the components.

        Parameters
        ----------
        X : array_like of float, shape (rows, d)
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            When there are fewer than `n` rows or columns.
        """
        from sklearn.utils import check_random_state
        from sklearn.utils.extmath import randomized_svd
        from sklearn.utils.validation import validate_data
        X = validate_data(self, X, dtype=np.float32)
        rng = check_random_state(self.random_state)
        rows = rng.permutation(len(X))[:self.sample]
        if not 0 < self.n <= min(len(rows), X.shape[1]):
            raise ValueError(f"n={self.n} principal components of n_samples={len(rows)} rows with n_features={X.shape[1]}")
        if self.compact not in COMPACT:
            raise ValueError(f"compact={self.compact!r} is none of {', '.join(COMPACT)}")
        self.mean_ = X.mean(axis=0, dtype=np.float64).astype(np.float32)
        _, lengths, axes = randomized_svd(X[np.sort(rows)] - self.mean_, self.n, n_oversamples=EXTRA_AXES, random_state=rng)
        self._keep_axes(axes)
        self.variances_ = (lengths**2 / len(rows)).astype(np.float32)
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Project rows onto the components.

        Parameters
        ----------
        X : array_like of float, shape (rows, d)

        Returns
        -------
        ndarray of float32, shape (rows, n)
        """
        X = read_rows(self, X, np.float32)
        result = np.empty((len(X), self.n), np.float32)
        at_once = PART_AXES if len(X) <= FEW else self.n
        for part, axes in unpack_parts(self, self.components_, self._unpack_axes, at_once):
            for start in range(0, len(X), BLOCK_ROWS):
                block = slice(start, start + BLOCK_ROWS)
                result[block, part] = multiply(X[block] - self.mean_, axes.T)
        return result / np.sqrt(np.maximum(self.variances_, np.finfo(np.float32).tiny)) if self.whiten else result

    def _keep_axes(self, axes: Floats) -> None:
        """Set `components_`, and `steps_` if they are kept as int8."""
        if self.compact == "int8":
            self.steps_ = (np.abs(axes).max(axis=1, keepdims=True) / 127).astype(np.float32)
            axes = (axes / self.steps_).round()
        self.components_ = axes.astype(self.compact)

    def _unpack_axes(self, part: slice) -> NDArray[np.float32]:
        axes = self.components_[part].astype(np.float32)
        if hasattr(self, "steps_"):
            axes *= self.steps_[part]
        return axes

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({"compact": "float16", **state})  # bundles of earlier versions do not have it

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the components, such as "principalcomponents0", an object array (n,)."""
        from sklearn.base import ClassNamePrefixFeaturesOutMixin
        return ClassNamePrefixFeaturesOutMixin.get_feature_names_out(self, input_features)

    @property
    def _n_features_out(self) -> int:
        return self.n

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def check_compact(compact: str | None) -> None:
    """Raise ValueError for a type in which rows or weights cannot be kept.

    Parameters
    ----------
    compact : str or None
        One of COMPACT, or None for float32.
    """
    if compact not in (None, *COMPACT):
        raise ValueError(f"compact={compact!r} is none of None, 'float16' and 'int8'")


def pack_columns(values: Floats) -> tuple[Floats, NDArray[np.float32]]:
    """Divide columns by steps of their own, so that they fit into int8.

    Parameters
    ----------
    values : ndarray of float, shape (n, d)

    Returns
    -------
    packed : ndarray of float, shape (n, d)
        Whole numbers from -127 to 127.
    steps : ndarray of float32, shape (d,)
        `packed` times `steps` is `values` but for half a step.
    """
    largest = np.abs(values).max(axis=0)
    steps = (np.where(largest > 0, largest, 1) / 127).astype(np.float32)
    return np.round(values / steps), steps


def check_two_classes(classes: NDArray[Any]) -> None:
    """Raise ValueError when there are fewer than two classes to learn.

    Parameters
    ----------
    classes : ndarray, shape (classes,)
    """
    if len(classes) < 2:
        raise ValueError(f"a classifier needs samples of 2 classes at least; this has 1 class: {classes[0]}")


def make_preprocessing(pca: int | None = None, scale: bool = True, whiten: bool = False, seed: int = 0,
                       compact: str = "float16") -> list[Any]:
    """Make the transformers that precede a classifier.

    Parameters
    ----------
    pca : int, optional
        Keep that many principal components.
    scale : bool
        Without `pca`: give every column mean 0 and variance 1.
    whiten : bool
        Give the principal components unit variance. Leave it off for classifiers that measure distances: there the variances
        carry information.
    seed : int
    compact : {"float16", "int8"}
        How the principal components are kept.

    Returns
    -------
    list of transformers, empty or with one item
    """
    if pca is not None:
        return [PrincipalComponents(pca, whiten=whiten, compact=compact, random_state=seed)]
    if not scale:
        return []
    from sklearn.preprocessing import StandardScaler
    return [StandardScaler()]


_UNPACKED: WeakKeyDictionary[Any, tuple[Any, Any]] = WeakKeyDictionary()
Unpacked = TypeVar("Unpacked")


def unpack_parts(estimator: object, array: NDArray[Any], unpack: Callable[[slice], Unpacked],
                 rows: int) -> Iterable[tuple[slice, Unpacked]]:
    """Unpack a packed array of an estimator in parts.

    The first time, each part is unpacked when its turn comes, so that one prediction needs little memory. The second time, all
    parts are kept in memory as long as the estimator, but outside of it, so that saved files do not grow.

    Parameters
    ----------
    estimator : object
    array : ndarray
        Its packed array, compared by identity: another array is new.
    unpack : callable
        Function of the rows of a part, a slice.
    rows : int
        Of a part.

    Returns
    -------
    iterable of tuple (slice, the result of `unpack`)
        To be gone through once.
    """
    starts = range(0, len(array), rows)
    parts = ((part, unpack(part)) for part in (slice(start, start + rows) for start in starts))
    known, kept = _UNPACKED.get(estimator, (None, None))
    if known is not array:
        _UNPACKED[estimator] = array, None
        return parts
    if kept is None:
        _, kept = _UNPACKED[estimator] = array, list(parts)
    return kept
