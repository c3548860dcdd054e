"""Frames in, faces followed through them out."""

from dataclasses import dataclass

from featfer.faces.align import clip_box
from featfer.live.optical_flow import View
from featfer.live.recognition import Beside
from featfer.live.tracking import Tracker


@dataclass(frozen=True)
class LiveFace:
    """A face in a frame.

    track: its number, from 1, the same as long as the face is followed
    box: left, top, right, bottom in pixels of the frame, and within it
    label: the likeliest expression; where they are smoothed, one that leads by less than a tenth has to wait
    probabilities: of every expression, smoothed, in [0, 1], by name
    """

    track: int
    box: tuple[float, float, float, float]
    label: str
    probabilities: dict[str, float]

    def as_dict(self):
        """Return it as plain data for JSON, rounded as `featfer predict` rounds."""
        return {"track": self.track, "box": [round(side, 1) for side in self.box], "label": self.label,
                "probabilities": {name: round(share, 6) for name, share in self.probabilities.items()}}


def watch(frames, looker, names, smoothing, lag=None):
    """Yield each Frame with a list of LiveFace, in the order in which the faces came.

    frames: an iterable of Frame; looker: a Looker; names: of the expressions, in the order of its probabilities
    smoothing: the time constant in seconds, 0: none; lag: as for Beside
    Boxes follow the flow from frame to frame; faces are looked at beside it, and what is seen in one frame is taken in some
    frames later.
    """
    tracker = Tracker(smoothing)
    with Beside(looker, lag) as beside:
        for frame in frames:
            view = View(frame.pixels)
            tracker.advance(view)
            tracker.take(beside.answer(frame))
            beside.ask(frame, view, tracker.tracks)
            tracker.take(beside.answer(frame))  # of this very frame, where it is not left for later ones
            height, width = frame.pixels.shape[:2]
            yield frame, [_face(track, names, width, height) for track in tracker.tracks if not track.lost]


def _face(track, names, width, height):
    probabilities = dict(zip(names, map(float, track.probabilities), strict=True))
    return LiveFace(track.id, clip_box(track.box, width, height), names[track.label], probabilities)
