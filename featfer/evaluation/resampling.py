"""The bootstrap: how far figures vary from one sample of subjects to another."""

from collections.abc import Iterator

import numpy as np

from featfer.typing import Floats, Integers, Strings
from featfer.utils.progress import bar

LEVEL = 0.95  # of the intervals


def number_units(count: int, subjects: Strings | None = None) -> Integers:
    """Number what is drawn as a whole: the photos of one subject, and each photo of none by itself.

    Parameters
    ----------
    count : int
        Number of photos.
    subjects : ndarray of str, (count,), optional
        "" if unknown.

    Returns
    -------
    ndarray of int, (count,)
        From 0, without gaps.
    """
    if subjects is None:
        return np.arange(count)
    named = [(subject, 0) if subject else ("", row) for row, subject in enumerate(subjects.tolist())]
    numbers = {unit: number for number, unit in enumerate(dict.fromkeys(named))}
    return np.array([numbers[unit] for unit in named], int)


def draw_weights(units: Integers, draws: int, seed: int = 0) -> Iterator[Integers]:
    """Draw units with replacement, as many as there are.

    Parameters
    ----------
    units : ndarray of int, (n,)
        As `number_units` returns them.
    draws : int
    seed : int

    Yields
    ------
    ndarray of int, (n,)
        How often each row is in the sample.

    Notes
    -----
    Efron 1979, "Bootstrap methods: another look at the jackknife"; whole subjects are drawn because their photos resemble
    each other (Field and Welsh 2007, "Bootstrapping clustered data").
    """
    rng, count = np.random.default_rng(seed), int(units.max()) + 1
    for _ in bar(range(draws), desc="drawing samples", unit=" samples", delay=1):
        yield np.bincount(rng.integers(count, size=count), minlength=count)[units]


def find_interval(values: Floats) -> tuple[float | None, float | None]:
    """Return the percentile interval of a figure.

    Parameters
    ----------
    values : ndarray of float, (draws,)
        Its value in each sample, NaN where it is undefined.

    Returns
    -------
    tuple of float or None
        The lower and upper bound, at LEVEL; None if it is nowhere defined.

    Notes
    -----
    The percentile method of Efron and Tibshirani 1993, "An introduction to the bootstrap".
    """
    defined = values[~np.isnan(values)]
    if not len(defined):
        return None, None
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
