"""Films written with OpenCV: whole under their name, or not at all."""

import errno
import os
import tempfile
from pathlib import Path

from featfer.errors import ParameterError, WriteError
from featfer.opencv import import_opencv

CODECS = {".avi": "XVID", ".mkv": "mp4v", ".mov": "mp4v", ".mp4": "mp4v"}  # which every build of OpenCV encodes
RIGHTS = 0o644


class FilmWriter:
    """Writes frames to a film, which takes its name when the block ends, however it does; without a frame there is no film.

    path: its suffix says the format, one of CODECS; rate: frames/s
    Of an odd width or height the last column or row is left out: these formats do not have it. Raises ParameterError for
    another suffix, WriteError where the film cannot be made, or not all of it.
    """

    def __init__(self, path, rate):
        self.path, self.rate = Path(path), rate
        check_suffix(path)
        self._written, self._writer, self._part = 0, None, None

    def __enter__(self):
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            handle, name = tempfile.mkstemp(f".part{self.path.suffix}", f".{self.path.stem}.", self.path.parent)
            os.close(handle)
            os.chmod(name, RIGHTS)  # mkstemp's files are for their owner alone
        except OSError as error:
            raise WriteError(error.errno, error.strerror or str(error), str(self.path)) from error
        self._part = Path(name)
        return self

    def write(self, pixels, seconds=None):
        """Write a frame, uint8 (h, w, 3) BGR; all have the first one's size.

        seconds: when it was seen, since the first; it is then written as often as it takes to reach that time at the film's
        rate, not at all where the film is there already. Without it, once.
        """
        if self._writer is None:
            self._writer = self._open(pixels.shape)
        for _ in range(1 if seconds is None else round(seconds * self.rate) + 1 - self._written):
            self._writer.write(pixels)
            self._written += 1

    def __exit__(self, *_):
        try:
            if self._writer is not None:
                self._writer.release()
                self._check()
                os.replace(self._part, self.path)
        except OSError as error:
            raise WriteError(error.errno, error.strerror or str(error), str(self.path)) from error
        finally:
            self._part.unlink(missing_ok=True)

    def _open(self, shape):
        cv2, codec = import_opencv(), CODECS[self.path.suffix.lower()]
        writer = cv2.VideoWriter(str(self._part), cv2.VideoWriter_fourcc(*codec), self.rate, (shape[1], shape[0]))
        if not writer.isOpened():
            writer.release()
            reason = f"OpenCV does not encode {shape[1]}x{shape[0]} at {self.rate:g} frames/s as {codec}: name another suffix"
            raise WriteError(errno.EINVAL, reason, str(self.path))
        return writer

    def _check(self):
        """Raise WriteError where frames are missing, as when the disk is full, which OpenCV keeps to itself."""
        cv2 = import_opencv()
        film = cv2.VideoCapture(str(self._part))
        found = film.get(cv2.CAP_PROP_FRAME_COUNT)
        film.release()
        if found != self._written:
            raise WriteError(errno.EIO, f"not all of its {self._written} frames were; is the disk full?", str(self.path))


def check_suffix(path):
    """Raise ParameterError for a film's name whose suffix is no format that can be written."""
    if Path(path).suffix.lower() not in CODECS:
        raise ParameterError(f"out {str(path)!r}: a film's name ends in {', '.join(CODECS)}")
