"""dlib's frontal face detector: histograms of oriented gradients."""

from featfer.faces.detectors.per_thread import per_thread
from featfer.faces.detectors.scale import at_scale
from featfer.faces.dlib_models import frontal_detector

SINGLE_THRESHOLD = -1.0  # where the image shows one face, its score may be as low as this


# A part of 16 million pixels takes 130 MB; a photo of 24 million is looked at in one.
@at_scale(crop=96, photo=(1200, 2400), window=80, smallest=100, part=4000, grey=True)
def detect(image, single=False):
    """Return (score, box) of each face of 80 pixels or more, upright and seen from the front; scores above 0 are usual.

    Method: histograms of oriented gradients (Dalal and Triggs 2005), max-margin object detection (King 2015).
    """
    boxes, scores, _ = _detector().run(image, 0, SINGLE_THRESHOLD if single else 0.0)
    return [(score, (b.left(), b.top(), b.right() + 1, b.bottom() + 1)) for score, b in zip(scores, boxes, strict=True)]


@per_thread
def _detector():
    return frontal_detector()
