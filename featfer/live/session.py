"""A camera or a video in; a window, a video and results out, until it ends or the user has had enough."""

import time
from contextlib import ExitStack, closing
from dataclasses import dataclass

from featfer.bundle.persist import DEFAULT, load_recognizer
from featfer.errors import ParameterError
from featfer.images.opencv import import_opencv
from featfer.images.video import open_camera, open_video, sane_rate
from featfer.live.video_writer import VideoWriter, check_suffix
from featfer.live.window import Window
from featfer.utils.outputs import VIDEO, check_output, identities

VIDEO_LAG = 0.16    # seconds after which what was seen in a video is taken in: meanwhile two cores work side by side
MOST_SMOOTHING = 60


@dataclass(frozen=True)
class Summary:
    """frames: how many were recognized; seconds: that it took; left_out: frames of a camera that came too fast
    faceless: frames without a face
    damage: a sentence on the frames of a video that could not be read, None where there are none
    """

    frames: int
    seconds: float
    left_out: int
    faceless: int
    damage: str | None = None


def live(source=0, model=DEFAULT, out=None, window=True, each=None, smoothing=0.4, detector="hog", verify=True,
         labels=None, overwrite=False, smallest=None):
    """Recognize expressions in a camera's picture or a video while it runs; return a Summary.

    source: a camera's number (int) or a video's name; of a camera frames are left out where they come too fast, of a video none
    model, verify, labels: as featfer.bundle.persist.load_recognizer takes them; detector: one of featfer.faces.DETECTORS
    smallest: side in pixels of the smallest face of interest, from 20 to 2000; None: an eighth of the frame's shorter side
    out: a video to write, with boxes and bars: frames stand in it at the times at which they were seen
    overwrite: may a video that is there be replaced
    window: show it, with the frames/s of the last second; q or Esc ends it
    each: function called with each Frame and its list of LiveFace
    smoothing: the time constant, in seconds, of the exponential smoothing of probabilities; 0: none

    However it ends, by KeyboardInterrupt too, the camera is released and the video whole. Raises MissingError without OpenCV or
    a screen for the window, DataError for what is no video or camera, WriteError, ParameterError, BundleError.
    """
    cv2 = import_opencv()
    from featfer.live.frames import Newest, video_frames
    from featfer.live.output import Show
    from featfer.live.pipeline import watch
    from featfer.live.recognition import Looker

    _check(source, out, smoothing, overwrite)
    with ExitStack() as stack:
        screen = stack.enter_context(Window()) if window else None
        recognizer = load_recognizer(model, verify, labels)
        looker = Looker(recognizer, detector, smallest).warm_up()
        is_camera = isinstance(source, int)
        opened = stack.enter_context(open_camera(source) if is_camera else open_video(source))
        rate = sane_rate(opened.get(cv2.CAP_PROP_FPS)) if is_camera else opened.finest_rate
        writer = stack.enter_context(VideoWriter(out, rate)) if out else None
        if is_camera:
            frames, lag = stack.enter_context(Newest(opened, f"camera {source}")), None
        else:
            frames, lag = video_frames(opened), int(VIDEO_LAG * opened.rate) / opened.rate
        seen = stack.enter_context(closing(watch(frames, looker, recognizer.label_set.names, smoothing, lag)))
        return _run(seen, Show(screen, writer, each, is_live=is_camera), None if is_camera else opened.describe_damage)


def _run(seen, show, damage):
    start, frames, last, faceless = time.perf_counter(), 0, -1, 0
    for frame, faces in seen:
        frames, last, faceless = frames + 1, frame.number, faceless + (not faces)
        if not show(frame, faces):
            damage = None  # the rest was not asked for
            break
    return Summary(frames, time.perf_counter() - start, last + 1 - frames, faceless, damage and damage())


def _check(source, out, smoothing, overwrite):
    if not 0 <= smoothing <= MOST_SMOOTHING:
        raise ParameterError(f"smoothing {smoothing!r} is not from 0 to {MOST_SMOOTHING} seconds")
    if out is not None:
        check_suffix(out)
        check_output(out, VIDEO, identities([] if isinstance(source, int) else [source]), overwrite)
