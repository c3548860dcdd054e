"""Chips: faces turned upright and scaled to 150x150, the input of dlib's face network."""

import numpy as np

from featfer.faces.dlib_models import import_dlib
from featfer.images.pixels import resize, to_rgb

ALIGNMENTS = ("5", "68", "none")
CHIP_SIDE = 150
CHIP_PADDING = 0.25  # of the face's side, all round: what dlib's network was trained with


def cut_chip(image, box, points, is_crop):
    """Return a chip, uint8 (150, 150, 3) RGB.

    image: uint8 (h, w) or (h, w, 3); box: left, top, right, bottom in its pixels; points: float (5 or 68, 2).
    Without points the chip is not aligned: it is the whole image where that is a crop, else the box, resized.
    """
    if points is None:
        return to_rgb(resize(image if is_crop else inside(image, box), CHIP_SIDE, CHIP_SIDE))
    return to_rgb(import_dlib().get_face_chip(image, _detection(box, points), CHIP_SIDE, CHIP_PADDING))


def chip_matrix(image, box, points, is_crop):
    """Return where a chip shows what: the matrix, float (3, 3), from x, y, 1 in pixels of the image to those of the chip, whole
    numbers being the middles of pixels; arguments: those of `cut_chip`."""
    if points is None:
        left, top, right, bottom = bounds(image, (0, 0, image.shape[1], image.shape[0]) if is_crop else box)
        return resize_matrix((bottom - top, right - left), (CHIP_SIDE, CHIP_SIDE)) @ shift_matrix(-left, -top)
    details = import_dlib().get_face_chip_details(_detection(box, points), CHIP_SIDE, CHIP_PADDING)
    rect, half = details.rect, (CHIP_SIDE - 1) / 2
    scale = 2 * half / (rect.right() - rect.left())
    cos, sin = scale * np.cos(details.angle), scale * np.sin(details.angle)
    turn = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
    middle = (rect.left() + rect.right()) / 2, (rect.top() + rect.bottom()) / 2  # dcenter() rounds
    return shift_matrix(half, half) @ turn @ shift_matrix(-middle[0], -middle[1])


def resize_matrix(before, after):
    """Return the matrix (3, 3) from x, y, 1 in pixels of an image to those of it resized; sizes: (height, width)."""
    scale = np.diag([after[1] / before[1], after[0] / before[0], 1])
    return shift_matrix(-0.5, -0.5) @ scale @ shift_matrix(0.5, 0.5)


def shift_matrix(x, y):
    """Return the matrix (3, 3) that moves x, y, 1 by so much."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def inside(image, box):
    """Return the part of an image that is in a box, a pixel at least."""
    left, top, right, bottom = bounds(image, box)
    return image[top:bottom, left:right]


def clipped(box, width, height):
    """Return the part of a box (left, top, right, bottom) that lies in an image of this size."""
    return tuple(min(max(side, 0.0), end) for side, end in zip(box, (width, height) * 2, strict=True))


def bounds(image, box):
    """Return left, top, right, bottom of what `inside` returns, int, in pixels of the image."""
    left, top, right, bottom = (max(round(side), 0) for side in box)
    height, width = image.shape[:2]
    return left, top, min(max(right, left + 1), width), min(max(bottom, top + 1), height)


def _detection(box, points):
    dlib = import_dlib()
    return dlib.full_object_detection(dlib.rectangle(*box), [dlib.point(int(x), int(y)) for x, y in np.round(points)])
