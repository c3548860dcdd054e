"""dlib's convolutional face detector, which also finds turned and partly hidden faces."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from featfer.faces.detectors.scale import at_scale
from featfer.faces.dlib_models import find_model_file, import_dlib
from featfer.images.pixels import to_rgb
from featfer.utils.environment import count_threads
from featfer.utils.forking import load_once

if TYPE_CHECKING:
    from featfer.typing import Box, Pixels

DETECTOR_FILE = "mmod_human_face_detector.dat"
LEAST_SIDE = 32  # pixels; no face of 64 pixels fits, and dlib 20 writes beyond its memory in images of a few pixels' width


# Memory grows with the area: 0.4 GB at 1200 x 1200.
@at_scale(crop=192, photo=(600, 1200), window=64)
def detect(image: Pixels, single: bool = False) -> list[tuple[float, Box]]:
    """Return (score, box) of each face of 64 pixels or more, with dlib's convolutional network.

    Returns
    -------
    list of (float, tuple)
        The score of a clear face is about 1; the threshold is the network's own.

    Notes
    -----
    OpenVINO computes it: the boxes are dlib's, the scores dlib's but for 1e-4. If dlib was built with CUDA, it computes it on a
    GPU instead.

    References
    ----------
    King 2015, 2016 (max-margin object detection with a convolutional network).
    """
    if min(image.shape[:2]) < LEAST_SIDE:
        return []
    return _load_detector(count_threads())(to_rgb(image))


@load_once
def _load_detector(threads: int) -> Callable[[Pixels], list[tuple[float, Box]]]:
    if import_dlib().DLIB_USE_CUDA:
        return _load_dlib_detector()
    from featfer.faces.detectors.mmod_net import MmodNet
    return MmodNet(find_model_file(DETECTOR_FILE), threads)


def _load_dlib_detector() -> Callable[[Pixels], list[tuple[float, Box]]]:
    """Load dlib's own, which threads can share, too: dlib runs it in one after the other."""
    found = import_dlib().cnn_face_detection_model_v1(str(find_model_file(DETECTOR_FILE)))
    return lambda image: [(one.confidence, (one.rect.left(), one.rect.top(), one.rect.right() + 1, one.rect.bottom() + 1))
                          for one in found(image, 0)]
