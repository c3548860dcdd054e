"""A camera or a film in; a window, a film and results out, until it ends or the user has had enough."""

import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from featfer.bundle import DEFAULT, load_recognizer
from featfer.errors import ParameterError
from featfer.films import frame_rate, open_film
from featfer.live.window import Window
from featfer.live.writing import FilmWriter, check_suffix
from featfer.opencv import import_opencv

FILM_LAG = 0.16     # seconds after which what was seen in a film is taken in: meanwhile two cores work side by side
MOST_SMOOTHING = 60


@dataclass(frozen=True)
class Summary:
    """frames: how many were recognized; seconds: that it took; left_out: frames of a camera that came too fast"""

    frames: int
    seconds: float
    left_out: int


def live(source=0, model=DEFAULT, out=None, window=True, each=None, smoothing=0.4, detector="hog", verify=True,
         labels=None):
    """Recognize expressions in a camera's picture or a film while it runs; return a Summary.

    source: a camera's number (int) or a film's name; of a camera frames are left out where they come too fast, of a film none
    model, verify, labels: as featfer.bundle.load_recognizer takes them; detector: one of featfer.faces.DETECTORS
    out: a film to write, with boxes and bars: a film's has its size, frames and rate, a camera's is as long as it ran
    window: show it, with the frames/s of the last second; q or Esc ends it
    each: function called with each Frame and its list of LiveFace
    smoothing: the time constant, in seconds, of the exponential smoothing of probabilities; 0: none

    However it ends, by KeyboardInterrupt too, the camera is released and the film whole. Raises MissingError without OpenCV or
    a screen for the window, DataError for what is no film or camera, WriteError, ParameterError, BundleError.
    """
    import_opencv()
    from featfer.live.frames import Newest, film_frames
    from featfer.live.looking import Looker
    from featfer.live.pipeline import watch
    from featfer.live.showing import Show

    _check(source, out, smoothing)
    with ExitStack() as stack:
        screen = stack.enter_context(Window()) if window else None
        recognizer = load_recognizer(model, verify, labels)
        looker = Looker(recognizer, detector).warmed()
        opened = stack.enter_context(open_film(source))
        rate, is_camera = frame_rate(opened), isinstance(source, int)
        writer = stack.enter_context(FilmWriter(out, rate)) if out else None
        if is_camera:
            frames, lag = stack.enter_context(Newest(opened, f"camera {source}")), None
        else:
            frames, lag = film_frames(opened, rate, source), int(FILM_LAG * rate)
        seen = stack.enter_context(closing(watch(frames, looker, recognizer.label_set.names, smoothing, lag)))
        return _run(seen, Show(screen, writer, each, keeps_time=is_camera))


def _run(seen, show):
    start, frames, last = time.perf_counter(), 0, -1
    for frame, faces in seen:
        frames, last = frames + 1, frame.number
        if not show(frame, faces):
            break
    return Summary(frames, time.perf_counter() - start, last + 1 - frames)


def _check(source, out, smoothing):
    if not 0 <= smoothing <= MOST_SMOOTHING:
        raise ParameterError(f"smoothing {smoothing!r} is not from 0 to {MOST_SMOOTHING} seconds")
    if out is not None:
        check_suffix(out)
        if not isinstance(source, int) and Path(out).resolve() == Path(source).resolve():
            raise ParameterError(f"out {str(out)!r} is the film that is read, and would be lost; name another")
