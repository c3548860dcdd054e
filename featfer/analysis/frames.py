"""The frames of a film that are analyzed, in groups whose last frame is searched whole."""

from dataclasses import dataclass

import numpy as np

from featfer.images.video import EARLY
from featfer.tracking.following import SEARCH_EVERY

MOST_VALUES = 100_000_000  # of the pixels of a group: 16 frames of 1920x1080, 4 of 3840x2160


@dataclass(frozen=True)
class Frame:
    """A frame that is analyzed.

    Attributes
    ----------
    number : int
        In the film, from 0; frames that are left out count.
    seconds : float
        Time from the beginning of the film.
    pixels : uint8 array (h, w, 3)
        RGB.
    """

    number: int
    seconds: float
    pixels: np.ndarray


def select_frames(video, fps=None):
    """Select the frames that are analyzed.

    Parameters
    ----------
    video : iterable of VideoFrame
    fps : float, optional
        The first frame of each 1/fps seconds; default: every frame.

    Yields
    ------
    VideoFrame
    """
    last = -1
    for frame in video:
        period = frame.number if fps is None else int((frame.seconds + EARLY) * fps)
        if period > last:
            last = period
            yield frame


def group_frames(frames, after=-np.inf):
    """Group frames so that the last ones of two groups are SEARCH_EVERY or more apart.

    The very last group may be shorter, and so are groups of large frames, which are kept in memory together.

    Parameters
    ----------
    frames : iterable of Frame
    after : float
        Time of the frame before the first.

    Yields
    ------
    list of Frame
    """
    group, last, values = [], after, 0
    for frame in frames:
        group.append(frame)
        values += frame.pixels.size
        if frame.seconds - last > SEARCH_EVERY - EARLY or values > MOST_VALUES:
            yield group
            group, last, values = [], frame.seconds, 0
    if group:
        yield group
