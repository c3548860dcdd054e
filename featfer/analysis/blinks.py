"""Blinks of one person, from how open the eyes are in each frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featfer.errors import ParameterError
from featfer.typing import Mask

OPEN = 0.9      # quantile of the eye aspect ratio within WINDOW that counts as this person's open eyes
WINDOW = 20     # seconds around a frame
SHUT = 0.4      # the aspect ratio of shut eyes, as dlib's landmarks show them, over that of open ones
MOST = 5        # AU45 of shut eyes
CLOSED = 0.65   # in a blink the ratio falls below this, over that of open eyes: AU45 above 2.9
SHORTEST, LONGEST = 0.05, 0.5  # seconds that the eyes are closed in a blink
LEAST_RATE = 15  # frames/s
GAP = 0.085     # seconds between two frames from which nobody saw what the eyes did: one missing frame of 25 frames/s is less


def find_blinks(seconds: ArrayLike, openness: ArrayLike) -> tuple[NDArray[np.float64], Mask]:
    """Find the blinks of one person in one film.

    Parameters
    ----------
    seconds : float array (n,)
        Times of the frames, increasing; not necessarily evenly.
    openness : float array (n,)
        Eye aspect ratio in each frame, the mean of both eyes (`featfer.faces.eyes.measure_eyes`); NaN where it is missing.

    Returns
    -------
    closure : float array (n,)
        AU45: how far the eyes are closed, from 0, as open as this person's open eyes, to 5, shut. NaN where openness is.
    is_blink : bool array (n,)
        Whether the eyes are closed in this frame, and in a blink.

    Raises
    ------
    ParameterError
        For times that do not increase, or not one for each ratio.

    Notes
    -----
    Open eyes are the 0.9 quantile of the ratio in the 20 s around a frame, so that persons, cameras and slow turns of the head
    make little difference. In a blink the ratio is below 0.65 of theirs for 0.05 to 0.5 s. Longer closures are closed eyes or
    a lowered gaze, not blinks; shorter ones are errors of the landmarks. A closure beside a gap of more than 0.085 s is not
    counted, since nobody saw it begin or end. Below 15 frames/s blinks fall between the frames, and none is claimed.

    References
    ----------
    Soukupova and Cech 2016, "Real-time eye blink detection using facial landmarks"; Caffier et al. 2003 (how long blinks last).
    """
    seconds, openness = np.asarray(seconds, float), np.asarray(openness, float)
    if seconds.shape != openness.shape or seconds.ndim != 1 or (np.diff(seconds) <= 0).any():
        raise ParameterError(f"seconds must increase, one for each openness; got {seconds.shape} and {openness.shape}")
    relative, is_blink, known = np.full(len(seconds), np.nan), np.zeros(len(seconds), bool), np.isfinite(openness)
    relative[known] = openness[known] / _open_eyes(seconds[known], openness[known])
    is_blink[known] = _mark_blinks(seconds[known], relative[known] < CLOSED)
    return (MOST * (1 - relative) / (1 - SHUT)).clip(0, MOST), is_blink


def _open_eyes(seconds: NDArray[np.float64], openness: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the aspect ratio of open eyes around each time."""
    import pandas as pd
    series = pd.Series(openness, index=pd.to_timedelta(seconds, unit="s"))
    return np.maximum(series.rolling(f"{WINDOW}s", center=True).quantile(OPEN).to_numpy(), np.finfo(float).tiny)


def _mark_blinks(seconds: NDArray[np.float64], is_closed: Mask) -> Mask:
    """Return which of the known frames are in closures that last as long as a blink and are seen from before to after."""
    marked, steps = np.zeros(len(seconds), bool), np.diff(seconds)
    if not len(steps) or np.median(steps) > 1 / (LEAST_RATE - 0.5):
        return marked
    edges = np.flatnonzero(np.diff(is_closed.astype(int))) + 1  # where a closure begins or has ended
    starts, ends = (edges[is_closed[edges] == side] for side in (True, False))
    for start in starts:
        which = np.searchsorted(ends, start)
        if which == len(ends):
            break
        end = ends[which]
        lasts = (seconds[end] + seconds[end - 1] - seconds[start] - seconds[start - 1]) / 2
        marked[start:end] = SHORTEST <= lasts <= LONGEST and steps[start - 1:end].max() <= GAP
    return marked
