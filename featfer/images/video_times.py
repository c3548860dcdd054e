"""The times of a video's frames, whatever its timestamps: from 0 on, and each after the one before."""

BACK = 1.0           # seconds by which timestamps may fall back before they are taken to begin anew
JUMP = 10.0          # seconds; a longer pause is a new beginning too, in a video of joined pieces ...
LONGEST_PAUSE = 3600.0  # ... and in any video


class Clock:
    """Gives each frame, in their order, its time in seconds.

    time_base: seconds of a timestamp's unit, a Fraction; interval: seconds between frames where timestamps do not say
    restarts: whether timestamps may begin anew within the video; is_decoding: whether they state the order of decoding alone
    """

    def __init__(self, time_base, interval, restarts, is_decoding=False):
        self._time_base, self._interval = time_base, interval
        self._pause = JUMP if restarts else LONGEST_PAUSE
        self._start, self._last, self._shift = None, None, 0.0
        self._stamp = "dts" if is_decoding else "pts"

    def note_start(self, packet):
        """Take note of a packet that is to be shown, the first in the order of decoding: the video begins no later."""
        if self._start is None and packet.pts is not None and self._stamp == "pts":
            self._start = float(packet.pts * self._time_base)

    def stated_time(self, item):
        """Return the time that a packet or frame states, in seconds from the video's beginning; None where it states none."""
        stamp = getattr(item, self._stamp)
        return None if stamp is None or self._start is None else float(stamp * self._time_base) - self._start

    def next_time(self, frame):
        """Return the time of the next frame, in seconds."""
        if self._last is None:
            self._last = self._first(frame)
            return self._last
        stated, after = self.stated_time(frame), self._last + self._interval
        moved = after if stated is None else stated + self._shift
        if stated is not None and not -BACK <= moved - self._last <= self._pause:
            self._shift, moved = after - stated, after
        self._last = moved if moved > self._last else after
        return self._last

    def _first(self, frame):
        if frame.pts is None and frame.dts is not None:
            self._stamp, self._start = "dts", None
        stated = self.stated_time(frame)
        if stated is not None and 0 <= stated <= LONGEST_PAUSE:
            return stated
        stamp = getattr(frame, self._stamp)
        self._start = None if stamp is None else float(stamp * self._time_base)
        return 0.0
