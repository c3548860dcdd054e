"""Videos, frame by frame: decoded by PyAV, upright, with square pixels, at the times at which they are to be shown."""

import os
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from featfer.errors import DataError, FeatferError, ParameterError
from featfer.images.decoding import MAX_PIXELS
from featfer.images.opencv import import_opencv
from featfer.images.pyav import import_pyav
from featfer.images.video_damage import Damage
from featfer.images.video_times import Clock
from featfer.utils.files import open_regular

# What has one of these is expected to be a video; one of any other name is found by its content.
SUFFIXES = {".3g2", ".3gp", ".asf", ".avi", ".f4v", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mxf",
            ".ogv", ".vob", ".webm", ".wmv"}
# FFmpeg's readers that may see a file. Playlists, which name other files and addresses, are not among them, nor are pictures.
FORMATS = ("mov", "matroska", "avi", "mpegts", "mpeg", "asf", "flv", "ogg", "mxf", "wtv", "nut", "rm", "gxf", "dv", "ivf",
           "obu", "h264", "hevc", "mpegvideo", "m4v")
PICTURE_BRANDS = {"avif", "avis", "heic", "heim", "heis", "heix", "hevc", "hevx", "mif1", "msf1"}  # HEIF, which "mov" reads too
USUAL_RATE = 25.0  # frames a second, of a video or a camera that does not say ...
LEAST_RATE, MOST_RATE = 1 / 60, 240.0  # ... or says less or more than this
USUAL_COLOURS = "ITU601"
FINEST_RATE = 60   # above it, what a video of varying rate states is only the unit of its timestamps
WIDEST = 5         # times as wide as high, or as high as wide, a pixel may be; what says more is wrong
EARLY = 0.002      # seconds by which a frame may come before the second that it is taken for: containers round times


class _Source:
    """A file as PyAV reads it: a damaged video that points before its beginning is no error of the file's."""

    def __init__(self, file):
        self._file = file

    def seek(self, place, whence=0):
        try:
            return self._file.seek(place, whence)
        except (OSError, ValueError):
            return -1

    def __getattr__(self, name):
        return getattr(self._file, name)


class VideoFrame:
    """A decoded frame. number: how many came before it; seconds: from the video's beginning, float."""

    def __init__(self, number, seconds, frame, aspect):
        self.number, self.seconds, self._frame, self._aspect = number, seconds, frame, aspect

    def pixels(self, order="rgb24"):
        """Return uint8 (h, w, 3), upright and with square pixels; order: "rgb24" or "bgr24"."""
        width, height = _square(self._frame.width, self._frame.height, self._aspect)
        convert = partial(self._frame.to_ndarray, format=order, width=width, height=height, interpolation="BICUBIC")
        try:
            image = convert()
        except import_pyav().error.FFmpegError:  # colours that FFmpeg does not know, as where a video's header is damaged
            image = convert(src_colorspace=USUAL_COLOURS)
        return _upright(image, self._frame)


class Video:
    """The frames of an open video, as an iterator of VideoFrame, and what of it could not be read.

    rate: frames a second on average as it states, USUAL_RATE where that cannot be; finest_rate: where they follow most closely
    """

    def __init__(self, container, stream, name):
        self._container, self._stream, self._name = container, stream, name
        self._codec_aspect = stream.codec_context.sample_aspect_ratio
        self.rate = sane_rate(stream.average_rate, stream.guessed_rate)
        self.finest_rate = max(self.rate, float(stream.base_rate or 0) if (stream.base_rate or 0) <= FINEST_RATE else 0.0)
        is_decoding = container.format.name == "avi" and bool(stream.codec_context.has_b_frames)
        self._clock = Clock(stream.time_base, 1 / self.rate, _restarts(container), is_decoding)
        self._damage = Damage(container, stream, 1 / self.rate)

    def __iter__(self):
        """Yield each VideoFrame that can be decoded; raise DataError where there is none."""
        number = 0
        for frame in self._decoded():
            seconds = self._clock.next_time(frame)
            self._damage.add_frame(seconds)
            yield VideoFrame(number, seconds, frame, self._aspect())
            number += 1
        if number == 0:
            raise DataError(f"{self._name}: a video without a frame that can be read")

    def describe_damage(self):
        """Return a sentence on the frames that could not be read, once all were asked for; None where there are none."""
        found = self._damage.summary()
        return found and f"{self._name}: {found}"

    def _decoded(self):
        av = import_pyav()
        for packet in self._packets():
            self._damage.add_packet(packet, self._clock)
            try:
                frames = packet.decode()
            except av.error.FFmpegError:  # FFmpeg has many for damaged data; the next packet may be sound
                self._damage.add_failure(packet, self._clock)
                continue
            for frame in frames:
                if frame.is_corrupt:
                    self._damage.add_failure(frame, self._clock)
                else:
                    yield frame

    def _packets(self):
        """Yield the packets of the stream; those of the others are only counted."""
        av = import_pyav()
        try:
            for packet in self._container.demux():
                self._damage.add_bytes(packet)
                if packet.stream.index == self._stream.index:
                    yield packet
        except IndexError:  # PyAV's, at the end of a video in which further streams came up
            return
        except (av.error.FFmpegError, OSError) as error:
            self._damage.stopped = error.strerror or str(error)

    def _aspect(self):
        """Return the width of a pixel over its height, from the container unless the stream itself has changed it."""
        now = self._stream.codec_context.sample_aspect_ratio
        return float((self._stream.sample_aspect_ratio if now == self._codec_aspect else now) or 1)


