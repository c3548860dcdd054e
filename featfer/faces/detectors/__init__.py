"""Detectors, which find the faces in an image. To add one: a file, and a line in DETECTORS."""

from featfer.errors import ParameterError
from featfer.utils.registry import Registry

# Functions (image, single=False, smallest=None) that return a list of (score, box), best first.
# image: uint8 (h, w) or (h, w, 3); score: float, nan if there is none; box: left, top, right, bottom, floats, in pixels
# single: whether the image shows one face, so that the detector may accept lower scores
# smallest: side of the smallest face to find in a photo, in pixels; None for the detector's default
DETECTORS = Registry({
    "hog": "featfer.faces.detectors.hog:detect",
    "mmod": "featfer.faces.detectors.mmod:detect",
    "haar": "featfer.faces.detectors.haar:detect",
    "whole": "featfer.faces.detectors.whole:detect",
    "mtcnn": "featfer.faces.detectors.mtcnn:detect",
})


def find_detector(name):
    """Return a detector by name.

    Parameters
    ----------
    name : str
        A name in DETECTORS.

    Returns
    -------
    function

    Raises
    ------
    ParameterError
        If there is no such detector.
    """
    if name not in DETECTORS:
        raise ParameterError(f"detector {name!r} is none of {', '.join(DETECTORS)}")
    return DETECTORS[name]
