"""Looking at a frame: where its faces are and what they express, beside the loop that shows the frames."""

import functools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
import torch
from threadpoolctl import threadpool_limits

from featfer.faces import FOUND, Face, check_smallest, find_detector
from featfer.faces.dlib_models import load_frontal_detector
from featfer.live.tracking import MAX_FACES, Look, Sight, matched

LOOK_EVERY = 0.1     # seconds; faces are looked at no more often ...
SEARCH_EVERY = 0.25  # ... and, where some are followed, searched for no more often than this
SEARCH_SIDE = 640        # pixels of the shorter side at which HOG searches
LARGEST = 1200, 900      # pixels that the longer side is shrunk to for all, or the root of the area, whichever shrinks less
BLANK = np.zeros((96, 96, 3), np.uint8)


def detect_hog(image):
    """Return (score, box) of each face in an image, uint8 (h, w, 3), best first, as featfer.faces.detectors.hog does, but of
    those alone that are an eighth of its shorter side high: in half the time."""
    scale = min(SEARCH_SIDE / min(image.shape[:2]), _most_scale(image.shape))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), None, fx=scale, fy=scale, interpolation=method)
    boxes, scores, _ = _hog().run(grey, 0, 0.0)
    found = ((score, (b.left(), b.top(), b.right() + 1, b.bottom() + 1)) for score, b in zip(scores, boxes, strict=True))
    return sorted(((score, tuple(side / scale for side in box)) for score, box in found), reverse=True)


def _most_scale(shape):
    return max(LARGEST[0] / max(shape[:2]), LARGEST[1] / (shape[0] * shape[1]) ** 0.5)


@functools.cache
def _hog():
    return load_frontal_detector()


class Looker:
    """Sees faces with a Recognizer and a detector, by its name; smallest: side of the smallest face of interest, in pixels of
    the frame, None for the sizes above. Raises ParameterError for an unknown detector, or a size that cannot be."""

    def __init__(self, recognizer, detector="hog", smallest=None):
        check_smallest(smallest)
        detect = find_detector(detector)
        self._recognizer, self._smallest = recognizer, smallest
        self._detect = detect_hog if detector == "hog" and smallest is None else detect

    def warm_up(self):
        """Return it with its models read, so that the first frame neither waits for them nor fails for want of one."""
        self._recognizer.warm_up("torch")
        self._search(BLANK)
        return self

    def recognize(self, frame, view, tracks, searching):
        """Return the Look at a frame; view: its View; tracks: those followed in it; searching: whether to detect faces too."""
        image = cv2.cvtColor(frame.pixels, cv2.COLOR_BGR2RGB)
        boxes = self._search(image) if searching else []
        pairs = matched(boxes, [track.box for track in tracks])
        seen = [(tracks[pairs[i]].id if i in pairs else None, box, True) for i, box in enumerate(boxes)]
        found = {id for id, _, _ in seen}
        seen += [(track.id, track.box, False) for track in tracks if not (track.lost or track.id in found)]
        values = self.probabilities(image, [box for _, box, _ in seen])
        sights = [Sight(*sight, row) for sight, row in zip(seen, values, strict=True)]
        return Look(view, frame.seconds, tracks, searching, sights)

    def probabilities(self, image, boxes):
        """Return the probabilities, float (n, labels), of the faces in boxes of an image, uint8 (h, w, 3) RGB."""
        faces = [Face(image, 1.0, box, FOUND, np.nan, is_crop=False) for box in boxes]
        seen = self._recognizer.expressions(faces, "torch") if faces else []
        return np.array([list(expression.probabilities.values()) for expression in seen])

    def _search(self, image):
        if self._smallest is not None:
            return [box for _, box in self._detect(image, smallest=self._smallest)[:MAX_FACES]]
        scale = min(1.0, _most_scale(image.shape))
        shrunk = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
        return [tuple(side / scale for side in box) for _, box in self._detect(shrunk)[:MAX_FACES]]


class Beside:
    """Looks at one frame at a time in a thread of its own, which ends when the block does.

    It computes in that thread alone: for one face, threads that wait for each other cost ten times what they compute.

    lag: after so many seconds of the video the Look is waited for and taken, so that it does not depend on how fast the machine
    is; None: it is taken as soon as it is there
    """

    def __init__(self, looker, lag=None):
        self._looker, self._lag = looker, lag
        self._pool = ThreadPoolExecutor(1, "look", initializer=torch.set_num_threads, initargs=(1,))
        self._frame, self._future = None, None
        self._looked = self._searched = -np.inf

    def __enter__(self):
        self._limits = threadpool_limits(1, user_api="blas")
        return self

    def __exit__(self, *_):
        self._pool.shutdown(cancel_futures=True)
        self._limits.restore_original_limits()
        torch.set_num_threads(torch.get_num_threads())  # of this thread, for those that come; the other set its own for them

    def ask(self, frame, view, tracks):
        """Begin to look at a frame where none is being looked at and it is time to; view, tracks: as for Looker.look."""
        if self._future is not None or not _is_time(frame, self._looked, LOOK_EVERY):
            return
        tracks = [replace(track) for track in tracks]  # they go on meanwhile
        in_turn = self._searched < self._looked  # a slow machine would search every time, and see expressions seldom
        searching = all(track.lost for track in tracks) or (in_turn and _is_time(frame, self._searched, SEARCH_EVERY))
        self._looked, self._searched = frame.seconds, frame.seconds if searching else self._searched
        self._frame, self._future = frame, self._pool.submit(self._looker.recognize, frame, view, tracks, searching)

    def answer(self, frame):
        """Return the Look that is to be taken when a frame is the present one, None where there is none yet."""
        if self._future is None:
            return None
        is_first = self._lag is not None and self._frame.number == 0
        is_due = self._future.done() if self._lag is None else is_first or _is_time(frame, self._frame.seconds, self._lag)
        if not is_due:
            return None
        look, self._future = self._future.result(), None
        return look


def _is_time(frame, last, every):
    return frame.seconds - last > every - 1e-6  # such times are sums, and not exact