@contextmanager
def open_video(path):
    """Open a video for a `with` block; gives a Video. Raises DataError for what is no video, MissingError without PyAV."""
    av = import_pyav()
    with _opened(Path(path)) as file:
        try:
            # A file object, not a name: FFmpeg takes some names for addresses. Without a protocol it opens nothing else.
            container = av.open(_Source(file), options={"format_whitelist": ",".join(FORMATS), "protocol_whitelist": "none"},
                                metadata_errors="replace")
        except (av.error.FFmpegError, OSError) as error:
            reason = "cut off, or never finished: it has no index" if _lacks_index(file) else error.strerror
            raise DataError(f"{path}: not a readable video ({reason})") from None
        with container:
            yield Video(container, _video_stream(container, path), str(path))


@contextmanager
def open_camera(number):
    """Open a camera for a `with` block; gives a cv2.VideoCapture.

    Raises DataError where it cannot be opened, MissingError without OpenCV.
    """
    camera = import_opencv().VideoCapture(number)
    try:
        if not camera.isOpened():
            raise DataError(f"camera {number}: cannot be opened; is it there, and used by no other program?")
        yield camera
    finally:
        camera.release()


def read_frames(path, every=None):
    """Yield (number, seconds, image) of a video's frames: every Nth, or the first of each second of the video.

    number: of the frame, from 0; seconds: its time in the video, float; image: uint8 (h, w, 3) RGB, upright, of square pixels
    Raises DataError for what is no video or has no frame, and, after the last frame, where some could not be read;
    ParameterError when every is below 1, MissingError without PyAV.
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


def is_video(path):
    """Say whether a file is a video, by its content: whether a frame can be decoded. False without PyAV."""
    try:
        with open_video(path) as video:
            return next(iter(video), None) is not None
    except FeatferError:
        return False


def sane_rate(*rates):
    """Return the first of some rates that a video or a camera can have, as a float, USUAL_RATE where there is none."""
    return next((float(rate) for rate in rates if rate and LEAST_RATE <= rate <= MOST_RATE), USUAL_RATE)


def _opened(path):
    if os.path.isdir(path):  # pathlib's raises where a name is too long
        raise DataError(f"{path}: is a folder, not a video")
    try:
        return open_regular(path)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except OSError as error:
        raise DataError(f"{path}: not a readable video ({error.strerror})") from None


def _lacks_index(file):
    """Say whether a file is an MP4 or MOV without the box `moov`, without which nothing in it can be found."""
    kinds, place, size, end = [], 0, 8, file.seek(0, 2)
    while size >= 8 and place < end and len(kinds) < 100:
        file.seek(place)
        size, kind = int.from_bytes(file.read(4)), file.read(4)
        if size == 1:  # the size follows
            size = int.from_bytes(file.read(8))
        place += size
        kinds.append(kind)
    return bool(kinds) and kinds[0] in (b"ftyp", b"mdat", b"wide") and b"moov" not in kinds


def _video_stream(container, path):
    """Return the stream of moving pictures; raise DataError where there is none, as in music with a cover."""
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
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}  # for frames that are larger than the video says
    return stream


def _restarts(container):
    """Say whether times may begin anew within such a video: recordings of broadcasts and discs are joined from pieces."""
    return bool(container.format.flags & import_pyav().format.Flags.ts_discont.value)


def _square(width, height, aspect):
    """Return the size of a frame with square pixels: one side grows, so that none of the picture is lost."""
    if not 1 / WIDEST <= aspect <= WIDEST or width * height * max(aspect, 1 / aspect) > MAX_PIXELS:
        return width, height
    return (round(width * aspect), height) if aspect >= 1 else (width, round(height / aspect))


def _upright(image, frame):
    """Turn and mirror an image as the frame's display matrix says, in quarter turns."""
    matrix = next((np.frombuffer(data, np.int32) for data in frame.side_data if data.type.name == "DISPLAYMATRIX"), None)
    if matrix is None:
        return image
    (a, b), (c, d) = matrix[:2], matrix[3:5]
    if abs(b) > abs(a):
        image, a, d = image.swapaxes(0, 1), c, b
    return np.ascontiguousarray(image[::-1 if d < 0 else 1, ::-1 if a < 0 else 1])
