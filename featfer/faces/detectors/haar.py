"""OpenCV's cascade of Haar-like features: what many reference systems cut their faces out with."""

from pathlib import Path

import numpy as np

from featfer.errors import MissingError
from featfer.faces.detectors.per_thread import per_thread
from featfer.faces.detectors.scale import at_scale
from featfer.images.opencv import INSTALL, import_opencv

CASCADE = "haarcascade_frontalface_alt2.xml"
STEP = 1.1  # between the sizes of faces that are tried
NEIGHBOURS, SINGLE_NEIGHBOURS = 5, 1  # detections that must agree on a face: in a photo, and where it is known to be there


@at_scale(crop=96, photo=(1200, 2400), window=20, grey=True)
def detect(image, single=False):
    """Return (score, box) of each face of 20 pixels or more, seen from the front; the score is the last stage's sum.

    Method: a boosted cascade of Haar-like features (Viola and Jones 2001; Lienhart and Maydt 2002). Raises MissingError without
    OpenCV, or with OpenCV 5, which has the cascades no more.
    """
    boxes, _, scores = _cascade().detectMultiScale3(image, scaleFactor=STEP, outputRejectLevels=True,
                                                    minNeighbors=SINGLE_NEIGHBOURS if single else NEIGHBOURS)
    return [(score, (x, y, x + width, y + height)) for score, (x, y, width, height)
            in zip(np.ravel(scores), np.reshape(boxes, (-1, 4)).tolist(), strict=True)]


@per_thread
def _cascade():
    cv2 = import_opencv()
    path = Path(getattr(getattr(cv2, "data", None), "haarcascades", "")) / CASCADE
    if not (hasattr(cv2, "CascadeClassifier") and path.is_file()):
        raise MissingError(f"detector haar: OpenCV {cv2.__version__} has no Haar cascades, 4.x has: {INSTALL}")
    return cv2.CascadeClassifier(str(path))
