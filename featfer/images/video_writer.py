"""Videos written with PyAV: complete under their name or not at all, each frame at its time."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import numpy as np

from featfer.errors import ParameterError, WriteError
from featfer.images.pyav import import_pyav
from featfer.typing import Path as Name
from featfer.typing import Pixels
from featfer.utils.files import write_atomically
from featfer.utils.outputs import VIDEO

FORMATS = {".avi": "avi", ".mkv": "matroska", ".mov": "mov", ".mp4": "mp4"}
# Encoders and their options, by codec: of constant quality, hardly distinguishable from the original.
CODECS = {"mpeg4": ("mpeg4", {"qmin": "3", "qmax": "3"}), "h264": ("libx264", {"crf": "18", "preset": "veryfast"})}
CONSTANT = {".avi"}                   # formats whose frames are a constant time apart
TICK = Fraction(1, 60000)             # seconds: the unit of time in other formats; MPEG-4 has no finer one
BT601, LIMITED = 6, 1                 # numbers, in ITU-T H.273 and in FFmpeg, of the colours into which frames are converted


class VideoWriter:
    """Writes frames to a video. The file appears when the `with` block ends, unless there was no frame.

    Parameters
    ----------
    path : str or Path
        Its suffix, one of FORMATS, says the format.
    rate : float
        Frames/s that the file states; in an .avi they are constant.
    codec : {"mpeg4", "h264"}
        MPEG-4 part 2 is written three times as fast; browsers play H.264 alone. Without an encoder for H.264 it is MPEG-4.
    keep : bool
        Whether a `with` block that ends with an error leaves the frames until then. Otherwise it leaves nothing.

    Raises
    ------
    ParameterError
        For another suffix.
    MissingError
        Without PyAV.
    WriteError
        When the video cannot be written, or not all of it.

    Notes
    -----
    These formats have no odd width or height: the last column or row is then left out.
    """

    def __init__(self, path: Name, rate: float, codec: str = "mpeg4", keep: bool = True) -> None:
        self.path, self._codec, self._keeps = Path(path), codec, keep
        check_suffix(path)
        self._suffix, self._rate = self.path.suffix.lower(), Fraction(rate).limit_denominator(1001)
        self._tick = 1 / self._rate if self._suffix in CONSTANT else TICK
        self._container: Any = None
        self._frame: Any = None
        self._last, self._error = -1, None  # type: int, OSError | None
        self._whole = ExitStack()

    def __enter__(self) -> Self:
        import_pyav()
        self._file = self._whole.enter_context(write_atomically(self.path, VIDEO))
        return self

    def write(self, pixels: Pixels, seconds: float) -> None:
        """Write a frame.

        Parameters
        ----------
        pixels : uint8 array (h, w, 3)
            BGR, with the size of the first frame.
        seconds : float
            Time since the first frame. Of two frames in the same tick of the video's clock, the second is left out. In an .avi,
            whose frames are a constant time apart, a frame is repeated until the next.
        """
        height, width = (side - side % 2 for side in pixels.shape[:2])
        frame = import_pyav().VideoFrame.from_ndarray(np.ascontiguousarray(pixels[:height, :width]), format="bgr24")
        try:
            if self._container is None:
                self._open(width, height)
            self._add(frame, round(Fraction(seconds) / self._tick))
        except OSError as error:
            self._error = error
            raise WriteError(error.errno, error.strerror or str(error), str(self.path)) from error

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with suppress(_NothingError), self._whole:
            if self._error:
                raise self._error
            if self._container is None:
                raise _NothingError
            self._container.mux(self._stream.encode(None))
            self._container.close()
            if kind is not None and not self._keeps:
                raise _NothingError

    def _open(self, width: int, height: int) -> None:
        self._container = import_pyav().open(self._file, "w", format=FORMATS[self._suffix])
        encoder, options = _find_encoder(self._codec)
        self._stream = self._container.add_stream(encoder, rate=self._rate, options=options)
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._stream.codec_context.colorspace, self._stream.codec_context.color_range = BT601, LIMITED
        self._stream.codec_context.time_base = self._tick

    def _add(self, frame: Any, tick: int) -> None:
        """Encode a frame at a tick; in an .avi, first repeat the last one up to that tick."""
        if self._suffix in CONSTANT:
            for repeated in range(self._last + 1, tick):
                self._encode(self._frame or frame, repeated)
        if tick > self._last:
            self._encode(frame, tick)
            self._frame = frame

    def _encode(self, frame: Any, tick: int) -> None:
        frame.pts, frame.time_base, frame.duration = tick, self._tick, round(1 / self._rate / self._tick)
        self._container.mux(self._stream.encode(frame))
        self._last = tick


class _NothingError(Exception):
    """Nothing is to be written: an existing file stays."""


def _find_encoder(codec: str) -> tuple[str, dict[str, str]]:
    """Return the name of the encoder and its options."""
    encoder, options = CODECS[codec]
    return (encoder, dict(options)) if encoder in import_pyav().codecs_available else _find_encoder("mpeg4")


def check_suffix(path: Name) -> None:
    """Raise ParameterError for a video's name whose suffix is not in FORMATS."""
    if Path(path).suffix.lower() not in FORMATS:
        raise ParameterError(f"out {str(path)!r}: a video's name ends in {', '.join(FORMATS)}")
