"""Films and cameras, frame by frame, by OpenCV."""

from contextlib import contextmanager
from itertools import count
from pathlib import Path

from featfer.errors import DataError, ParameterError
from featfer.files import opened
from featfer.opencv import import_opencv

SUFFIXES = {".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm"}
USUAL_RATE = 25.0  # frames a second, of a film that does not say


@contextmanager
def open_film(source):
    """Open a film or a camera for a `with` block; gives a cv2.VideoCapture, which is released at the block's end.

    source: a film's path, or a camera's number (int). Raises DataError when it cannot be opened, MissingError without OpenCV.
    """
    cv2, is_camera = import_opencv(), isinstance(source, int)
    if not is_camera:
        _check_file(Path(source))
    film = cv2.VideoCapture(source if is_camera else str(source))
    try:
        if not film.isOpened():
            raise DataError(f"camera {source}: cannot be opened; is it there, and used by no other program?" if is_camera else
                            f"{source}: not a readable film")
        yield film
    finally:
        film.release()


def frames(path, every=None):
    """Yield (index, seconds, image) of a film's frames: every Nth, or about one a second, from the first on.

    index: of the frame, from 0; seconds: its time in the film, float; image: uint8 (h, w, 3) RGB, upright
    Raises DataError for what is no film or has no frame, ParameterError when every is below 1, MissingError without OpenCV.
    """
    if every is not None and every < 1:
        raise ParameterError(f"every {every}: take every frame (1), or every Nth")
    cv2, index = import_opencv(), 0
    with open_film(path) as film:
        rate = frame_rate(film)
        step = every or max(1, round(rate))
        for index in count():
            if not film.grab():
                break
            seconds = film.get(cv2.CAP_PROP_POS_MSEC) / 1000 or index / rate
            is_read, image = film.retrieve() if index % step == 0 else (False, None)
            if is_read:
                yield index, seconds, cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    if index == 0:
        raise DataError(f"{path}: a film without a frame that can be read")


def frame_rate(film):
    """Return the frames a second of an open film, float; USUAL_RATE where it does not say."""
    rate = film.get(import_opencv().CAP_PROP_FPS)
    return rate if 0 < rate < 1000 else USUAL_RATE


def _check_file(path):
    if path.is_dir():
        raise DataError(f"{path}: is a folder, not a film")
    try:
        opened(path).close()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except OSError as error:
        raise DataError(f"{path}: not a readable film ({error.strerror})") from None
