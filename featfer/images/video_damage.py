"""Find out which frames of a video could not be read, from its packets, index and length, without false alarms."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np

from featfer.images.video_times import Clock
from featfer.utils.words import count

INDEXED = {"avi", "mov,mp4,m4a,3gp,3g2,mj2"}     # containers whose index has every frame
TIMED = {"asf", "flv", "matroska,webm"}          # containers whose header states the length
CONSTANT = {"ogg"}                               # containers with a constant frame interval: a pause is a loss
SHORT = 0.5     # seconds that a video may end earlier than its header states
GAP = 1.5       # times the usual interval: frames may be missing in a longer one, if more bytes were skipped there ...
SKIPPED = 1.3   # ... than this times the most between any other two frames ...
FEW_BYTES = 64  # ... and than this
DELAY = 8       # packets by which damage may show before or after the missing frames
UNKNOWN = 1 << 62


class Damage:
    """Counts the packets and frames of a video while it is read, to tell which frames were lost.

    Parameters
    ----------
    container : av.container.InputContainer
    stream : av.VideoStream
    interval : float
        Seconds between frames, as the video states them.
    """

    def __init__(self, container: Any, stream: Any, interval: float) -> None:
        self._name, self._interval = container.format.name, interval
        self._indexed: int
        self._last_place: int
        self._indexed, self._last_place = _read_index(stream) if self._name in INDEXED else (0, 0)
        self._stated = (container.duration or 0) / 1e6 if self._name in TIMED else 0.0
        self._shown = self._demuxed = self._frames = self._leading = 0
        self._where: list[float] = []                      # seconds of the first and of the last failure
        self._failed: list[int] = []                       # number of packets read at each failure
        self._skips = array("q")                           # bytes skipped before each packet
        self._times, self._seen = array("d", [0.0]), array("q", [0])  # each frame's time, and the packets read by then
        self._begin: float | None = None                   # seconds, over all streams
        self._end = 0.0
        self._offset: int | None = None                    # position in the file after the last packet ...
        self._skip = 0                                     # ... and bytes skipped since
        self._has_begun = False
        self.stopped: str | None = None  # why reading stopped

    def add_bytes(self, packet: Any) -> None:
        """Note where in the file a packet of any stream is, and when it ends.

        Parameters
        ----------
        packet : av.Packet
        """
        if packet.size and packet.pos is not None and packet.pos >= 0:
            self._skip += 0 if self._offset is None else max(packet.pos - self._offset, 0)
            self._offset = packet.pos + packet.size
        stamp = packet.dts if packet.pts is None else packet.pts
        if packet.size and stamp is not None and packet.time_base:
            seconds = float(stamp * packet.time_base)
            self._begin = seconds if self._begin is None else min(self._begin, seconds)
            self._end = max(self._end, seconds + float((packet.duration or 0) * packet.time_base))

    def add_packet(self, packet: Any, clock: Clock) -> None:
        """Count a packet of the video stream; those before the first key frame cannot be decoded and do not count.

        Parameters
        ----------
        packet : av.Packet
        clock : featfer.images.video_times.Clock
        """
        if not packet.size:
            return
        self._demuxed += 1
        self._has_begun = self._has_begun or packet.is_keyframe
        if not self._has_begun or packet.is_discard:
            return
        clock.note_start(packet)
        self._shown += 1
        seconds = clock.stated_time(packet)
        self._leading += seconds is not None and seconds < 0
        self._skips.append(self._skip)
        self._skip = 0
        if packet.is_corrupt:
            self.add_failure(packet, clock)

    def add_frame(self, seconds: float) -> None:
        """Count a decoded frame.

        Parameters
        ----------
        seconds : float
            Its time.
        """
        self._times.append(seconds)
        self._seen.append(len(self._skips))
        self._frames += 1
        self._has_begun = True

    def add_failure(self, item: Any, clock: Clock) -> None:
        """Note a damaged packet or frame.

        Parameters
        ----------
        item : av.Packet or av.VideoFrame
        clock : featfer.images.video_times.Clock
        """
        if not self._has_begun:
            return
        self._failed.append(self._shown)
        seconds = clock.stated_time(item)
        if seconds is not None:
            self._widen(max(seconds, 0.0))

    def summarize(self) -> str | None:
        """Say which frames could not be read, after all packets were.

        Returns
        -------
        str or None
            None if no frame is missing.
        """
        ahead = max(self._indexed - self._demuxed, 0)  # frames of the index without a packet
        gaps = self._count_missing_in_gaps()
        unread = max(self._shown - self._leading - self._frames, 0) if self._failed or ahead or gaps else 0
        lost = max(ahead + unread, gaps)  # a frame missing in a gap may have had a packet
        total = self._frames + lost
        if ahead and self._is_cut_off():
            return f"ends at {self._frames:,} of {count(total, 'frame')}"
        parts = [f"{lost:,} of {count(total, 'frame')} could not be read{self._describe_span()}"] if lost else []
        seen = max(self._end, self._end - (self._begin or 0.0))  # some headers count from 0, some from the first frame
        if self._stated - seen > SHORT:
            parts.append(f"ends at {seen:.1f} of {self._stated:.1f} s")
        elif self.stopped:
            parts.append(f"ends at {count(self._frames, 'frame')} ({self.stopped})")
        return "; ".join(parts) or None

    def _is_cut_off(self) -> bool:
        """Tell whether the frames without a packet are the last ones; if not, note where they are."""
        widest = int(np.argmax(self._skips[1:])) + 1 if len(self._skips) > 1 else 0
        if (self._offset or 0) <= self._last_place and min(self._failed, default=self._shown) == self._shown and (
                self._last_place < UNKNOWN or self._skips[widest] <= FEW_BYTES):
            return True
        if not self._where:
            self._widen(widest * self._interval)
        return False

    def _count_missing_in_gaps(self) -> int:
        """Count the frames that are missing where both time and bytes were skipped; a pause alone is no loss."""
        steps = np.diff(self._times)
        if self._indexed or len(steps) < 3:
            return 0
        usual = np.median(steps[1:])
        missing, places = 0, np.flatnonzero(steps > GAP * usual)
        skips, is_near, is_failed = (np.zeros(len(self._skips), dtype) for dtype in (np.int64, bool, bool))
        skips[:] = self._skips
        is_failed[np.array(self._failed, int) - 1] = True
        around = [slice(max(self._seen[place] - DELAY, 0), self._seen[place + 1] + DELAY) for place in places]
        for packets in around:
            is_near[packets] = True
        most = max(FEW_BYTES, SKIPPED * skips[~is_near].max(initial=0))
        for place, packets in zip(places, around, strict=True):
            if (skips[packets] > most).any() or is_failed[packets].any() or self._name in CONSTANT:
                self._widen(self._times[place])
                self._widen(self._times[place + 1])
                missing += round(steps[place] / usual) - 1
        return missing

    def _widen(self, seconds: float) -> None:
        self._where = [min(self._where + [seconds]), max(self._where + [seconds])]

    def _describe_span(self) -> str:
        if not self._where:
            return ""
        first, last = (f"{seconds:.1f}" for seconds in self._where)
        return f", at {first} s" if first == last else f", between {first} and {last} s"


def _read_index(stream: Any) -> tuple[int, int]:
    """Return the number of frames in a video's index, and the position in the file of the last one."""
    entries = stream.index_entries
    return (len(entries), max(entries[0].pos, entries[-1].pos)) if len(entries) > 1 else (stream.frames, UNKNOWN)
