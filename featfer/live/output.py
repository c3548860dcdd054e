"""What is done with the frames: they are drawn on, written, shown, and passed to a function."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from featfer.prediction.overlay import draw_faces, draw_rate
from featfer.typing import Pixels

if TYPE_CHECKING:
    from featfer.images.video_writer import VideoWriter
    from featfer.live.frames import Frame
    from featfer.live.pipeline import LiveFace
    from featfer.live.window import Window

Each: TypeAlias = "Callable[[Frame, list[LiveFace]], object]"
"""A function that is called with each frame and its faces."""


class Rate:
    """The number of frames per second, over the last second."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def tick(self) -> float:
        """Count a frame, and return the frames per second (float); 0 for the first."""
        now = time.perf_counter()
        self._times.append(now)
        while self._times[0] < now - 1:
            self._times.popleft()
        length = now - self._times[0]
        return (len(self._times) - 1) / length if length else 0.0


class FrameOutput:
    """Shows and writes frames with their faces.

    Parameters
    ----------
    screen : Window or None
    writer : VideoWriter or None
    each : callable or None
        Function of a Frame and its list of LiveFace.
    is_live : bool
        Whether frames are shown at once, as of a camera; those of a video are shown no earlier than their times.
    """

    def __init__(self, screen: Window | None, writer: VideoWriter | None, each: Each | None, is_live: bool) -> None:
        self._screen, self._writer, self._each, self._is_live = screen, writer, each, is_live
        self._rate = Rate()
        self._start: float | None = None

    def put(self, frame: Frame, faces: list[LiveFace]) -> bool:
        """Output a Frame with its list of LiveFace; return whether the user wants more."""
        if self._each:
            self._each(frame, faces)
        if not (self._screen or self._writer):
            return True
        pixels = frame.pixels.copy()  # the frame itself may still be in recognition
        draw_faces(pixels, faces)
        if self._writer:
            self._writer.write(pixels, frame.seconds)
        return not self._screen or self._show(self._screen, pixels, frame.seconds)

    def _show(self, screen: Window, pixels: Pixels, seconds: float) -> bool:
        draw_rate(pixels, self._rate.tick())
        self._start = time.perf_counter() if self._start is None else self._start
        early = 0.0 if self._is_live else self._start + seconds - time.perf_counter()
        return screen.show(pixels, early)
