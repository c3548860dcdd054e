"""The frames of a film that are analyzed, in groups whose last frame is searched whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from featfer.images.video import EARLY
from featfer.tracking.following import SEARCH_EVERY
from featfer.typing import Pixels

if TYPE_CHECKING:
    from featfer.images.video_frame import VideoFrame

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
    pixels: Pixels


def select_frames(video: Iterable[VideoFrame], fps: float | None = None) -> Iterator[VideoFrame]:
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


def group_frames(frames: Iterable[Frame], after: float = -np.inf) -> Iterator[list[Frame]]:
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
