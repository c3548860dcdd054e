"""Detectors: where the faces in an image are. To add one: a file, and a line in DETECTORS."""

from featfer.errors import ParameterError
from featfer.utils.registry import Registry

# Functions (image, single=False, smallest=None) -> a list of (score, box), best first.
# image: uint8 (h, w) or (h, w, 3); score: float, nan where there is none; box: left, top, right, bottom, float, in its pixels
# single: the image shows one face, so that a detector may be less sure of it than elsewhere
# smallest: side of the smallest face of interest in a photo, in its pixels; None: as each detector has it
DETECTORS = Registry({
    "hog": "featfer.faces.detectors.hog:detect",
    "mmod": "featfer.faces.detectors.mmod:detect",
    "haar": "featfer.faces.detectors.haar:detect",
    "whole": "featfer.faces.detectors.whole:detect",
    "mtcnn": "featfer.faces.detectors.mtcnn:detect",
})


def find_detector(name):
    """Return a detector by name; raise ParameterError when there is none."""
    if name not in DETECTORS:
        raise ParameterError(f"detector {name!r} is none of {', '.join(DETECTORS)}")
    return DETECTORS[name]
