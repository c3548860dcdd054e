"""Which tracks show the same person, over all films, by the embeddings of their faces."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from featfer.typing import Floats

if TYPE_CHECKING:
    from featfer.analysis.parts import Arrays

SAME_PERSON = 0.38  # distance of two tracks' mean embeddings, of length 1, below which they may show one person
CHANGED = 0.36      # distance of the means of LEAST samples before and after a moment from which another person is in a track
LEAST = 3           # samples, too, that a person must have


@dataclass
class TrackSamples:
    """The embeddings of a track.

    Attributes
    ----------
    film : int
        Number of the film.
    track : int
    first, last : int
        Frames.
    frames : list of int
        Of the samples, in order.
    embeddings : list of float array (128,)
        Of length 1.
    moves : dict
        {frame: how far the landmarks moved since the frame before, in sides of the box}
    """

    film: int
    track: int
    first: int
    last: int
    frames: list[int] = field(default_factory=list)
    embeddings: list[Floats] = field(default_factory=list)
    moves: dict[int, float] = field(default_factory=dict)

    @property
    def mean(self) -> Floats:
        """The mean embedding, float (128,), of length 1."""
        return _normalise(np.mean(self.embeddings, axis=0))

    def overlaps(self, other: TrackSamples) -> bool:
        """Say whether two tracks are in one frame, and so show two persons."""
        return self.film == other.film and self.first <= other.last and other.first <= self.last


def collect_tracks(film: int, parts: Iterable[Arrays]) -> list[TrackSamples]:
    """Collect the tracks of a film.

    Parameters
    ----------
    film : int
        Its number.
    parts : iterable of dict
        What was measured, as `featfer.analysis.parts.Parts` yields it.

    Returns
    -------
    list of TrackSamples
    """
    tracks: dict[int, TrackSamples] = {}
    places: dict[int, Floats] = {}
    for arrays in parts:
        if "row" not in arrays:
            continue
        frames = arrays["numbers"][arrays["row"]].tolist()
        sides = arrays["box"][:, 2] - arrays["box"][:, 0]
        for at, (track, frame) in enumerate(zip(arrays["track"].tolist(), frames, strict=True)):
            known = tracks.setdefault(track, TrackSamples(film, track, frame, frame))
            known.last, place = frame, arrays["points"][at]
            known.moves[frame] = float(np.abs(place - places.get(track, place)).mean() / sides[at])
            places[track] = place
        for at, embedding in zip(arrays["sample"].tolist(), arrays["embeddings"], strict=True):
            tracks[int(arrays["track"][at])].frames.append(frames[at])
            tracks[int(arrays["track"][at])].embeddings.append(_normalise(embedding))
    return list(tracks.values())


def split_tracks(tracks: list[TrackSamples]) -> list[TrackSamples]:
    """Split tracks in which another person takes over.

    Parameters
    ----------
    tracks : list of TrackSamples
        Of one film.

    Returns
    -------
    list of TrackSamples
        Numbered in the order of their first frames.
    """
    split = [piece for track in tracks for piece in _split(track)]
    split.sort(key=lambda track: (track.first, track.track))
    return split


def join_tracks(tracks: list[TrackSamples]) -> list[int | None]:
    """Find out which tracks show the same person.

    Parameters
    ----------
    tracks : list of TrackSamples
        Of all films, in order.

    Returns
    -------
    list of (int or None)
        The number of each one's person, from 1 in the order of appearance; None for tracks of too few samples that resemble
        nobody.

    Notes
    -----
    Agglomerative clustering by the distance of means, weighted by samples, below SAME_PERSON; two tracks in one frame are
    never joined. Tracks of fewer than LEAST samples join others, but are no persons themselves.
    """
    sampled = [at for at, track in enumerate(tracks) if track.embeddings]
    if not sampled:
        return [None] * len(tracks)
    groups = _Groups([tracks[at] for at in sampled])
    groups.join()
    persons: list[int | None] = [None] * len(tracks)
    numbers: dict[int, int] = {}
    for at, group in zip(sampled, groups.find(), strict=True):
        if groups.count(group) >= LEAST:
            persons[at] = numbers.setdefault(group, len(numbers) + 1)
    return persons


class _Groups:
    """Tracks in groups, one a person."""

    def __init__(self, tracks: list[TrackSamples]) -> None:
        self._members = {at: [at] for at in range(len(tracks))}
        self._sums = np.array([len(track.embeddings) * track.mean for track in tracks])
        self._counts = np.array([len(track.embeddings) for track in tracks], float)
        self._apart = np.array([[one.overlaps(other) for other in tracks] for one in tracks], bool)

    def join(self) -> None:
        """Join the nearest two groups until none are near enough."""
        means = _normalise(self._sums)
        distances = np.linalg.norm(means[:, None] - means[None], axis=2)
        np.fill_diagonal(distances, np.inf)
        distances[self._apart] = np.inf
        while (nearest := distances.min()) < SAME_PERSON:
            one, other = np.argwhere(distances == nearest)[0]
            self._merge(int(one), int(other), distances)

    def _merge(self, one: int, other: int, distances: Floats) -> None:
        self._members[one] += self._members.pop(other)
        self._sums[one] += self._sums[other]
        self._counts[one] += self._counts[other]
        self._apart[one] |= self._apart[other]
        self._apart[:, one] |= self._apart[:, other]
        distances[other] = distances[:, other] = np.inf
        alive = np.array([at for at in self._members if at != one], int)
        row = np.linalg.norm(_normalise(self._sums[alive]) - _normalise(self._sums[one]), axis=1)
        row[self._apart[one, alive]] = np.inf
        distances[one, alive] = distances[alive, one] = row

    def find(self) -> list[int]:
        """Return the group of each track, named by one of its members (list of int)."""
        groups = {member: group for group, members in self._members.items() for member in members}
        return [groups[at] for at in range(len(self._counts))]

    def count(self, group: int) -> float:
        """Return the number of samples in a group."""
        return self._counts[group]


def _split(track: TrackSamples) -> list[TrackSamples]:
    """Return the pieces of a track, each of one person."""
    place, distance = _find_change(np.array(track.embeddings))
    if distance < CHANGED:
        return [track]
    between = [frame for frame in track.moves if track.frames[place - 1] < frame <= track.frames[place]]
    frame = max(between, key=track.moves.__getitem__)  # where one face takes the place of another, the landmarks jump
    before = TrackSamples(track.film, track.track, track.first, frame - 1, track.frames[:place], track.embeddings[:place],
                          track.moves)
    after = TrackSamples(track.film, track.track, frame, track.last, track.frames[place:], track.embeddings[place:],
                         track.moves)
    return [*_split(before), *_split(after)]


def _find_change(embeddings: Floats) -> tuple[int, float]:
    """Return the place at which the LEAST samples from there on differ most from those before it, and by how much."""
    if len(embeddings) < 2 * LEAST:
        return 0, 0.0
    sums = np.cumsum(np.vstack([np.zeros_like(embeddings[:1]), embeddings]), axis=0)
    means = _normalise(sums[LEAST:] - sums[:-LEAST])
    distances = np.linalg.norm(means[LEAST:] - means[:-LEAST], axis=1)
    return int(distances.argmax()) + LEAST, float(distances.max())


def _normalise(vectors: Floats) -> Floats:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), np.finfo(float).tiny)
