"""What a classifier of several outputs learns: the probability of each class in each row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def make_targets(y: Any, soft_labels: Any = None) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """Return the classes that there are, and their probabilities in each row.

    Parameters
    ----------
    y : array_like, shape (n,)
        Labels.
    soft_labels : array_like of float, shape (n, labels), optional
        Probability of each label 0, 1, ... in each row; rows sum to 1. Taken instead of `y`.

    Returns
    -------
    classes : ndarray, shape (classes,)
        Sorted; of soft labels, those above 0 in any row.
    targets : ndarray of float32, shape (n, classes)
        Rows sum to 1; without soft labels, the row's class has all.

    Raises
    ------
    ValueError
        When `y` holds no classes.
    """
    from sklearn.utils.multiclass import check_classification_targets

    if soft_labels is None:
        check_classification_targets(y)
        classes, codes = np.unique(y, return_inverse=True)
        return classes, np.eye(len(classes), dtype=np.float32)[codes]
    soft_labels = np.asarray(soft_labels, np.float32)
    classes = np.flatnonzero(soft_labels.any(axis=0))
    return classes, soft_labels[:, classes]
