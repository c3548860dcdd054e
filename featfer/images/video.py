"""Read videos frame by frame with PyAV: upright, with square pixels, each frame with the time at which it is shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from featfer.errors import DataError, FeatferError, ParameterError
from featfer.images.decoding import MAX_PIXELS
from featfer.images.opencv import import_opencv
from featfer.images.pyav import import_pyav
from featfer.images.video_damage import Damage
from featfer.images.video_frame import VideoFrame
from featfer.images.video_times import Clock, sane_rate
from featfer.typing import Path as Name
from featfer.typing import Pixels
from featfer.utils.files import open_regular

# Files with these suffixes are expected to be videos; others are recognized by their content.
SUFFIXES = {".3g2", ".3gp", ".asf", ".avi", ".f4v", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mxf",
            ".ogv", ".vob", ".webm", ".wmv"}
# FFmpeg's readers that are used. Playlists, which refer to other files and addresses, are not among them, nor are images.
FORMATS = ("mov", "matroska", "avi", "mpegts", "mpeg", "asf", "flv", "ogg", "mxf", "wtv", "nut", "rm", "gxf", "dv", "ivf",
           "obu", "h264", "hevc", "mpegvideo", "m4v")
PICTURE_BRANDS = {"avif", "avis", "heic", "heim", "heis", "heix", "hevc", "hevx", "mif1", "msf1"}  # HEIF, which "mov" reads too
FINEST_RATE = 60   # frames per second; a higher base rate is only the unit of the timestamps
EARLY = 0.002      # seconds that a frame may come too early, because containers round times


class _VideoFile:
    """An open file for PyAV, in which seeking before the beginning, as damaged videos ask for, is no error."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def seek(self, place: int, whence: int = 0) -> int:
        try:
            return self._file.seek(place, whence)
        except (OSError, ValueError):
            return -1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class Video:
    """An open video: iterate over it to get each VideoFrame, then ask what could not be read.

    Attributes
    ----------
    rate : float
        Frames per second on average, as stated; USUAL_RATE if that is implausible.
    finest_rate : float
        Frames per second where they follow most closely.
    codec : str
        FFmpeg's name of it, such as "h264".
    length : float or None
        Seconds that the video lasts, as it states; None if it states nothing.
    """

    def __init__(self, container: Any, stream: Any, name: str) -> None:
        self._container, self._stream, self._name = container, stream, name
        self._codec_aspect = stream.codec_context.sample_aspect_ratio
        self.codec = stream.codec_context.name
        self.rate = sane_rate(stream.average_rate, stream.guessed_rate)
        self.finest_rate = max(self.rate, float(stream.base_rate or 0) if (stream.base_rate or 0) <= FINEST_RATE else 0.0)
        self.length = container.duration / 1e6 if container.duration and container.duration > 0 else None
        is_decoding = container.format.name == "avi" and bool(stream.codec_context.has_b_frames)
        self._clock = Clock(stream.time_base, 1 / self.rate, _may_restart(container), is_decoding)
        self._damage = Damage(container, stream, 1 / self.rate)

    def __iter__(self) -> Iterator[VideoFrame]:
        """Yield each VideoFrame that can be decoded; raise DataError if there is none."""
        number = 0
        for frame in self._decode():
            seconds = self._clock.next_time(frame)
            self._damage.add_frame(seconds)
            yield VideoFrame(number, seconds, frame, self._get_aspect())
            number += 1
        if number == 0:
            raise DataError(f"{self._name}: a video without a frame that can be read")

    def describe_damage(self) -> str | None:
        """Say how many frames could not be read, after all frames were read.

        Returns
        -------
        str or None
            A sentence that names the video; None if nothing was lost.
        """
        found = self._damage.summarize()
        return found and f"{self._name}: {found}"

    def _decode(self) -> Iterator[Any]:
        """Yield PyAV's frames; note the damaged ones."""
        av = import_pyav()
        for packet in self._demux():
            self._damage.add_packet(packet, self._clock)
            try:
                frames = packet.decode()
            except av.error.FFmpegError:  # damaged data; the next packet may be sound
                self._damage.add_failure(packet, self._clock)
                continue
            for frame in frames:
                if frame.is_corrupt:
                    self._damage.add_failure(frame, self._clock)
                else:
                    yield frame

    def _demux(self) -> Iterator[Any]:
        """Yield the packets of this stream; note the position of all packets."""
        av = import_pyav()
        try:
            for packet in self._container.demux():
                self._damage.add_bytes(packet)
                if packet.stream.index == self._stream.index:
                    yield packet
        except IndexError:  # PyAV's, at the end of a video in which new streams appeared
            return
        except (av.error.FFmpegError, OSError) as error:
            self._damage.stopped = error.strerror or str(error)

    def _get_aspect(self) -> float:
        """Return the width of a pixel over its height, as the container states it unless the stream has changed it."""
        now = self._stream.codec_context.sample_aspect_ratio
        return float((self._stream.sample_aspect_ratio if now == self._codec_aspect else now) or 1)


