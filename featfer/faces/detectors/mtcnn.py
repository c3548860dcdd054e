"""Three small convolutional networks in a row, as the package mtcnn has them; it brings TensorFlow."""

import functools

from featfer.errors import MissingError
from featfer.faces.detectors.scale import at_scale
from featfer.images.pixels import to_rgb


@at_scale(crop=96, photo=(600, 1200), window=20)
def detect(image, single=False):
    """Return (score, box) of each face of 20 pixels or more; the score is a probability. The thresholds are the package's own.

    Method: multi-task cascaded convolutional networks (Zhang et al. 2016). Raises MissingError without the package.
    """
    found = [(face["confidence"], face["box"]) for face in _detector().detect_faces(to_rgb(image))]
    return [(score, (x, y, x + width, y + height)) for score, (x, y, width, height) in found]


@functools.cache
def _detector():
    try:
        from mtcnn import MTCNN
    except ImportError as error:
        raise MissingError(f"detector mtcnn: cannot import its package ({error}): pip install 'mtcnn[tensorflow]'") from None
    return MTCNN()
