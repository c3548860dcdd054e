"""A person in a stretch of a film: the rows of the face, how long each lasts, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featfer.studies.conditions import Stretch
from featfer.studies.reading import HEAD, list_expressions, list_units
from featfer.studies.smoothing import find_gap, last_until_next, smooth

if TYPE_CHECKING:
    import pandas as pd


@dataclass
class Recording:
    """A person in a stretch of a film.

    Attributes
    ----------
    stretch : Stretch
    frames : pandas.DataFrame
        All frames of the film in the stretch: frame, time_s, and seconds, how long each lasts in the stretch.
    faces : pandas.DataFrame
        The rows of the person there, by time, with `seconds`. A baseline is subtracted from them.
    smoothed : dict of str to ndarray of float
        Smoothed columns of `faces`: expressions, action units and the head's angles.
    gap : float
        Between rows farther apart, in seconds, nothing is smoothed or joined.
    expressions, units : list of str
        Names of the columns.
    """

    stretch: Stretch
    frames: pd.DataFrame
    faces: pd.DataFrame
    gap: float
    expressions: list[str]
    units: list[str]
    smoothed: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def recorded(self) -> float:
        """Seconds of film in the stretch (float)."""
        return float(self.frames["seconds"].sum())

    @property
    def end(self) -> float:
        """Where the stretch, or the film in it, ends, in seconds of the film (float)."""
        last = (self.frames["time_s"] + self.frames["seconds"]).max() if len(self.frames) else self.stretch.start
        return float(min(self.stretch.end, last))

    @property
    def seen(self) -> float:
        """Seconds in which the face was seen (float)."""
        return float(self.faces["seconds"].sum())

    @property
    def missing(self) -> float:
        """Share of the seconds in which the face was not seen (float, NaN if nothing was recorded)."""
        return 1 - self.seen / self.recorded if self.recorded > 0 else np.nan

    def smooth(self, width: float) -> None:
        """Smooth expressions, action units and the head's angles, once a baseline is subtracted.

        Parameters
        ----------
        width : float
            Standard deviation of the Gaussian in seconds.
        """
        names = [*self.expressions, *self.units, *(name for name in HEAD if name in self.faces.columns)]
        values = smooth(self.faces[names].to_numpy(float), self.faces["time_s"].to_numpy(float),
                        self.faces["seconds"].to_numpy(float), self.gap, width)
        self.smoothed = dict(zip(names, values.T, strict=True))

    def list_missing(self) -> list[tuple[float, float]]:
        """List when the face was not seen, as (start, end) in seconds of the film."""
        seen = set(self.faces["frame"])
        times, seconds = self.frames["time_s"].to_numpy(float), self.frames["seconds"].to_numpy(float)
        spans: list[tuple[float, float]] = []
        for frame, start, lasts in zip(self.frames["frame"], times, seconds, strict=True):
            if frame not in seen:
                if spans and start - spans[-1][1] < 1e-6:
                    spans[-1] = spans[-1][0], start + lasts
                else:
                    spans.append((start, start + lasts))
        return spans


def cut_recording(table: pd.DataFrame, stretch: Stretch) -> Recording:
    """Cut what belongs to a stretch out of a table.

    Parameters
    ----------
    table : pandas.DataFrame
        As `featfer.studies.reading.read_tables` returns it.
    stretch : Stretch

    Returns
    -------
    Recording
        Not yet smoothed. A frame that begins before the stretch or ends after it counts for the part within.
    """
    film = table[table["film"] == stretch.film]
    frames = film[["frame", "time_s"]].drop_duplicates("frame").sort_values("time_s", kind="stable").reset_index(drop=True)
    times = frames["time_s"].to_numpy(float)
    ends = np.minimum(times + last_until_next(times), stretch.end)
    frames["seconds"] = np.maximum(ends - np.maximum(times, stretch.start), 0)
    is_within = (frames["seconds"] > 0) | ((times >= stretch.start) & (times < stretch.end))
    frames = frames[is_within].reset_index(drop=True)
    faces = film[film["person"] == stretch.person] if stretch.person is not None else film.iloc[:0]
    faces = faces.sort_values(["frame", "score"], ascending=[True, False], kind="stable").drop_duplicates("frame")
    faces = faces.merge(frames[["frame", "seconds"]], on="frame").sort_values("time_s", kind="stable").reset_index(drop=True)
    return Recording(stretch, frames, faces, find_gap(times), list_expressions(table), list_units(table))
