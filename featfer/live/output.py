"""What is done with the frames: they are drawn on, written, shown, and passed to a function."""

import time
from collections import deque

from featfer.prediction.overlay import draw_faces, draw_rate


class Rate:
    """The number of frames per second, over the last second."""

    def __init__(self):
        self._times = deque()

    def tick(self):
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

    def __init__(self, screen, writer, each, is_live):
        self._screen, self._writer, self._each, self._is_live = screen, writer, each, is_live
        self._rate, self._start = Rate(), None

    def put(self, frame, faces):
        """Output a Frame with its list of LiveFace; return whether the user wants more."""
        if self._each:
            self._each(frame, faces)
        if not (self._screen or self._writer):
            return True
        pixels = frame.pixels.copy()  # the frame itself may still be in recognition
        draw_faces(pixels, faces)
        if self._writer:
            self._writer.write(pixels, frame.seconds)
        return not self._screen or self._show(pixels, frame.seconds)

    def _show(self, pixels, seconds):
        draw_rate(pixels, self._rate.tick())
        self._start = time.perf_counter() if self._start is None else self._start
        early = 0.0 if self._is_live else self._start + seconds - time.perf_counter()
        return self._screen.show(pixels, early)
