"""Detect faces in a frame and recognize their expressions, in a thread beside the loop that shows the frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from featfer.faces import FOUND, check_smallest, find_detector
from featfer.faces.face import Face
from featfer.live.tracking import MAX_FACES, FaceObservation, FrameObservation, Track
from featfer.tracking.detecting import detect_hog, find_largest_scale
from featfer.tracking.matching import match_boxes
from featfer.typing import Box, Pixels

if TYPE_CHECKING:
    from featfer.live.frames import Frame
    from featfer.recognizer import Recognizer
    from featfer.tracking.optical_flow import GreyFrame

RECOGNIZE_EVERY = 0.1  # seconds, at least, between two frames in which expressions are recognized ...
DETECT_EVERY = 0.25    # ... and between two in which faces are detected, while some are followed
BLANK = np.zeros((96, 96, 3), np.uint8)


class FrameRecognizer:
    """Recognizes the faces in a frame.

    Parameters
    ----------
    recognizer : featfer.recognizer.Recognizer
    detector : str
        A name in `featfer.faces.DETECTORS`.
    smallest : float, optional
        Side in pixels of the smallest face of interest. Default: an eighth of the frame's shorter side.

    Raises
    ------
    ParameterError
        For an unknown detector, or a size out of range.
    """

    def __init__(self, recognizer: Recognizer, detector: str = "hog", smallest: float | None = None) -> None:
        check_smallest(smallest)
        detect = find_detector(detector)
        self._recognizer, self._smallest = recognizer, smallest
        self._detect: Callable[..., list[tuple[float, Box]]]
        self._detect = _detect_colour if detector == "hog" and smallest is None else detect

    def warm_up(self) -> Self:
        """Load all models, so that the first frame is not slow and nothing is missing; return the FrameRecognizer."""
        self._recognizer.warm_up()
        self.detect(BLANK)
        return self

    def recognize(self, frame: Frame, grey: GreyFrame, tracks: list[Track], has_detection: bool) -> FrameObservation:
        """Recognize the faces in a frame.

        Parameters
        ----------
        frame : Frame
        grey : GreyFrame
            Of the frame.
        tracks : list of Track
            The faces that are followed.
        has_detection : bool
            Whether to detect faces too, and not only to recognize those that are followed.

        Returns
        -------
        FrameObservation
        """
        image = np.asarray(cv2.cvtColor(frame.pixels, cv2.COLOR_BGR2RGB), np.uint8)
        boxes = self.detect(image) if has_detection else []
        pairs = match_boxes(boxes, [track.box for track in tracks])
        found = [(tracks[pairs[i]].id if i in pairs else None, box, True) for i, box in enumerate(boxes)]
        ids = {id for id, _, _ in found}
        found += [(track.id, track.box, False) for track in tracks if not (track.lost or track.id in ids)]
        probabilities = self.probabilities(image, [box for _, box, _ in found])
        faces = [FaceObservation(*face, row) for face, row in zip(found, probabilities, strict=True)]
        return FrameObservation(grey, frame.seconds, tracks, has_detection, faces)

    def probabilities(self, image: Pixels, boxes: Sequence[Box]) -> NDArray[np.float64]:
        """Return the probabilities, float (n, labels), of the faces in boxes of an image, uint8 (h, w, 3) RGB."""
        faces = [Face(image, 1.0, box, FOUND, np.nan, is_crop=False) for box in boxes]
        expressions = self._recognizer.expressions(faces, with_novelty=False) if faces else []
        return np.array([list(expression.probabilities.values()) for expression in expressions])

    def detect(self, image: Pixels) -> list[Box]:
        """Return the boxes of at most MAX_FACES faces in an image, uint8 (h, w, 3) RGB, best first."""
        if self._smallest is not None:
            return [box for _, box in self._detect(image, smallest=self._smallest)[:MAX_FACES]]
        scale = min(1.0, find_largest_scale(image.shape))
        shrunk = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
        return [(left / scale, top / scale, right / scale, bottom / scale)
                for _, (left, top, right, bottom) in self._detect(shrunk)[:MAX_FACES]]


def _detect_colour(image: Pixels) -> list[tuple[float, Box]]:
    return detect_hog(np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8))


class BackgroundRecognizer:
    """Recognizes one frame at a time in a thread, which ends when the `with` block does.

    Parameters
    ----------
    recognizer : FrameRecognizer
    lag : float, optional
        Seconds of the video after which the result is waited for and used, so that it does not depend on the machine's speed.
        Default: it is used as soon as it is there.

    Notes
    -----
    NumPy computes in that one thread: for one face, several threads that wait for each other cost ten times what they compute.
    """

    def __init__(self, recognizer: FrameRecognizer, lag: float | None = None) -> None:
        self._recognizer, self._lag = recognizer, lag
        self._pool = ThreadPoolExecutor(1, "recognize")
        self._frame: Frame | None = None
        self._future: Future[FrameObservation] | None = None
        self._recognized = self._detected = -np.inf  # times of the last frames

    def __enter__(self) -> Self:
        self._limits = threadpool_limits(1, user_api="blas")
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._limits.restore_original_limits()

    def start(self, frame: Frame, grey: GreyFrame, tracks: list[Track]) -> None:
        """Begin to recognize a frame, unless another is in work or the last one was too recently.

        The parameters are as for `FrameRecognizer.recognize`.
        """
        if self._future is not None or not _is_time(frame, self._recognized, RECOGNIZE_EVERY):
            return
        tracks = [replace(track) for track in tracks]  # the originals move on meanwhile
        # Only after a frame without detection: a slow machine would detect every time, and have new expressions seldom.
        is_turn = self._detected < self._recognized
        has_detection = all(track.lost for track in tracks) or (is_turn and _is_time(frame, self._detected, DETECT_EVERY))
        self._recognized, self._detected = frame.seconds, frame.seconds if has_detection else self._detected
        self._frame = frame
        self._future = self._pool.submit(self._recognizer.recognize, frame, grey, tracks, has_detection)

    def take_result(self, frame: Frame) -> FrameObservation | None:
        """Return the FrameObservation that is due at a frame, or None."""
        if self._future is None or self._frame is None:
            return None
        is_first = self._lag is not None and self._frame.number == 0
        is_due = self._future.done() if self._lag is None else is_first or _is_time(frame, self._frame.seconds, self._lag)
        if not is_due:
            return None
        observation, self._future = self._future.result(), None
        return observation


def _is_time(frame: Frame, last: float, every: float) -> bool:
    return frame.seconds - last > every - 1e-6  # such times are sums, and not exact
