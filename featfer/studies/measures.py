"""The measures of a recording: how much of each expression, how often, how long, and what else moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featfer.studies.events import Event, find_events
from featfer.studies.reading import AFFECT, HEAD

if TYPE_CHECKING:
    from featfer.studies.recordings import Recording

Measure: TypeAlias = tuple[str, str, float, str]
"""A measure, what it is of, its value and the unit."""

ACTIVE_UNIT = 1.0  # the intensity above which an action unit counts as active: FACS level A


def list_events(recording: Recording, threshold: float) -> list[tuple[str, Event]]:
    """List the events of all expressions in a recording.

    Parameters
    ----------
    recording : Recording
        Smoothed.
    threshold : float

    Returns
    -------
    list of (str, Event)
        Each with its expression.
    """
    times, seconds = (recording.faces[name].to_numpy(float) for name in ("time_s", "seconds"))
    times = np.maximum(times, recording.stretch.start)
    return [(name, event) for name in recording.expressions
            for event in find_events(times, seconds, recording.smoothed[name], threshold)]


def measure(recording: Recording, events: list[tuple[str, Event]], threshold: float) -> Iterator[Measure]:
    """Measure a recording.

    Parameters
    ----------
    recording : Recording
        Smoothed.
    events : list of (str, Event)
        Of the recording.
    threshold : float
        A probability.

    Yields
    ------
    (str, str, float, str)
        Measure, name, value and unit; a value is NaN where it is unknown.
    """
    yield from (("time", "recorded", recording.recorded, "s"), ("time", "seen", recording.seen, "s"),
                ("time", "missing", recording.missing, "share"))
    faces, seconds = recording.faces, recording.faces["seconds"].to_numpy(float)
    labels = faces["label"]
    for name in recording.expressions:
        yield "mean_probability", name, _average(faces[name], seconds), "probability"
    for name in [*recording.expressions, *sorted(set(labels.dropna()) - set(recording.expressions))]:
        yield "label_share", name, _average((labels == name).where(labels.notna()), seconds), "share"
    for name in recording.expressions:
        is_there = _compare(recording.smoothed[name], threshold, np.greater_equal)
        yield "threshold_share", name, _average(is_there, seconds), "share"
    for name in recording.expressions:
        lengths = [event.offset - event.onset for of, event in events if of == name]
        yield "event_rate", name, _per_minute(len(lengths), recording.seen), "per minute"
        yield "event_duration", name, float(np.mean(lengths)) if lengths else np.nan, "s"
    for name in recording.units:
        yield "au_intensity", name, _average(faces[name], seconds), "0 to 5"
        yield "au_share", name, _average(_compare(recording.smoothed[name], ACTIVE_UNIT, np.greater), seconds), "share"
    for name in AFFECT:
        if name in faces.columns:
            yield "affect", name, _average(faces[name], seconds), "-1 to 1"
    yield from _measure_movements(recording, seconds)


def _measure_movements(recording: Recording, seconds: NDArray[np.float64]) -> Iterator[Measure]:
    faces = recording.faces
    if "blink" in faces.columns:
        closed = faces["blink"].to_numpy(float)
        follows = np.diff(faces["time_s"].to_numpy(float)) <= recording.gap
        blinks = int(((closed[1:] > 0.5) & (closed[:-1] < 0.5) & follows).sum())
        yield "blink_rate", "blink", _per_minute(blinks, float(seconds[np.isfinite(closed)].sum())), "per minute"
    if set(HEAD) <= set(faces.columns):
        steps = np.diff(np.stack([recording.smoothed[name] for name in HEAD], axis=1), axis=0)
        took = np.diff(faces["time_s"].to_numpy(float))
        known = np.isfinite(steps).all(axis=1) & (took <= recording.gap)
        passed = took[known].sum()
        for name, moved in (*zip(HEAD, np.abs(steps).T, strict=True), ("all", np.linalg.norm(steps, axis=1))):
            yield "head_motion", name, float(moved[known].sum() / passed) if passed > 0 else np.nan, "degrees/s"


def _average(values: ArrayLike, seconds: NDArray[np.float64]) -> float:
    """Return the mean over time, NaN if nothing is known."""
    values = np.asarray(values, float)
    known = np.isfinite(values) & (seconds > 0)
    return float(np.average(values[known], weights=seconds[known])) if known.any() else np.nan


def _compare(values: NDArray[np.float64], level: float, is_above: Callable[..., Any]) -> NDArray[np.float64]:
    return np.where(np.isfinite(values), is_above(values, level), np.nan)


def _per_minute(count: int, seconds: float) -> float:
    return 60 * count / seconds if seconds > 0 else np.nan
