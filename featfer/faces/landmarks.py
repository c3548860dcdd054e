"""dlib's landmarks: 68 points after the iBUG 300-W scheme, or 5 (the corners of the eyes and the base of the nose)."""

import functools

import numpy as np

from featfer.faces.dlib_models import import_dlib, model_file

POINT_MODELS = {5: "shape_predictor_5_face_landmarks.dat", 68: "shape_predictor_68_face_landmarks.dat"}


def find_points(image, box, count):
    """Return landmarks as float32 (count, 2), x and y in pixels of the image.

    image: uint8 (h, w) or (h, w, 3); box: left, top, right, bottom in its pixels; count: 5 or 68.
    Method: Kazemi and Sullivan 2014, "One millisecond face alignment".
    """
    left, top, right, bottom = box
    rectangle = import_dlib().rectangle(left, top, right - 1, bottom - 1)  # dlib's right and bottom are inside
    shape = _predictor(count)(image, rectangle)
    return np.array([(p.x, p.y) for p in shape.parts()], np.float32)


@functools.cache
def _predictor(count):
    return import_dlib().shape_predictor(str(model_file(POINT_MODELS[count])))
