"""dlib's landmarks: 68 points of the iBUG 300-W scheme, or 5 (the corners of the eyes and the base of the nose)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.faces.dlib_models import find_model_file, import_dlib

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from featfer.typing import Pixels

POINT_MODELS = {5: "shape_predictor_5_face_landmarks.dat", 68: "shape_predictor_68_face_landmarks.dat"}


def find_points(image: Pixels, box: tuple[int, int, int, int], count: int) -> NDArray[np.float32]:
    """Find the landmarks of the face in a box.

    Parameters
    ----------
    image : uint8 array (h, w) or (h, w, 3)
    box : (int, int, int, int)
        Left, top, right and bottom in pixels of the image.
    count : {5, 68}

    Returns
    -------
    float32 array (count, 2)
        x and y in pixels of the image.

    References
    ----------
    Kazemi and Sullivan 2014, "One millisecond face alignment".
    """
    left, top, right, bottom = box
    rectangle = import_dlib().rectangle(left, top, right - 1, bottom - 1)  # dlib's right and bottom belong to the box
    shape = _load_predictor(count)(image, rectangle)
    return np.array([(p.x, p.y) for p in shape.parts()], np.float32)


@functools.cache
def _load_predictor(count: int) -> Any:
    return import_dlib().shape_predictor(str(find_model_file(POINT_MODELS[count])))
