"""Face detectors: functions that find the faces in an image. To add one, write a file and add a line to DETECTORS.

Each is a function `detect(image, single=False, smallest=None)`.

Parameters
----------
image : uint8 array (h, w) or (h, w, 3)
single : bool
    Whether the image shows exactly one face, so that a lower score is enough.
smallest : float, optional
    Side in pixels of the smallest face to find in a photo. Default: the detector's own.

Returns
-------
list of (float, (float, float, float, float))
    Score and box of each face, best first. The score is nan if the detector has none. The box is left, top, right, bottom in
    pixels of the image, right and bottom excluded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from featfer.errors import ParameterError
from featfer.utils.registry import Registry

DETECTORS = Registry({
    "hog": "featfer.faces.detectors.hog:detect",
    "mmod": "featfer.faces.detectors.mmod:detect",
    "haar": "featfer.faces.detectors.haar:detect",
    "whole": "featfer.faces.detectors.whole:detect",
    "mtcnn": "featfer.faces.detectors.mtcnn:detect",
})


def find_detector(name: str) -> Callable[..., list[tuple[float, Any]]]:
    """Return the detector with this name.

    Parameters
    ----------
    name : str
        One of DETECTORS.

    Returns
    -------
    callable
        As described above.

    Raises
    ------
    ParameterError
        For an unknown name.
    """
    if name not in DETECTORS:
        raise ParameterError(f"detector {name!r} is none of {', '.join(DETECTORS)}")
    return DETECTORS[name]
