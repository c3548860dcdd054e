"""A camera or a video in; a window, a video and results out, until it ends or the user stops."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from featfer.bundle.persist import DEFAULT, load_recognizer
from featfer.errors import ParameterError
from featfer.expression import check_reject
from featfer.images.opencv import import_opencv
from featfer.images.video import Video, open_camera, open_video
from featfer.images.video_times import sane_rate
from featfer.images.video_writer import VideoWriter, check_suffix
from featfer.live.window import Window
from featfer.typing import Path
from featfer.utils.outputs import VIDEO, check_output, identify_files
from featfer.utils.progress import bar

if TYPE_CHECKING:
    from featfer.live.frames import Frame
    from featfer.live.output import Each
    from featfer.live.pipeline import LiveFace
    from featfer.recognizer import Recognizer

VIDEO_LAG = 0.16     # seconds after which what was recognized in a frame is used: meanwhile two cores work in parallel
MOST_SMOOTHING = 60


@dataclass(frozen=True)
class LiveSummary:
    """What `live` has done.

    Attributes
    ----------
    frames : int
        Number of frames that were output.
    seconds : float
        Time that they took.
    left_out : int
        Frames of a camera that came too fast.
    faceless : int
        Frames without a face.
    damage : str or None
        A sentence on the frames of a video that could not be read.
    """

    frames: int
    seconds: float
    left_out: int
    faceless: int
    damage: str | None = None


def live(source: int | str = 0, model: Path = DEFAULT, out: Path | None = None, window: bool = True, each: Each | None = None,
         smoothing: float = 0.4, detector: str = "hog", verify: bool = True, labels: str | None = None, overwrite: bool = False,
         smallest: float | None = None, reject: float = 0.0, prior: str | None = None, device: str | None = None,
         precision: str | None = None) -> LiveSummary:
    """Recognize expressions in a camera's picture or a video while it runs. The written video is complete however it ends.

    Parameters
    ----------
    source : int or str
        A camera's number, or a video's file. Frames that come too fast are left out of a camera's, never of a video's.
    model, verify, labels, prior, device, precision
        As for `featfer.bundle.persist.load_recognizer`.
    out, overwrite : str, optional, and bool
        A video to write, with boxes and bars, each frame at its time; whether an existing video may be replaced.
    window, each : bool, and callable, optional
        Show the frames in a window (q or Esc ends it); called with each Frame and its list of LiveFace.
    smoothing, reject : float
        Time constant of exponential smoothing in seconds, or 0; least smoothed probability of an expression, else "unsure".
    detector, smallest
        As for `featfer.faces.find_faces`; by default faces are found from an eighth of the frame's shorter side on.

    Returns
    -------
    LiveSummary

    Raises
    ------
    DataError, MissingError
        For a source that is no video or camera; without OpenCV, or without a screen for the window.
    """
    _check(source, out, smoothing, reject, overwrite)
    with ExitStack() as stack:
        screen = stack.enter_context(Window()) if window else None
        loaded = load_recognizer(model, verify, labels, prior, device, precision)
        recognize = _prepare(loaded, detector, smallest, smoothing, reject)
        opened, rate = _open(source, stack)
        writer = stack.enter_context(VideoWriter(out, rate)) if out else None
        frames, lag, damage = _read(source, opened, stack)
        recognized = stack.enter_context(closing(recognize(frames, lag=lag)))
        return _run(_show_progress(recognized, opened, stack), screen, writer, each, damage, source)


def _prepare(recognizer: Recognizer, detector: str, smallest: float | None, smoothing: float,
             reject: float) -> Callable[..., Generator[tuple[Frame, list[LiveFace]], None, None]]:
    """Return `recognize_frames` of a recognizer that has loaded its models: a function of frames and a lag."""
    from featfer.live.pipeline import recognize_frames
    from featfer.live.recognition import FrameRecognizer
    ready = FrameRecognizer(recognizer, detector, smallest).warm_up()
    return partial(recognize_frames, recognizer=ready, names=recognizer.label_set.names, smoothing=smoothing,
                   reject=reject)


def _open(source: int | str, stack: ExitStack) -> tuple[Any, float]:
    """Return an open camera or video, which the stack closes, and its frames/s."""
    if isinstance(source, int):
        camera = stack.enter_context(open_camera(source))
        return camera, sane_rate(camera.get(import_opencv().CAP_PROP_FPS))
    opened = stack.enter_context(open_video(source))
    return opened, opened.finest_rate


def _read(source: int | str, opened: Any,
          stack: ExitStack) -> tuple[Iterable[Frame], float | None, Callable[[], str | None] | None]:
    """Return the frames of an open source, the lag of recognition, and a function that describes damage (or None)."""
    from featfer.live.frames import NewestFrames, video_frames
    if isinstance(source, int):
        return stack.enter_context(NewestFrames(opened, f"camera {source}")), None, None
    return video_frames(opened), int(VIDEO_LAG * opened.rate) / opened.rate, opened.describe_damage


def _show_progress(recognized: Iterable[tuple[Frame, list[LiveFace]]], opened: Any,
                   stack: ExitStack) -> Iterable[tuple[Frame, list[LiveFace]]]:
    """Return what was recognized, with a bar if it is in a video."""
    if not isinstance(opened, Video):
        return recognized
    total = opened.length and round(opened.length * opened.rate)
    return stack.enter_context(bar(recognized, total=total, desc="recognizing", unit=" frames", delay=1))


def _run(recognized: Iterable[tuple[Frame, list[LiveFace]]], screen: Window | None, writer: VideoWriter | None,
         each: Each | None, damage: Callable[[], str | None] | None, source: int | str) -> LiveSummary:
    """Output all frames, or until the user wants no more; return a LiveSummary."""
    from featfer.live.output import FrameOutput
    output = FrameOutput(screen, writer, each, is_live=isinstance(source, int))
    start, frames, last, faceless = time.perf_counter(), 0, -1, 0
    for frame, faces in recognized:
        frames, last, faceless = frames + 1, frame.number, faceless + (not faces)
        if not output.put(frame, faces):
            damage = None  # the rest was not wanted
            break
    return LiveSummary(frames, time.perf_counter() - start, last + 1 - frames, faceless, damage and damage())


def _check(source: int | str, out: Path | None, smoothing: float, reject: float, overwrite: bool) -> None:
    """Raise an error for what can be refused before any work."""
    import_opencv()
    check_reject(reject)
    if not 0 <= smoothing <= MOST_SMOOTHING:
        raise ParameterError(f"smoothing {smoothing!r} is not from 0 to {MOST_SMOOTHING} seconds")
    if out is not None:
        check_suffix(out)
        check_output(out, VIDEO, identify_files([] if isinstance(source, int) else [source]), overwrite)
