"""Work out the times of a video's frames from its timestamps, which may be wrong: from 0 on, always increasing."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

USUAL_RATE = 25.0  # frames per second, if a video or camera states none ...
LEAST_RATE, MOST_RATE = 1 / 60, 240.0  # ... or one outside this range
BACK = 1.0           # seconds that timestamps may fall back before they count as a restart
JUMP = 10.0          # seconds; a longer pause also counts as a restart in a video of joined pieces ...
LONGEST_PAUSE = 3600.0  # ... and one longer than this in any video


class Clock:
    """Gives each frame, in order, its time in seconds.

    Parameters
    ----------
    time_base : Fraction
        Seconds per unit of the timestamps.
    interval : float
        Seconds between frames where timestamps are missing.
    may_restart : bool
        Whether timestamps may restart within the video.
    is_decoding : bool, optional
        Whether timestamps give only the order of decoding.
    """

    def __init__(self, time_base: Fraction, interval: float, may_restart: bool, is_decoding: bool = False) -> None:
        self._time_base, self._interval = time_base, interval
        self._pause = JUMP if may_restart else LONGEST_PAUSE
        self._start: float | None = None
        self._last: float | None = None
        self._shift = 0.0
        self._stamp = "dts" if is_decoding else "pts"

    def note_start(self, packet: Any) -> None:
        """Note the start time by the first packet that is shown; later packets change nothing.

        Parameters
        ----------
        packet : av.Packet
        """
        if self._start is None and packet.pts is not None and self._stamp == "pts":
            self._start = float(packet.pts * self._time_base)

    def stated_time(self, item: Any) -> float | None:
        """Return the time that a packet or frame states.

        Parameters
        ----------
        item : av.Packet or av.VideoFrame

        Returns
        -------
        float or None
            Seconds from the beginning of the video; None if it states no time.
        """
        stamp = getattr(item, self._stamp)
        return None if stamp is None or self._start is None else float(stamp * self._time_base) - self._start

    def next_time(self, frame: Any) -> float:
        """Return the time of the next frame.

        Parameters
        ----------
        frame : av.VideoFrame

        Returns
        -------
        float
            Seconds, larger than that of the frame before.
        """
        if self._last is None:
            self._last = self._first_time(frame)
            return self._last
        stated, after = self.stated_time(frame), self._last + self._interval
        moved = after if stated is None else stated + self._shift
        if stated is not None and not -BACK <= moved - self._last <= self._pause:
            self._shift, moved = after - stated, after
        self._last = moved if moved > self._last else after
        return self._last

    def _first_time(self, frame: Any) -> float:
        if frame.pts is None and frame.dts is not None:
            self._stamp, self._start = "dts", None
        stated = self.stated_time(frame)
        if stated is not None and 0 <= stated <= LONGEST_PAUSE:
            return stated
        stamp = getattr(frame, self._stamp)
        self._start = None if stamp is None else float(stamp * self._time_base)
        return 0.0


def sane_rate(*rates: float | Fraction | None) -> float:
    """Return the first plausible frame rate.

    Parameters
    ----------
    *rates : number or None
        Frames per second, as a video or camera states them.

    Returns
    -------
    float
        USUAL_RATE if none is plausible.
    """
    return next((float(rate) for rate in rates if rate and LEAST_RATE <= rate <= MOST_RATE), USUAL_RATE)
