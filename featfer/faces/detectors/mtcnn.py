"""MTCNN, a cascade of three small convolutional networks, from the package mtcnn, which needs TensorFlow."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from featfer.errors import MissingError
from featfer.faces.detectors.scale import at_scale
from featfer.images.pixels import to_rgb

if TYPE_CHECKING:
    from featfer.typing import Box, Pixels


@at_scale(crop=96, photo=(600, 1200), window=20)
def detect(image: Pixels, single: bool = False) -> list[tuple[float, Box]]:
    """Return (score, box) of each face of 20 pixels or more, with multi-task cascaded convolutional networks.

    Returns
    -------
    list of (float, tuple)
        The score is a probability; the thresholds are the package's own.

    Raises
    ------
    MissingError
        If the package mtcnn cannot be imported.

    References
    ----------
    Zhang et al. 2016 (joint face detection and alignment).
    """
    found = [(face["confidence"], face["box"]) for face in _load_detector().detect_faces(to_rgb(image))]
    return [(score, (x, y, x + width, y + height)) for score, (x, y, width, height) in found]


@functools.cache
def _load_detector() -> Any:
    try:
        from mtcnn import MTCNN
    except ImportError as error:
        raise MissingError(f"detector mtcnn: cannot import its package ({error}): pip install 'mtcnn[tensorflow]'") from None
    return MTCNN()
