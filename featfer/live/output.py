"""What becomes of the frames: drawn, written, shown, handed over."""

import time
from collections import deque

from featfer.live.overlay import draw_faces, draw_rate


class Rate:
    """Frames/s over the last second."""

    def __init__(self):
        self._times = deque()

    def tick(self):
        """Count a frame; return the frames/s (float), 0 for the first."""
        now = time.perf_counter()
        self._times.append(now)
        while self._times[0] < now - 1:
            self._times.popleft()
        length = now - self._times[0]
        return (len(self._times) - 1) / length if length else 0.0


class Show:
    """Called with each Frame and its list of LiveFace, does with them what was asked for; False once the user has had enough.

    screen: a Window, or None; writer: a VideoWriter, or None; each: a function of the same, or None
    is_live: whether frames are shown at once, as a camera's are; a video's are shown no earlier than their times
    """

    def __init__(self, screen, writer, each, is_live):
        self._screen, self._writer, self._each, self._is_live = screen, writer, each, is_live
        self._rate, self._start = Rate(), None

    def __call__(self, frame, faces):
        if self._each:
            self._each(frame, faces)
        if not (self._screen or self._writer):
            return True
        pixels = frame.pixels.copy()  # the frame itself may still be looked at
        draw_faces(pixels, faces)
        if self._writer:
            self._writer.write(pixels, frame.seconds)
        return not self._screen or self._shown(pixels, frame.seconds)

    def _shown(self, pixels, seconds):
        draw_rate(pixels, self._rate.tick())
        self._start = time.perf_counter() if self._start is None else self._start
        early = 0.0 if self._is_live else self._start + seconds - time.perf_counter()
        return self._screen.show(pixels, early)
