"""Windowed lagged cross-correlation of two series, and the same of pairs that never met."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from featfer.typing import Integers

LEAST_KNOWN = 0.8     # share of a window in which both series must be known
HIGHEST = 1 - 1e-6    # correlation; a larger one would have an infinite Fisher z
FLAT = 1e-3           # share of a series' standard deviation, below which a window does not vary


def correlate(a: NDArray[np.float64], b: NDArray[np.float64], width: int, step: int, lag: int) -> Iterator[NDArray[np.float64]]:
    """Correlate windows of one series with windows of another, for every pair of windows and every lag.

    Parameters
    ----------
    a, b : ndarray of float, (n,)
        Series at the same times; NaN where unknown.
    width, step, lag : int
        Samples of a window, between starts of windows, and of the largest lag.

    Yields
    ------
    ndarray of float, (windows, windows)
        For each lag from -lag to lag: Fisher's z of the correlation of window i of `a` with window j of `b`, which is moved by
        the lag. NaN where less than LEAST_KNOWN of the samples are known in both, or one does not vary.

    Notes
    -----
    Boker et al. 2002, "Windowed cross-correlation and peak picking for the analysis of variability in the association between
    behavioral time series", Psychological Methods 7(3). Window i begins at sample `lag + i * step`, so that it can be moved
    both ways.
    """
    starts = list_starts(len(a), width, step, lag)
    (a, in_a), (b, in_b) = _scale(a), _scale(b)
    of_a = [_cut(series, starts, width) for series in (a, a ** 2, in_a)]
    for moved in range(-lag, lag + 1):
        of_b = [_cut(series, starts + moved, width) for series in (b, b ** 2, in_b)]
        yield _compute_z(of_a, of_b, width)


def list_starts(count: int, width: int, step: int, lag: int) -> Integers:
    """Return the first samples of the windows in a series of `count` samples: ndarray of int, (windows,)."""
    return np.arange(lag, count - width - lag + 1, step)


def _scale(series: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a series with mean 0 and standard deviation 1, 0 where unknown, and where it is known (1) or not (0)."""
    known = np.isfinite(series)
    spread = np.std(series[known]) if known.any() else 0.0
    centred = series - (np.mean(series[known]) if known.any() else 0.0)
    return np.where(known, centred / spread if spread > 0 else 0.0, 0.0), known.astype(float)


def _cut(series: NDArray[np.float64], starts: Integers, width: int) -> NDArray[np.float64]:
    return series[starts[:, None] + np.arange(width)]


def _compute_z(of_a: list[NDArray[np.float64]], of_b: list[NDArray[np.float64]], width: int) -> NDArray[np.float64]:
    (a, aa, in_a), (b, bb, in_b) = of_a, of_b
    both = in_a @ in_b.T
    count = np.maximum(both, 1)
    sum_a, sum_b = a @ in_b.T, in_a @ b.T
    spread_a = aa @ in_b.T / count - (sum_a / count) ** 2
    spread_b = in_a @ bb.T / count - (sum_b / count) ** 2
    shared = a @ b.T / count - sum_a * sum_b / count ** 2
    is_defined = (both >= LEAST_KNOWN * width) & (spread_a > FLAT ** 2) & (spread_b > FLAT ** 2)
    r = np.where(is_defined, shared, np.nan) / np.sqrt(np.where(is_defined, spread_a * spread_b, 1))
    return np.arctanh(np.clip(r, -HIGHEST, HIGHEST))
