"""Two models on the same faces: is one better, or is it chance?"""

import numpy as np


def mcnemar(one, other):
    """Return which of two models is right alone how often, and how likely so uneven a share is by chance, as plain data.

    one, other: bool (n,), whether each was right about each face. p is two-sided and exact: the binomial test of McNemar (1947)
    over the faces that only one of them was right about; 1.0 where there are none.
    """
    from scipy.stats import binomtest
    one, other = np.asarray(one, bool), np.asarray(other, bool)
    only_one, only_other = int((one & ~other).sum()), int((other & ~one).sum())
    p = binomtest(only_one, only_one + only_other).pvalue if only_one + only_other else 1.0
    return {"images": len(one), "only_one": only_one, "only_other": only_other, "p": float(p)}
