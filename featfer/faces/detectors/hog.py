"""dlib's frontal face detector: histograms of oriented gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featfer.faces.detectors.per_thread import per_thread
from featfer.faces.detectors.scale import at_scale
from featfer.faces.dlib_models import load_frontal_detector

if TYPE_CHECKING:
    from featfer.typing import Box, Pixels

SINGLE_THRESHOLD = -1.0  # lowest score in an image of one face


# A part of 16 million pixels takes 130 MB; a photo of 24 million pixels is not cut.
@at_scale(crop=96, photo=(1200, 2400), window=80, smallest=100, part=4000, grey=True)
def detect(image: Pixels, single: bool = False) -> list[tuple[float, Box]]:
    """Return (score, box) of each upright, frontal face of 80 pixels or more, with dlib's HOG detector.

    Returns
    -------
    list of (float, tuple)
        Scores are above 0, or above SINGLE_THRESHOLD for an image that shows one face.

    References
    ----------
    Dalal and Triggs 2005 (histograms of oriented gradients); King 2015 (max-margin object detection).
    """
    boxes, scores, _ = _load_detector().run(image, 0, SINGLE_THRESHOLD if single else 0.0)
    return [(score, (b.left(), b.top(), b.right() + 1, b.bottom() + 1)) for score, b in zip(scores, boxes, strict=True)]


@per_thread
def _load_detector() -> Any:
    return load_frontal_detector()
