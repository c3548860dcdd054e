"""The rows of films, once all are measured: tracks numbered, persons joined, blinks found."""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from featfer.analysis.blinks import find_blinks
from featfer.analysis.parts import Parts
from featfer.analysis.persons import collect_tracks, join_tracks, split_tracks


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
    numbers: dict

    def __iter__(self):
        closure, is_blink, at = *self._blinks, 0
        for arrays in self.parts:
            if "row" not in arrays:
                yield arrays
                continue
            track, person = self._number(arrays)
            end = at + len(track)
            yield {**arrays, "track": track, "person": person, "closure": closure[at:end], "blink": is_blink[at:end]}
            at = end

    def _number(self, arrays):
        """Return track and person of each face of a part, int (n,) each."""
        track, person = np.empty((2, len(arrays["row"])), int)
        for at, (before, frame) in enumerate(zip(arrays["track"].tolist(), arrays["numbers"][arrays["row"]].tolist(),
                                                 strict=True)):
            starts, tracks, persons = self.numbers[before]
            piece = bisect_right(starts, frame) - 1
            track[at], person[at] = tracks[piece], persons[piece]
        return track, person

    @cached_property
    def _blinks(self):
        """How far the eyes of each face of the film are closed, and whether it blinks: float (n,) and bool (n,)."""
        who, seconds, openness = [], [], []
        for arrays in self.parts:
            if "row" in arrays:
                track, person = self._number(arrays)
                who.append(np.where(person > 0, person, -track))
                seconds.append(arrays["seconds"][arrays["row"]])
                openness.append(np.where(np.isnan(arrays["score"]), np.nan, arrays["eyes"].mean(axis=1)))
        if not who:
            return np.empty(0), np.empty(0, bool)
        who, seconds, openness = map(np.concatenate, (who, seconds, openness))
        closure, is_blink = np.full(len(who), np.nan), np.zeros(len(who), bool)
        for one in np.unique(who):
            rows = np.flatnonzero(who == one)
            rows = rows[np.argsort(seconds[rows], kind="stable")]
            closure[rows], is_blink[rows] = find_blinks(seconds[rows], openness[rows])
        return closure, is_blink


def join_films(films):
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


def _number_pieces(pieces, persons):
    """Return the numbers of a film's tracks as FilmRows has them."""
    numbers = {}
    for number, (piece, person) in enumerate(zip(pieces, persons, strict=False), 1):
        numbers.setdefault(piece.track, []).append((piece.first, number, person or 0))
    return {track: tuple(map(list, zip(*sorted(known), strict=True))) for track, known in numbers.items()}
