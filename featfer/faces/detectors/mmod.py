"""dlib's convolutional face detector, which also finds turned and partly hidden faces, and is slow without a GPU."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from featfer.faces.detectors.scale import at_scale
from featfer.faces.dlib_models import find_model_file, import_dlib
from featfer.images.pixels import to_rgb

if TYPE_CHECKING:
    from featfer.typing import Box, Pixels

DETECTOR_FILE = "mmod_human_face_detector.dat"
LEAST_SIDE = 32  # pixels; in images of a few pixels' width dlib 20 writes beyond its memory, and no face of 64 pixels fits


# Memory grows with the area: 1 GB at 1200 x 900.
@at_scale(crop=192, photo=(600, 1200), window=64)
def detect(image: Pixels, single: bool = False) -> list[tuple[float, Box]]:
    """Return (score, box) of each face of 64 pixels or more, with dlib's convolutional network.

    Returns
    -------
    list of (float, tuple)
        The score of a clear face is about 1; the threshold is the network's own.

    Notes
    -----
    It runs on a GPU if dlib was built with CUDA.

    References
    ----------
    King 2015, 2016 (max-margin object detection with a convolutional network).
    """
    if min(image.shape[:2]) < LEAST_SIDE:
        return []
    found = _load_detector()(to_rgb(image), 0)
    return [(d.confidence, (d.rect.left(), d.rect.top(), d.rect.right() + 1, d.rect.bottom() + 1)) for d in found]


@functools.cache  # threads share it: dlib runs it in one after the other
def _load_detector() -> Any:
    return import_dlib().cnn_face_detection_model_v1(str(find_model_file(DETECTOR_FILE)))
