"""Frames in, and out again with the faces that are followed through them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.expression import UNSURE, compute_ambiguity
from featfer.faces.boxes import clip_box
from featfer.live.recognition import BackgroundRecognizer, FrameRecognizer
from featfer.live.tracking import Track, Tracker
from featfer.tracking.optical_flow import GreyFrame
from featfer.typing import Box

if TYPE_CHECKING:
    from featfer.live.frames import Frame


@dataclass(frozen=True)
class LiveFace:
    """A face in a frame.

    Attributes
    ----------
    track : int
        Its number, from 1, the same for as long as the face is followed.
    box : (float, float, float, float)
        Left, top, right and bottom in pixels of the frame, clipped to it.
    label : str
        The likeliest expression. With smoothing, another one must be likelier by a tenth before it replaces the label. UNSURE
        where the confidence is too low.
    probabilities : dict
        {expression: probability}, smoothed.
    """

    track: int
    box: Box
    label: str
    probabilities: dict[str, float]

    @property
    def confidence(self) -> float:
        """The probability of the likeliest expression, smoothed (float)."""
        return max(self.probabilities.values())

    def as_dict(self) -> dict[str, Any]:
        """Return the face as plain data for JSON (dict), rounded as by `featfer predict`."""
        return {"track": self.track, "box": [round(side, 1) for side in self.box], "label": self.label,
                "probabilities": {name: round(value, 6) for name, value in self.probabilities.items()},
                "confidence": round(self.confidence, 6), "ambiguity": compute_ambiguity(self.probabilities.values())}


def recognize_frames(frames: Iterable[Frame], recognizer: FrameRecognizer, names: Sequence[str], smoothing: float,
                     lag: float | None = None, reject: float = 0.0) -> Generator[tuple[Frame, list[LiveFace]], None, None]:
    """Follow the faces in frames and recognize their expressions.

    Parameters
    ----------
    frames : iterable of Frame
    recognizer : FrameRecognizer
    names : sequence of str
        The expressions, in the order of the recognizer's probabilities.
    smoothing : float
        Time constant in seconds; 0 for none.
    lag : float, optional
        As for `BackgroundRecognizer`.
    reject : float
        A face whose confidence, after smoothing, is below this has the label UNSURE.

    Yields
    ------
    (Frame, list of LiveFace)
        The faces in the order in which they appeared.

    Notes
    -----
    Boxes follow the optical flow from frame to frame. Meanwhile a thread recognizes one frame at a time; its result is used
    some frames later.
    """
    tracker = Tracker(smoothing)
    with BackgroundRecognizer(recognizer, lag) as background:
        for frame in frames:
            grey = GreyFrame(frame.pixels)
            tracker.advance(grey)
            tracker.update(background.take_result(frame))
            background.start(frame, grey, tracker.tracks)
            tracker.update(background.take_result(frame))  # of this very frame, if it must not wait for later ones
            height, width = frame.pixels.shape[:2]
            yield frame, [_make_face(track, names, width, height, reject) for track in tracker.tracks if not track.lost]


def _make_face(track: Track, names: Sequence[str], width: int, height: int, reject: float) -> LiveFace:
    probabilities = dict(zip(names, np.asarray(track.probabilities, float).tolist(), strict=True))
    face = LiveFace(track.id, clip_box(track.box, width, height), names[track.label], probabilities)
    return replace(face, label=UNSURE) if face.confidence < reject else face
