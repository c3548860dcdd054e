"""Chips: faces turned upright and scaled to 150x150, the input of dlib's face network."""

import numpy as np

from featfer.faces.dlib_models import import_dlib
from featfer.images import resize, to_rgb

ALIGNMENTS = ("5", "68", "none")
CHIP_SIDE = 150
CHIP_PADDING = 0.25  # of the face's side, all round: what dlib's network was trained with


def cut_chip(image, box, points, is_crop):
    """Return a chip, uint8 (150, 150, 3) RGB.

    image: uint8 (h, w) or (h, w, 3); box: left, top, right, bottom in its pixels; points: float (5 or 68, 2).
    Without points the chip is not aligned: it is the whole image where that is a crop, else the box, resized.
    """
    if points is None:
        return to_rgb(resize(image if is_crop else _inside(image, box), CHIP_SIDE, CHIP_SIDE))
    dlib = import_dlib()
    shape = dlib.full_object_detection(
        dlib.rectangle(*box), [dlib.point(int(x), int(y)) for x, y in np.round(points)])
    return to_rgb(dlib.get_face_chip(image, shape, CHIP_SIDE, CHIP_PADDING))


def _inside(image, box):
    left, top, right, bottom = (max(side, 0) for side in box)
    return image[top:max(bottom, top + 1), left:max(right, left + 1)]
