"""Smoothing of measures by time, so that it means the same at every frame rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

REACH = 4  # standard deviations; what is farther weighs less than 0.0004
GAP, GAP_IN_FRAMES = 1.0, 3  # seconds, and usual intervals between frames: what is longer than both is a gap


def find_gap(times: NDArray[np.float64]) -> float:
    """Return the shortest time between frames, in seconds, that is a gap: over 1 s, and over 3 usual intervals.

    Parameters
    ----------
    times : ndarray of float, (n,)
        Of all frames of a film, ascending.

    Returns
    -------
    float
    """
    return max(GAP, GAP_IN_FRAMES * float(np.median(np.diff(times)))) if len(times) > 1 else GAP


def last_until_next(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how long each frame lasts: until the next; at the end, and before a gap, the median of the intervals.

    Parameters
    ----------
    times : ndarray of float, (n,)
        Of all frames of a film in seconds, ascending.

    Returns
    -------
    ndarray of float, (n,)
        In seconds; 0 for a film of a single frame.
    """
    steps = np.diff(times)
    if not len(steps):
        return np.zeros(len(times))
    usual = float(np.median(steps))
    return np.append(np.where(steps > find_gap(times), usual, steps), usual)


def smooth(values: ArrayLike, times: NDArray[np.float64], seconds: NDArray[np.float64], gap: float,
           width: float) -> NDArray[np.float64]:
    """Smooth columns of values with a Gaussian in time.

    Parameters
    ----------
    values : ndarray of float, (n, columns)
        NaN where unknown; stays NaN there and counts for nothing elsewhere.
    times : ndarray of float, (n,)
        In seconds, ascending.
    seconds : ndarray of float, (n,)
        How long each row lasts: its weight, so that variable frame rates are right.
    gap : float
        Nothing passes between rows that lie more than this many seconds apart.
    width : float
        Standard deviation of the Gaussian in seconds; 0 for no smoothing.

    Returns
    -------
    ndarray of float, (n, columns)
    """
    values = np.asarray(values, float)
    if width <= 0 or len(values) < 2:
        return values.copy()
    piece = np.cumsum(np.append(0, np.diff(times) > gap))
    known = np.isfinite(values)
    filled, weigh = np.where(known, values, 0), np.where(seconds > 0, seconds, 1e-9)
    total, weight = filled * weigh[:, None], known * weigh[:, None]
    for shift in range(1, len(values)):
        distance = times[shift:] - times[:-shift]
        if distance.min() > REACH * width:
            break
        kernel = np.exp(-0.5 * (distance / width) ** 2) * (piece[shift:] == piece[:-shift]) * (distance <= REACH * width)
        for here, there in ((slice(None, -shift), slice(shift, None)), (slice(shift, None), slice(None, -shift))):
            of = (kernel * weigh[there])[:, None]
            total[here] += of * filled[there]
            weight[here] += of * known[there]
    return np.where(known, total / np.where(weight > 0, weight, 1), np.nan)
