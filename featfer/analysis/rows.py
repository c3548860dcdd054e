"""The rows of films, once all are measured: tracks numbered, persons joined, blinks found."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from featfer.analysis.blinks import find_blinks
from featfer.analysis.parts import Arrays, Parts
from featfer.analysis.persons import TrackSamples, collect_tracks, join_tracks, split_tracks
from featfer.typing import Integers, Mask
from featfer.typing import Path as AnyPath

Numbers: TypeAlias = dict[int, tuple[list[int], list[int], list[int]]]


@dataclass(frozen=True)
class FilmRows:
    """The rows of a film. Iterate over it to get the arrays of each part with final track, person, closure and blink.

    Attributes
    ----------
    film : str
        Its name.
    parts : Parts
    numbers : dict
        {track while measuring: (first frames, tracks, persons)}: from each first frame on, the track has this number and this
        person; 0 for an unknown one.
    """

    film: str
    parts: Parts
    numbers: Numbers

    def __iter__(self) -> Iterator[Arrays]:
        (closure, is_blink), at = self._blinks, 0
        for arrays in self.parts:
            if "row" not in arrays:
                yield arrays
                continue
            track, person = self._number(arrays)
            end = at + len(track)
            yield {**arrays, "track": track, "person": person, "closure": closure[at:end], "blink": is_blink[at:end]}
            at = end

    def _number(self, arrays: Arrays) -> tuple[Integers, Integers]:
        """Return track and person of each face of a part, int (n,) each."""
        track, person = np.empty((2, len(arrays["row"])), int)
        for at, (before, frame) in enumerate(zip(arrays["track"].tolist(), arrays["numbers"][arrays["row"]].tolist(),
                                                 strict=True)):
            starts, tracks, persons = self.numbers[before]
            piece = bisect_right(starts, frame) - 1
            track[at], person[at] = tracks[piece], persons[piece]
        return track, person

    @cached_property
    def _blinks(self) -> tuple[NDArray[np.float64], Mask]:
        """How far the eyes of each face of the film are closed, and whether it blinks: float (n,) and bool (n,)."""
        whose, times, ratios = [], [], []
        for arrays in self.parts:
            if "row" in arrays:
                track, person = self._number(arrays)
                whose.append(np.where(person > 0, person, -track))
                times.append(arrays["seconds"][arrays["row"]])
                ratios.append(np.where(np.isnan(arrays["score"]), np.nan, arrays["eyes"].mean(axis=1)))
        if not whose:
            return np.empty(0), np.empty(0, bool)
        who, seconds, openness = (np.concatenate(parts) for parts in (whose, times, ratios))
        closure, is_blink = np.full(len(who), np.nan), np.zeros(len(who), bool)
        for one in np.unique(who):
            rows = np.flatnonzero(who == one)
            rows = rows[np.argsort(seconds[rows], kind="stable")]
            closure[rows], is_blink[rows] = find_blinks(seconds[rows], openness[rows])
        return closure, is_blink


def join_films(films: Mapping[str, AnyPath]) -> list[FilmRows]:
    """Number the tracks of films, and find out which of them show the same person.

    Parameters
    ----------
    films : dict
        {film's name: folder of its parts}

    Returns
    -------
    list of FilmRows
    """
    parts = {film: Parts(folder) for film, folder in films.items()}
    pieces = [split_tracks(collect_tracks(number, of)) for number, of in enumerate(parts.values())]
    persons = iter(join_tracks([piece for of in pieces for piece in of]))
    return [FilmRows(film, of, _number_pieces(found, persons)) for (film, of), found in zip(parts.items(), pieces, strict=True)]


def _number_pieces(pieces: list[TrackSamples], persons: Iterator[int | None]) -> Numbers:
    """Return the numbers of a film's tracks as FilmRows has them."""
    numbers: dict[int, list[tuple[int, int, int]]] = {}
    for number, (piece, person) in enumerate(zip(pieces, persons, strict=False), 1):
        numbers.setdefault(piece.track, []).append((piece.first, number, person or 0))
    return {track: ([first for first, _, _ in known], [number for _, number, _ in known], [person for _, _, person in known])
            for track, known in ((track, sorted(known)) for track, known in numbers.items())}
