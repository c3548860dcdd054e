"""Faces followed from frame to frame: which face is which, where it is, and its expression smoothed over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from featfer.faces.boxes import compute_area, shared_area
from featfer.tracking.optical_flow import GreyFrame, follow
from featfer.typing import Box, Floats

MAX_FACES = 8
MISSES = 4        # detections in a row that do not find a face, after which its track ends
VISIBLE = 0.5     # of a box: a face with less of it in the frame has left
SMALLEST = 0.06   # of the frame's height: in a smaller box nothing can be recognized
LEAD = 0.1        # by which another expression must be likelier than a track's label to replace it
TRUST = 0.5       # how far a detection moves the box of a followed track: detections jump by a few pixels


@dataclass
class Track:
    """A face over time.

    Attributes
    ----------
    id : int
        From 1, never given twice.
    box : (float, float, float, float)
        Left, top, right and bottom in pixels of the frame.
    lost : bool
        Whether the optical flow has lost the face since its last detection; it is then not shown.
    missed : int
        Number of detections in a row that did not find it.
    probabilities : float array (labels,), or None
        Smoothed; None before the first.
    seconds : float
        Time of the frame that the probabilities are from.
    label : int
        Index of the expression that is shown.
    """

    id: int
    box: Box
    lost: bool = False
    missed: int = 0
    probabilities: Floats | None = None
    seconds: float = 0.0
    label: int = 0

    def smooth(self, probabilities: Floats, seconds: float, constant: float) -> None:
        """Take in the probabilities of a frame by exponential smoothing.

        The label stays until another expression is likelier by LEAD.

        Parameters
        ----------
        probabilities : float array (labels,)
        seconds : float
            Time of the frame.
        constant : float
            Time constant in seconds. With 0 only the last frame counts.
        """
        past = self.probabilities if constant > 0 else None
        if past is not None:
            keep = math.exp(-max(seconds - self.seconds, 0) / constant)
            probabilities = keep * past + (1 - keep) * probabilities
        self.probabilities, self.seconds = probabilities, seconds
        if past is None or probabilities.max() - probabilities[self.label] > LEAD:
            self.label = int(probabilities.argmax())


@dataclass(frozen=True)
class FaceObservation:
    """A face that was recognized in a frame.

    Attributes
    ----------
    id : int or None
        Of its track; None for a new face.
    box : (float, float, float, float)
    is_detected : bool
        Whether the detector found it; otherwise the box is where its track was.
    probabilities : float array (labels,)
    """

    id: int | None
    box: Box
    is_detected: bool
    probabilities: Floats


@dataclass(frozen=True)
class FrameObservation:
    """What was recognized in a frame.

    Attributes
    ----------
    grey : GreyFrame
    seconds : float
        Time of the frame.
    tracks : list of Track
        Copies of the tracks at that time.
    has_detection : bool
        Whether faces were detected, not only recognized where the tracks were.
    faces : list of FaceObservation
    """

    grey: GreyFrame
    seconds: float
    tracks: list[Track]
    has_detection: bool
    faces: list[FaceObservation]


class Tracker:
    """The tracks in a video or of a camera.

    Parameters
    ----------
    smoothing : float
        Time constant of the probabilities in seconds.

    Attributes
    ----------
    tracks : list of Track
    """

    def __init__(self, smoothing: float) -> None:
        self.smoothing = smoothing
        self.tracks: list[Track] = []
        self._grey: GreyFrame | None = None
        self._last_id = 0

    def advance(self, grey: GreyFrame) -> None:
        """Move the boxes to where the optical flow takes them in the next GreyFrame; tracks that leave the frame end."""
        followed = [track for track in self.tracks if not track.lost]
        for track, box in zip(followed, follow(self._grey or grey, grey, [track.box for track in followed]), strict=True):
            track.lost = box is None
            track.box = box or track.box
        self._grey = grey
        self.tracks = [track for track in self.tracks if _is_visible(track.box, grey.size)]

    def update(self, observation: FrameObservation | None) -> None:
        """Take in the FrameObservation of the present frame or of an earlier one; None is ignored."""
        if observation is None:
            return
        tracks = {track.id: track for track in self.tracks}
        if observation.has_detection:
            _count_misses(tracks, observation)
        detected = [face for face in observation.faces if face.is_detected]
        boxes = [face.box for face in detected]
        moved: Sequence[Box | None] = boxes
        if self._grey is not None and observation.grey is not self._grey:
            moved = follow(observation.grey, self._grey, boxes)
        for face, box in zip(detected, moved, strict=True):
            if box is not None:
                self._place(None if face.id is None else tracks.get(face.id), face, box, observation.seconds)
        for face in observation.faces:
            if face.id in tracks:
                tracks[face.id].smooth(face.probabilities, observation.seconds, self.smoothing)
        self.tracks = [track for track in self.tracks if track.missed < MISSES]

    def _place(self, track: Track | None, face: FaceObservation, box: Box, seconds: float) -> None:
        """Move a track towards a detection, or begin a track for a new face; `box`: where the detection is by now."""
        if track is not None:
            trust = 1.0 if track.lost else TRUST
            left, top, right, bottom = (trust * new + (1 - trust) * old for new, old in zip(box, track.box, strict=True))
            track.box = left, top, right, bottom
            track.lost = False
        elif face.id is None and len(self.tracks) < MAX_FACES:
            self._last_id += 1
            self.tracks.append(Track(self._last_id, box))
            self.tracks[-1].smooth(face.probabilities, seconds, self.smoothing)


def _count_misses(tracks: dict[int, Track], observation: FrameObservation) -> None:
    """Count a miss for each track that the detector did not find."""
    found = {face.id for face in observation.faces if face.is_detected}
    for id in {track.id for track in observation.tracks} & tracks.keys():
        tracks[id].missed = 0 if id in found else tracks[id].missed + 1


def _is_visible(box: Box, size: tuple[int, int]) -> bool:
    return shared_area(box, (0, 0, *size)) >= VISIBLE * compute_area(box) and box[3] - box[1] >= SMALLEST * size[1]
