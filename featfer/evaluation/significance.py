"""Whether one of two models is better on the same faces, or their difference may be chance."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from featfer.typing import Floats


def mcnemar(one: ArrayLike, other: ArrayLike) -> dict[str, Any]:
    """Compare two models on the same faces by McNemar's exact test.

    Parameters
    ----------
    one, other : array_like of bool, shape (n,)
        Whether each model was right about each face.

    Returns
    -------
    dict
        images; only_one and only_other (faces that only one of the models was right about); p, two-sided, from the binomial
        distribution, and 1.0 when there are no such faces.

    Notes
    -----
    McNemar 1947, "Note on the sampling error of the difference between correlated proportions or percentages".
    """
    from scipy.stats import binomtest
    one, other = np.asarray(one, bool), np.asarray(other, bool)
    only_one, only_other = int((one & ~other).sum()), int((other & ~one).sum())
    p = binomtest(only_one, only_one + only_other).pvalue if only_one + only_other else 1.0
    return {"images": len(one), "only_one": only_one, "only_other": only_other, "p": float(p)}


def correct_by_holm(p_values: Sequence[float] | Floats) -> list[float]:
    """Correct p-values for the number of comparisons.

    Parameters
    ----------
    p_values : sequence of float, (n,)

    Returns
    -------
    list of float, (n,)
        If those below a level are believed, the probability of believing in any difference that is none is at most this level.

    Notes
    -----
    Holm 1979, "A simple sequentially rejective multiple test procedure".
    """
    p_values = np.asarray(p_values, float)
    order = np.argsort(p_values, kind="stable")
    corrected = np.empty(len(p_values))
    corrected[order] = np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1))
    return np.minimum(corrected, 1).tolist()
