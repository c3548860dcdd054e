"""OpenCV's cascade of Haar-like features, the face detector of many published systems."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.errors import MissingError
from featfer.faces.detectors.per_thread import per_thread
from featfer.faces.detectors.scale import at_scale
from featfer.images.opencv import import_opencv
from featfer.utils.environment import name_install_command

if TYPE_CHECKING:
    from featfer.typing import Box, Pixels

CASCADE = "haarcascade_frontalface_alt2.xml"
STEP = 1.1  # ratio between neighbouring sizes of face that are searched
NEIGHBOURS, SINGLE_NEIGHBOURS = 5, 1  # detections that must agree on a face: in a photo, and in an image of one face


@at_scale(crop=96, photo=(1200, 2400), window=20, grey=True)
def detect(image: Pixels, single: bool = False) -> list[tuple[float, Box]]:
    """Return (score, box) of each frontal face of 20 pixels or more, with a boosted cascade of Haar-like features.

    Returns
    -------
    list of (float, tuple)
        The score is the sum of the cascade's last stage.

    Raises
    ------
    MissingError
        Without OpenCV, or with OpenCV 5, which no longer has the cascades.

    References
    ----------
    Viola and Jones 2001; Lienhart and Maydt 2002.
    """
    boxes, _, scores = _load_cascade().detectMultiScale3(image, scaleFactor=STEP, outputRejectLevels=True,
                                                         minNeighbors=SINGLE_NEIGHBOURS if single else NEIGHBOURS)
    return [(score, (x, y, x + width, y + height)) for score, (x, y, width, height)
            in zip(np.ravel(scores), np.reshape(boxes, (-1, 4)).tolist(), strict=True)]


@per_thread
def _load_cascade() -> Any:
    cv2 = import_opencv()
    path = Path(getattr(getattr(cv2, "data", None), "haarcascades", "")) / CASCADE
    if not (hasattr(cv2, "CascadeClassifier") and path.is_file()):
        raise MissingError(f"detector haar: OpenCV {cv2.__version__} has no Haar cascades, 4.x has: "
                           f"{name_install_command('video')}")
    return cv2.CascadeClassifier(str(path))
