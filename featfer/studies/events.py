"""Events: the times at which an expression begins, is strongest and ends."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

OFF_SHARE = 0.6   # an event ends where the probability falls below this share of the threshold
SHORTEST = 0.2    # seconds; shorter events are none
JOIN = 0.2        # seconds; events that lie closer are one, and so is one across missing frames
ROUNDING = 1e-6   # seconds; times of frames are rounded to microseconds


class Event(NamedTuple):
    """An event, with times in seconds.

    Attributes
    ----------
    onset, apex, offset : float
        The first frame at or above the threshold, the first with the largest value, and the first below the lower threshold.
    peak : float
        The largest value.
    is_cut : bool
        Whether the face was not seen just before the onset or at the offset, so that the event may be longer.
    """

    onset: float
    apex: float
    offset: float
    peak: float
    is_cut: bool


def find_events(times: NDArray[np.float64], seconds: NDArray[np.float64], values: NDArray[np.float64],
                threshold: float = 0.5) -> list[Event]:
    """Find the events of one expression by two thresholds (hysteresis).

    Parameters
    ----------
    times, seconds : ndarray of float, (n,)
        When each frame in which the face was seen begins, ascending, and how long it lasts.
    values : ndarray of float, (n,)
        Smoothed probabilities; NaN where unknown.
    threshold : float
        An event begins at or above it, and ends below OFF_SHARE of it.

    Returns
    -------
    list of Event
        Those of SHORTEST seconds or more, after those less than JOIN seconds apart were joined.
    """
    known = np.isfinite(values)
    times, seconds, values = times[known], seconds[known], values[known]
    ends = times + seconds
    starts_anew = np.append(True, times[1:] - ends[:-1] > JOIN + ROUNDING)[:len(times)]
    found, begun = [], None
    for i, value in enumerate(values):
        if begun is not None and starts_anew[i]:
            found.append(_make_event(times, values, begun, i, ends[i - 1], True))
            begun = None
        if begun is None and value >= threshold:
            begun = i
        elif begun is not None and value < OFF_SHARE * threshold:
            found.append(_make_event(times, values, begun, i, times[i], starts_anew[begun]))
            begun = None
    if begun is not None:
        found.append(_make_event(times, values, begun, len(times), ends[-1], True))
    return [event for event in _join(found) if event.offset - event.onset >= SHORTEST - ROUNDING]


def _make_event(times: NDArray[np.float64], values: NDArray[np.float64], begin: int, end: int, offset: float,
                is_cut: bool) -> Event:
    apex = begin + int(np.argmax(values[begin:end]))
    return Event(float(times[begin]), float(times[apex]), float(offset), float(values[apex]), bool(is_cut))


def _join(events: list[Event]) -> list[Event]:
    joined: list[Event] = []
    for event in events:
        if joined and event.onset - joined[-1].offset < JOIN - ROUNDING:
            last = joined.pop()
            higher = last if last.peak >= event.peak else event
            event = Event(last.onset, higher.apex, event.offset, higher.peak, last.is_cut or event.is_cut)
        joined.append(event)
    return joined
