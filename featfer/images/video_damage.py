"""What of a video could not be read: by its packets, its index and its length, without alarms about what is only unusual."""

from array import array

import numpy as np

INDEXED = {"avi", "mov,mp4,m4a,3gp,3g2,mj2"}     # containers whose index has every frame
TIMED = {"asf", "flv", "matroska,webm"}          # whose header says how long they are
CONSTANT = {"ogg"}                               # whose frames are a constant time apart: a pause is a loss
SHORT = 0.5     # seconds by which a video may end before its header says
GAP = 1.5       # of the usual time between frames, from which some may be missing ...
SKIPPED = 1.3   # ... where more bytes were passed over than this times the most between any other two frames ...
DELAY = 8       # packets by which damage may be seen before or after the frames that are missing
UNKNOWN = 1 << 62
FEW_BYTES = 64  # ... and these


class Damage:
    """Counts packets and frames as they go by. interval: seconds between frames, as the video states them."""

    def __init__(self, container, stream, interval):
        self._name, self._interval = container.format.name, interval
        self._indexed, self._last_place = _index(stream) if self._name in INDEXED else (0, 0)
        self._stated = (container.duration or 0) / 1e6 if self._name in TIMED else 0.0
        self._shown = self._demuxed = self._frames = self._leading = 0
        self._where = []                                   # seconds of the first failure and of the last
        self._failed = []                                  # how many packets there were at each failure
        self._skips = array("q")                           # of each packet: bytes passed over before it
        self._times, self._seen = array("d", [0.0]), array("q", [0])  # of each frame: its time, and how many packets had come
        self._begin, self._end = None, 0.0                 # seconds of all streams
        self._offset, self._skip = None, 0                 # in the file, of what was read last
        self._has_begun = False
        self.stopped = None  # why no more could be read

    def add_bytes(self, packet):
        """Take note of where in the file a packet of any stream is, and of when it ends."""
        if packet.size and packet.pos is not None and packet.pos >= 0:
            self._skip += 0 if self._offset is None else max(packet.pos - self._offset, 0)
            self._offset = packet.pos + packet.size
        stamp = packet.dts if packet.pts is None else packet.pts
        if packet.size and stamp is not None and packet.time_base:
            seconds = float(stamp * packet.time_base)
            self._begin = seconds if self._begin is None else min(self._begin, seconds)
            self._end = max(self._end, seconds + float((packet.duration or 0) * packet.time_base))

    def add_packet(self, packet, clock):
        """Count a packet of the video's pictures; those before the first key frame cannot be decoded and do not count."""
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

    def add_frame(self, seconds):
        """Count a frame that was decoded, and take note of its time."""
        self._times.append(seconds)
        self._seen.append(len(self._skips))
        self._frames += 1
        self._has_begun = True

    def add_failure(self, item, clock):
        """Take note of a packet or frame that is damaged."""
        if not self._has_begun:
            return
        self._failed.append(self._shown)
        seconds = clock.stated_time(item)
        if seconds is not None:
            self._widen(max(seconds, 0.0))

    def summary(self):
        """Return in words which frames could not be read, once all packets went by; None where none are missing."""
        ahead = max(self._indexed - self._demuxed, 0)  # frames of the index that no packet came for
        gaps = self._missing_in_gaps()
        unread = max(self._shown - self._leading - self._frames, 0) if self._failed or ahead or gaps else 0
        lost = max(ahead + unread, gaps)  # who is missing from a gap may have had a packet
        total = self._frames + lost
        if ahead and self._is_cut_off():
            return f"ends at {self._frames:,} of {total:,} frames"
        parts = [f"{lost:,} of {total:,} frames could not be read{self._span()}"] if lost else []
        seen = max(self._end, self._end - (self._begin or 0.0))  # some headers count from 0, some from the first
        if self._stated - seen > SHORT:
            parts.append(f"ends at {seen:.1f} of {self._stated:.1f} s")
        elif self.stopped:
            parts.append(f"ends at {self._frames:,} frames ({self.stopped})")
        return "; ".join(parts) or None

    def _is_cut_off(self):
        """Say whether the frames that have no packet are the last ones; else take note of where the others are."""
        widest = int(np.argmax(self._skips[1:])) + 1 if len(self._skips) > 1 else 0
        if (self._offset or 0) <= self._last_place and min(self._failed, default=self._shown) == self._shown and (
                self._last_place < UNKNOWN or self._skips[widest] <= FEW_BYTES):
            return True
        if not self._where:
            self._widen(widest * self._interval)
        return False

    def _missing_in_gaps(self):
        """Return how many frames are missing where both time and bytes were passed over; a pause alone is none."""
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

    def _widen(self, seconds):
        self._where = [min(self._where + [seconds]), max(self._where + [seconds])]

    def _span(self):
        if not self._where:
            return ""
        first, last = (f"{seconds:.1f}" for seconds in self._where)
        return f", at {first} s" if first == last else f", between {first} and {last} s"


def _index(stream):
    """Return how many frames a video's index has, and where in the file the last of them begins."""
    entries = stream.index_entries
    return (len(entries), max(entries[0].pos, entries[-1].pos)) if len(entries) > 1 else (stream.frames, UNKNOWN)
