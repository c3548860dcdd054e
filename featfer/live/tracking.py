"""Faces followed from frame to frame: who is who, where, and the expression smoothed over time."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from featfer.live.optical_flow import View, follow
from featfer.prediction.placing import common

MAX_FACES = 8
SAME = 0.3        # overlap (intersection over union) from which two boxes show one face
MISSES = 4        # detections in a row that do not find it after which a track ends
VISIBLE = 0.5     # of a box; a face with less of it in the frame has left
SMALLEST = 0.06   # of the frame's height; a box that has shrunk to less has nothing in it to see
LEAD = 0.1        # of the likeliest expression over a track's label, from which it becomes the label
TRUST = 0.5       # how far a detection moves the box of a track that is followed: detections jump by a few pixels


@dataclass
class Track:
    """A face over time.

    id: from 1, never given twice; box: left, top, right, bottom in pixels of the frame
    lost: whether the flow has lost it since its last detection; it is then not shown
    missed: detections in a row that did not find it
    probabilities: smoothed, float (labels,), None before the first; seconds: of the frame that they are from
    label: index of the expression that it is said to show
    """

    id: int
    box: tuple[float, float, float, float]
    lost: bool = False
    missed: int = 0
    probabilities: np.ndarray | None = None
    seconds: float = 0.0
    label: int = 0

    def smooth(self, probabilities, seconds, constant):
        """Take in the probabilities of a frame, by exponential smoothing with a time constant, in seconds.

        The label stays until another expression is likelier by LEAD. With a constant of 0 the frame counts alone.
        """
        past, is_smoothed = self.probabilities, constant > 0 and self.probabilities is not None
        keep = math.exp(-max(seconds - self.seconds, 0) / constant) if is_smoothed else 0.0
        self.probabilities = keep * past + (1 - keep) * probabilities if is_smoothed else probabilities
        self.seconds = seconds
        if not is_smoothed or self.probabilities.max() - self.probabilities[self.label] > LEAD:
            self.label = int(self.probabilities.argmax())


@dataclass(frozen=True)
class Sight:
    """A face in a frame that was looked at: the id of its track, None for a new face; whether it was detected there."""

    id: int | None
    box: tuple[float, float, float, float]
    detected: bool
    probabilities: np.ndarray


@dataclass(frozen=True)
class Look:
    """What was seen in a frame.

    view: its View; seconds: its time; tracks: copies of those that there were; searched: whether faces were detected, not only
    looked at where the tracks were
    """

    view: View
    seconds: float
    tracks: list[Track]
    searched: bool
    sights: list[Sight]


class Tracker:
    """The tracks of a video or camera. smoothing: time constant in seconds."""

    def __init__(self, smoothing):
        self.smoothing = smoothing
        self.tracks = []
        self._view, self._last_id = None, 0

    def advance(self, view):
        """Move the boxes on to the next frame, a View; tracks that leave it end."""
        followed = [track for track in self.tracks if not track.lost]
        for track, box in zip(followed, follow(self._view, view, [track.box for track in followed]), strict=True):
            track.lost = box is None
            track.box = box or track.box
        self._view = view
        self.tracks = [track for track in self.tracks if _is_seen(track.box, view.size)]

    def take(self, look):
        """Take in a Look at the present frame, or at one before; None: nothing was seen."""
        if look is None:
            return
        tracks = {track.id: track for track in self.tracks}
        if look.searched:
            _count_misses(tracks, look)
        detected = [sight for sight in look.sights if sight.detected]
        boxes = [sight.box for sight in detected]
        if look.view is not self._view:
            boxes = follow(look.view, self._view, boxes)
        for sight, box in zip(detected, boxes, strict=True):
            if box is not None:
                self._place(tracks.get(sight.id), sight, box, look.seconds)
        for sight in look.sights:
            if sight.id in tracks:
                tracks[sight.id].smooth(sight.probabilities, look.seconds, self.smoothing)
        self.tracks = [track for track in self.tracks if track.missed < MISSES]

    def _place(self, track, sight, box, seconds):
        """Bring a track to where a detection is by now, or begin one where it is of a new face."""
        if track is not None:
            trust = 1.0 if track.lost else TRUST
            track.box = tuple(trust * new + (1 - trust) * old for new, old in zip(box, track.box, strict=True))
            track.lost = False
        elif sight.id is None and len(self.tracks) < MAX_FACES:
            self._last_id += 1
            self.tracks.append(Track(self._last_id, box))
            self.tracks[-1].smooth(sight.probabilities, seconds, self.smoothing)


def _count_misses(tracks, look):
    found = {sight.id for sight in look.sights if sight.detected}
    for id in {track.id for track in look.tracks} & tracks.keys():
        tracks[id].missed = 0 if id in found else tracks[id].missed + 1


def matched(boxes, others):
    """Return {index in boxes: index in others} of those that overlap enough to be one face, with the most overlap in all."""
    if not boxes or not others:
        return {}
    overlaps = np.array([[overlap(box, other) for other in others] for box in boxes])
    pairs = zip(*linear_sum_assignment(-np.where(overlaps >= SAME, overlaps, 0)), strict=True)
    return {int(i): int(j) for i, j in pairs if overlaps[i, j] >= SAME}


def overlap(box, other):
    """Return the intersection over union of two boxes, in [0, 1]."""
    shared = common(box, other)
    return shared / (_area(box) + _area(other) - shared)


def _area(box):
    return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)


def _is_seen(box, size):
    return common(box, (0, 0, *size)) >= VISIBLE * _area(box) and box[3] - box[1] >= SMALLEST * size[1]
