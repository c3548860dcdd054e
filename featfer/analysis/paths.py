"""Where faces are in the frames of a film, between the rows of its tidy table and around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featfer.analysis.reading import Table, read_columns
from featfer.errors import ParameterError
from featfer.features.measures import POINTS
from featfer.prediction.formats import BOX, list_expressions
from featfer.typing import Box, Floats

if TYPE_CHECKING:
    import pandas as pd

HOLD = 1.0  # seconds before a track and after it in which its face may be in the film


@dataclass(frozen=True)
class PathFace:
    """A face in a frame.

    Attributes
    ----------
    track : int
        The number of the person, else of the track.
    box : (float, float, float, float)
        Left, top, right and bottom in pixels.
    label : str
    probabilities : dict
        {expression: probability}
    points : float array (68, 2) or None
    """

    track: int
    box: Box
    label: str
    probabilities: dict[str, float]
    points: NDArray[np.float32] | None


class FacePath:
    """The rows of one track.

    Parameters
    ----------
    number : int
        Of its person, else its own.
    rows : pandas.DataFrame
        Sorted by frame.
    names : list of str
        The expressions.
    with_points : bool
    """

    def __init__(self, number: int, rows: pd.DataFrame, names: list[str], with_points: bool) -> None:
        self.number, self._names = number, names
        self.frames, self.seconds = rows["frame"].to_numpy(int), rows["time_s"].to_numpy(float)
        self._boxes = rows[list(BOX)].to_numpy(float)
        self._labels, self._shares = rows["label"].to_numpy(object), rows[names].to_numpy(float) if names else None
        self._points = rows[list(POINTS)].to_numpy(np.float32).reshape(-1, 68, 2) if with_points else None

    def cover(self, number: int, seconds: float, hold: float) -> tuple[Box, float] | None:
        """Return what covers the face in a frame: a box, and the seconds since it was seen or until it is; None if it is away.

        Between two rows the box holds both of theirs.
        """
        after = int(np.searchsorted(self.frames, number))
        is_there = after < len(self.frames) and self.frames[after] == number
        near = [after] if is_there else [at for at in (after - 1, after) if 0 <= at < len(self.frames)]
        unseen = 0.0 if is_there else min(abs(seconds - self.seconds[at]) for at in near)
        if len(near) == 1 and unseen > hold:
            return None
        boxes = self._boxes[near]
        return (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)), unseen

    def find_face(self, number: int) -> PathFace | None:
        """Return the PathFace in a frame, or None; between two rows its place is interpolated, the rest is of the earlier."""
        after = int(np.searchsorted(self.frames, number))
        if after == len(self.frames) or (after == 0 and self.frames[0] != number):
            return None
        before = after if self.frames[after] == number else after - 1
        share = (number - self.frames[before]) / max(1, self.frames[after] - self.frames[before])

        def place(values: Floats) -> Floats:
            return (1 - share) * values[before] + share * values[after]
        probabilities = {} if self._shares is None else dict(zip(self._names, self._shares[before].tolist(), strict=True))
        return PathFace(self.number, tuple(place(self._boxes).tolist()), self._labels[before], probabilities,
                        None if self._points is None else place(self._points))


class FacePaths:
    """The tracks of a film.

    Parameters
    ----------
    paths : list of FacePath
    hold : float
        Seconds around a track in which its face is covered.
    last_frame : int
        The last in the table; -1 without rows.
    """

    def __init__(self, paths: list[FacePath], hold: float, last_frame: int) -> None:
        self._paths, self._hold, self.last_frame = paths, hold, last_frame
        self._begins = np.array([path.seconds[0] - hold for path in paths])
        self._ends = np.array([path.seconds[-1] + hold for path in paths])

    def cover(self, number: int, seconds: float) -> Iterator[tuple[Box, float]]:
        """Yield (box, seconds since its face was seen or until it is) of each face that may be in a frame."""
        for path in self._list_near(seconds):
            if (found := path.cover(number, seconds, self._hold)) is not None:
                yield found

    def find_faces(self, number: int, seconds: float) -> Iterator[PathFace]:
        """Yield the PathFace of each track that is in a frame."""
        for path in self._list_near(seconds):
            if (face := path.find_face(number)) is not None:
                yield face

    def _list_near(self, seconds: float) -> list[FacePath]:
        near = np.flatnonzero((self._begins <= seconds + HOLD) & (seconds - HOLD <= self._ends))
        return [self._paths[at] for at in near]


def read_paths(table: Table, with_points: bool = False, with_shares: bool = False) -> FacePaths:
    """Read the tracks of a film.

    Parameters
    ----------
    table
        As for `featfer.analysis.reading.read_columns`.
    with_points, with_shares : bool
        Whether landmarks and probabilities are read too.

    Returns
    -------
    FacePaths

    Raises
    ------
    ParameterError
        When the table has no landmarks, but they are wanted.

    Notes
    -----
    Where fewer frames than one in HOLD seconds were analyzed, faces are covered for as long as from one to the next.
    """
    names: list[str] = []

    def choose(columns: list[str]) -> list[str]:
        if with_points and not set(POINTS) <= set(columns):
            raise ParameterError("the table has no landmarks x1 to y68: analyze the film with --landmarks")
        names[:] = list_expressions(columns) if with_shares else []
        return ["frame", "time_s", "track", "person", *BOX, "label", *names, *(POINTS if with_points else ())]
    rows = read_columns(table, choose)
    times = rows["time_s"].drop_duplicates().to_numpy(float)
    hold = max(HOLD, float(np.median(np.diff(times)))) if len(times) > 1 else HOLD
    last = -1 if rows.empty else int(rows["frame"].iloc[-1])
    faces = rows[rows["left"].notna()]
    alone = faces["track"].isna()
    tracks = faces["track"].where(~alone, -1 - np.arange(len(faces))).astype("Int64")  # a row without a track is one of its own
    return FacePaths([FacePath(_find_number(track, found), found, names, with_points)
                      for track, found in faces.groupby(tracks, sort=True)], hold, last)


def _find_number(track: int, rows: pd.DataFrame) -> int:
    person = rows["person"].dropna() if "person" in rows else rows["track"].iloc[:0]
    return int(person.iloc[0]) if len(person) else abs(int(track))
