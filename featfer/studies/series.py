"""A person's measures as series at equal steps of time, to be related to another person's."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from featfer.errors import DataError, ParameterError
from featfer.prediction.formats import AFTER_EXPRESSIONS
from featfer.studies.reading import list_expressions, read_tables
from featfer.studies.smoothing import last_until_next
from featfer.utils.requiring import require_numbers

if TYPE_CHECKING:
    import pandas as pd

Source: TypeAlias = "str | Path | pd.DataFrame | tuple[str | Path | pd.DataFrame, int | None]"
"""A person in a film: a table, "TABLE:PERSON", or (table, person)."""

MOST_FILLED = 0.5  # seconds; shorter gaps are bridged by straight lines


@dataclass
class Track:
    """A person in a film.

    Attributes
    ----------
    name : str
        How texts call it: the film and the person.
    film : str
    person : int
    is_chosen : bool
        Whether the person is the one of several who is seen longest, as none was named.
    start, end : float
        Of the film, in seconds.
    interval : float
        Median seconds between frames.
    faces : pandas.DataFrame
        The person's rows, by time.
    """

    name: str
    film: str
    person: int
    is_chosen: bool
    start: float
    end: float
    interval: float
    faces: pd.DataFrame


def read_track(source: Source) -> Track:
    """Read a person's track from a table.

    Parameters
    ----------
    source : str, Path, pandas.DataFrame or tuple
        A table as `featfer.studies.reading.read_tables` takes it, "TABLE:PERSON", or (table, person).

    Returns
    -------
    Track
        Of the person seen in most frames if none is named.

    Raises
    ------
    DataError
        When the table holds several films or not the person.
    """
    table, wanted = _split(source)
    rows = read_tables(table)
    films = rows["film"].unique()
    if len(films) > 1:
        raise DataError(f"{films[0]} and {len(films) - 1} more films are in one table; give the table of one film")
    counts = rows["person"].value_counts().sort_index()
    if not len(counts):
        raise DataError(f"{films[0]}: no row has a person; nobody was seen long enough")
    person = int(counts.idxmax()) if wanted is None else int(wanted)
    if person not in counts.index:
        raise DataError(f"{films[0]}: no person {person}; it has {', '.join(map(str, counts.index))}")
    times = rows.drop_duplicates("frame")["time_s"].to_numpy(float)
    lasts = last_until_next(times)
    faces = rows[rows["person"] == person].drop_duplicates("frame")
    return Track(f"person {person} in {Path(films[0]).name}", films[0], person, wanted is None and len(counts) > 1,
                 float(times[0]), float(times[-1] + lasts[-1]), float(np.median(lasts)), faces)


def list_measures(track: Track) -> list[str]:
    """List the columns of a track that can be related: numbers between novelty and the landmarks.

    Parameters
    ----------
    track : Track

    Returns
    -------
    list of str
    """
    others = [name for name in track.faces.columns if AFTER_EXPRESSIONS.fullmatch(name) and name[0] not in "xy"]
    return [*list_expressions(track.faces), *others]


def choose_rate(tracks: list[Track], rate: float | None = None) -> float:
    """Return the samples per second for series: those asked for, else 10, or the lower frame rate if that is less.

    Parameters
    ----------
    tracks : list of Track
    rate : float, optional

    Returns
    -------
    float

    Raises
    ------
    ParameterError
    """
    if rate is None:
        return min(10.0, *(1 / track.interval if track.interval > 0 else 10.0 for track in tracks))
    require_numbers(rate=rate)
    if not 0 < rate <= 1000:
        raise ParameterError(f"rate {rate}: give samples per second above 0, such as 10")
    return float(rate)


def sample(track: Track, measure: str, start: float, count: int, rate: float, offset: float = 0.0) -> NDArray[np.float64]:
    """Sample a measure at equal steps of time, as the mean of the frames within each step.

    Parameters
    ----------
    track : Track
    measure : str
        A column.
    start : float
        Time of the first sample, in seconds.
    count : int
    rate : float
        Samples per second.
    offset : float
        Added to the times of the frames.

    Returns
    -------
    ndarray of float, (count,)
        NaN where the measure is unknown; gaps of up to MOST_FILLED seconds are bridged by straight lines.
    """
    values, times = track.faces[measure].to_numpy(float), track.faces["time_s"].to_numpy(float) + offset
    steps = np.floor((times - start) * rate + 1e-6).astype(int)
    known = np.isfinite(values) & (steps >= 0) & (steps < count)
    counts = np.bincount(steps[known], minlength=count)
    sums = np.bincount(steps[known], values[known], minlength=count)
    series = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    at = np.flatnonzero(counts)
    if len(at):
        filled = np.interp(np.arange(count), at, series[at])
        for before, after in itertools.pairwise(at):
            if 1 < after - before <= MOST_FILLED * rate + 1:
                series[before:after] = filled[before:after]
    return series


def _split(source: Source) -> tuple[str | Path | pd.DataFrame, int | None]:
    if isinstance(source, tuple):
        if len(source) != 2 or not isinstance(source[1], (Integral, type(None))):
            raise ParameterError(f"{source!r:.80}: give a table, or (table, number of the person)")
        return source
    if isinstance(source, str):
        table, _, person = source.rpartition(":")
        if table and person.isdecimal():
            return table, int(person)
    return source, None