@contextmanager
def open_video(path: Name) -> Iterator[Video]:
    """Open a video for a `with` block.

    Parameters
    ----------
    path : path

    Yields
    ------
    Video

    Raises
    ------
    DataError
        When it is no video that can be read.
    MissingError
        When PyAV is not installed.
    """
    av = import_pyav()
    with _open_file(Path(path)) as file:
        try:
            # A file object, not a name: FFmpeg treats some names as addresses. Without a protocol it opens nothing else.
            options = {"format_whitelist": ",".join(FORMATS), "protocol_whitelist": "none"}
            container = av.open(_VideoFile(file), options=options, metadata_errors="replace")
        except (av.error.FFmpegError, OSError) as error:
            reason = "cut off, or never finished: it has no index" if _lacks_index(file) else error.strerror
            raise DataError(f"{path}: not a readable video ({reason})") from None
        with container:
            yield Video(container, _find_stream(container, path), str(path))


@contextmanager
def open_camera(number: int) -> Iterator[Any]:
    """Open a camera for a `with` block.

    Parameters
    ----------
    number : int
        From 0.

    Yields
    ------
    cv2.VideoCapture

    Raises
    ------
    DataError
        When it cannot be opened.
    MissingError
        When OpenCV is not installed.
    """
    camera = import_opencv().VideoCapture(number)
    try:
        if not camera.isOpened():
            raise DataError(f"camera {number}: cannot be opened; is it there, and used by no other program?")
        yield camera
    finally:
        camera.release()


def read_frames(path: Name, every: int | None = None) -> Iterator[tuple[int, float, Pixels]]:
    """Read every Nth frame of a video, or the first of each second.

    Parameters
    ----------
    path : path
    every : int, optional
        N; by default one frame per second of the video.

    Yields
    ------
    number : int
        Index of the frame, from 0.
    seconds : float
        Its time from the beginning.
    image : ndarray of uint8, (h, w, 3)
        RGB, upright, with square pixels.

    Raises
    ------
    DataError
        When it is no video or has no frame; after the last frame, when some frames could not be read.
    ParameterError
        When `every` is below 1. MissingError when PyAV is not installed.
    """
    if every is not None and every < 1:
        raise ParameterError(f"every {every}: take every frame (1), or every Nth")
    with open_video(path) as video:
        due = 0
        for frame in video:
            if frame.number % every == 0 if every else frame.seconds >= due - EARLY:
                due = int(frame.seconds + EARLY) + 1
                yield frame.number, frame.seconds, frame.pixels()
        if damage := video.describe_damage():
            raise DataError(damage)


def is_video(path: Name) -> bool:
    """Tell whether a file is a video by decoding its first frame.

    Parameters
    ----------
    path : path

    Returns
    -------
    bool
        False when PyAV is not installed.
    """
    try:
        with open_video(path) as video:
            return next(iter(video), None) is not None
    except FeatferError:
        return False


def _open_file(path: Path) -> BinaryIO:
    if os.path.isdir(path):  # pathlib's raises if the name is too long
        raise DataError(f"{path}: is a folder, not a video")
    try:
        return open_regular(path)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except OSError as error:
        raise DataError(f"{path}: not a readable video ({error.strerror})") from None


def _lacks_index(file: BinaryIO) -> bool:
    """Tell whether a file is an MP4 or MOV without its index, the box `moov`."""
    kinds: list[bytes] = []
    place, size, end = 0, 8, file.seek(0, 2)
    while size >= 8 and place < end and len(kinds) < 100:
        file.seek(place)
        size, kind = int.from_bytes(file.read(4)), file.read(4)
        if size == 1:  # the size follows
            size = int.from_bytes(file.read(8))
        place += size
        kinds.append(kind)
    return bool(kinds) and kinds[0] in (b"ftyp", b"mdat", b"wide") and b"moov" not in kinds


def _find_stream(container: Any, path: Name) -> Any:
    """Return the stream of moving pictures; raise DataError if there is none, as in music with a cover."""
    av = import_pyav()
    still = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails | av.stream.Disposition.still_image
    streams = [stream for stream in container.streams.video if not stream.disposition & still]
    if not streams or container.metadata.get("major_brand") in PICTURE_BRANDS:
        raise DataError(f"{path}: not a readable video (no moving pictures in it)")
    best = container.streams.best("video")
    stream = best if best in streams else streams[0]
    if stream.codec_context is None:
        raise DataError(f"{path}: not a readable video (of a codec that FFmpeg does not know)")
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > MAX_PIXELS:
        raise DataError(f"{path}: a video of {width}x{height} has more than {MAX_PIXELS:,} pixels; make it smaller first")
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}  # in case frames are larger than the video states
    return stream


def _may_restart(container: Any) -> bool:
    """Tell whether times may restart within the video, as in recordings of broadcasts, which are joined from pieces."""
    return bool(container.format.flags & import_pyav().format.Flags.ts_discont.value)
