"""Chips: faces turned upright and scaled to 150x150, the input of dlib's face network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.faces.dlib_models import import_dlib
from featfer.images.pixels import resize, to_rgb

if TYPE_CHECKING:
    from featfer.typing import Floats, Pixels

ALIGNMENTS = ("5", "68", "none")
CHIP_SIDE = 150
CHIP_PADDING = 0.25  # of the face's side, all round: what dlib's network was trained with


def cut_chip(image: Pixels, box: Sequence[float], points: Floats | None, is_crop: bool) -> Pixels:
    """Return the chip of a face: aligned by its landmarks, or without them only cut out and resized.

    Parameters
    ----------
    image : uint8 array (h, w) or (h, w, 3)
    box : (int, int, int, int)
        Left, top, right and bottom of the face in pixels of the image.
    points : float array (5, 2) or (68, 2), or None
        Landmarks, x and y in pixels of the image.
    is_crop : bool
        Whether the image is a crop around this face; without landmarks the chip is then the whole image.

    Returns
    -------
    uint8 array (150, 150, 3)
        RGB.
    """
    if points is None:
        return to_rgb(resize(image if is_crop else cut_box(image, box), CHIP_SIDE, CHIP_SIDE))
    return to_rgb(import_dlib().get_face_chip(image, _to_dlib(box, points), CHIP_SIDE, CHIP_PADDING))


def chip_matrix(image: Pixels, box: Sequence[float], points: Floats | None, is_crop: bool) -> Floats:
    """Return the matrix from pixels of the image to pixels of the chip that `cut_chip` makes of the same arguments.

    Returns
    -------
    float array (3, 3)
        For columns (x, y, 1), where whole numbers are the centres of pixels.
    """
    if points is None:
        left, top, right, bottom = clip_to_pixels((0, 0, image.shape[1], image.shape[0]) if is_crop else box, image)
        return resize_matrix((bottom - top, right - left), (CHIP_SIDE, CHIP_SIDE)) @ shift_matrix(-left, -top)
    details = import_dlib().get_face_chip_details(_to_dlib(box, points), CHIP_SIDE, CHIP_PADDING)
    rect, half = details.rect, (CHIP_SIDE - 1) / 2
    scale = 2 * half / (rect.right() - rect.left())
    cos, sin = scale * np.cos(details.angle), scale * np.sin(details.angle)
    rotation = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
    centre = (rect.left() + rect.right()) / 2, (rect.top() + rect.bottom()) / 2  # dcenter() rounds
    return shift_matrix(half, half) @ rotation @ shift_matrix(-centre[0], -centre[1])


def resize_matrix(before: tuple[float, float], after: tuple[float, float]) -> Floats:
    """Return the matrix (3, 3) from pixels (x, y, 1) of an image to those of it resized; sizes are (height, width)."""
    scale = np.diag([after[1] / before[1], after[0] / before[0], 1])
    return shift_matrix(-0.5, -0.5) @ scale @ shift_matrix(0.5, 0.5)


def shift_matrix(x: float, y: float) -> Floats:
    """Return the matrix (3, 3) that moves a point (x, y, 1) by `x` and `y`."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def cut_box(image: Pixels, box: Sequence[float]) -> Pixels:
    """Return the part of an image inside a box, at least one pixel."""
    left, top, right, bottom = clip_to_pixels(box, image)
    return image[top:bottom, left:right]


def clip_to_pixels(box: Sequence[float], image: Pixels) -> tuple[int, int, int, int]:
    """Return a box rounded to whole pixels of an image, at least one pixel, without what lies outside."""
    left, top, right, bottom = (max(round(side), 0) for side in box)
    height, width = image.shape[:2]
    return left, top, min(max(right, left + 1), width), min(max(bottom, top + 1), height)


def _to_dlib(box: Sequence[float], points: Floats) -> Any:
    """Return a face's box and landmarks as dlib's full_object_detection."""
    dlib = import_dlib()
    return dlib.full_object_detection(dlib.rectangle(*box), [dlib.point(int(x), int(y)) for x, y in np.round(points)])
