"""Resizing images for detectors: to the right scale, in parts if they are large, with boxes mapped back to the original."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from featfer.errors import ParameterError
from featfer.images.pixels import resize, to_grey

if TYPE_CHECKING:
    from featfer.typing import Pixels

CROP_SIDE = 150  # pixels: an image whose sides are no longer than this is treated as a crop around one face
SMALLEST = 20, 2000  # pixels: range of the smallest face to find
MOST_ENLARGED = 4  # times: enlarging a photo further finds no more faces
NARROW = 0.75  # side of a square with the area of a 16:9 photo, in units of the photo's longer side
OVERLAP = 3  # width of the overlap of neighbouring parts, in smallest faces; larger faces are found at half the scale
MOST_OVERLAP = 0.5  # of the smaller of two boxes: two that overlap more show the same face


def at_scale(crop: int, photo: tuple[int, int], window: int, smallest: int | None = None, part: int | None = None,
             grey: bool = False) -> Callable[[Callable[..., Any]], Callable[..., list[tuple[float, Any]]]]:
    """Make a detector for images of any size from a function that detects faces at one scale (a decorator).

    Parameters
    ----------
    crop : int
        Crops are enlarged until their shorter side has this many pixels.
    photo : (int, int)
        Photos are enlarged, at most twice, until their longer side has the first number of pixels, and shrunk until it has the
        second. Photos wider than 16:9 are resized to the number of pixels that a 16:9 photo would have.
    window : int
        Side in pixels of the smallest face that the function finds.
    smallest : int, optional
        Photos are not shrunk so far that faces of this side, in pixels of the photo, are missed.
    part : int, optional
        Images larger than a square of this side are cut into parts, to bound the memory needed. Default: the second of `photo`.
    grey : bool
        Whether the function takes grey images.

    Returns
    -------
    callable
        Decorator of a function (image, single) that returns (score, box) pairs in any order. The decorated function takes
        (image, single=False, smallest=None), where `smallest` is the side of the smallest face to find in a photo. Its
        boxes are in pixels of the original image, best score first; of equal scores, the one further right first.
    """
    find_scale = functools.partial(_find_scale, crop=crop, photo=photo, window=window, default=smallest)
    largest = part or photo[1]

    def decorate(detect: Callable[..., Any]) -> Callable[..., list[tuple[float, Any]]]:
        @functools.wraps(detect)
        def detect_at_scale(image: Pixels, single: bool = False, smallest: float | None = None) -> list[tuple[float, Any]]:
            scale = find_scale(image.shape, smallest)
            found = _detect_in_parts(functools.partial(detect, single=single), to_grey(image) if grey else image,
                                     scale, largest, window)
            return sorted(((float(score), tuple(map(float, box))) for score, box in found), reverse=True)
        return detect_at_scale
    return decorate


def check_smallest(smallest: float | None) -> None:
    """Raise ParameterError unless the side of the smallest face to find is None or from 20 to 2000 pixels."""
    least, most = SMALLEST
    if smallest is not None and not (isinstance(smallest, (int, float)) and least <= smallest <= most):
        raise ParameterError(f"smallest face {smallest!r} is not from {least} to {most} pixels")


def compute_scale(shape: Sequence[int], crop: int, photo: tuple[int, int], least: float | None = None) -> float:
    """Return the scale to which an image is resized for a detector, if no smallest face is set.

    Parameters
    ----------
    shape : tuple of int
        Height, width and possibly channels of the image.
    crop, photo
        As for `at_scale`.
    least : float, optional
        Photos are not shrunk below this scale.

    Returns
    -------
    float
        Above 1, the image is enlarged.
    """
    if is_crop(shape):
        return max(1.0, crop / min(shape[:2]))
    height, width = shape[:2]
    enlarged, shrunk = (max(longer / max(height, width), NARROW * longer / (height * width) ** 0.5) for longer in photo)
    return min(2.0, max(1.0, enlarged), max(shrunk, least or 0))


def is_crop(shape: Sequence[int]) -> bool:
    """Return whether an image of this shape is treated as a crop around one face (bool)."""
    return max(shape[:2]) <= CROP_SIDE


def resize_by(image: Pixels, scale: float) -> Pixels:
    """Enlarge or shrink an image by a factor.

    Parameters
    ----------
    image : uint8 array (h, w) or (h, w, 3)
    scale : float

    Returns
    -------
    uint8 array
        At least one pixel high and wide.
    """
    height, width = image.shape[:2]
    return resize(image, max(1, round(height * scale)), max(1, round(width * scale)))


def _find_scale(shape: Sequence[int], smallest: float | None, crop: int, photo: tuple[int, int], window: int,
                default: int | None) -> float:
    """Return by how much to resize an image so that the detector's window fits its smallest face to find."""
    check_smallest(smallest)
    if smallest is None or is_crop(shape):
        return compute_scale(shape, crop, photo, default and window / default)
    return min(MOST_ENLARGED, window / smallest)


def _detect_in_parts(detect: Callable[..., Any], image: Pixels, scale: float, side: float,
                     window: int) -> list[tuple[float, Sequence[float]]]:
    """Return (score, box) of each face in an image resized by `scale`, boxes in pixels of the image.

    An image that is then larger than a square of `side` is cut into overlapping parts. Faces too large for any part are found
    in the image at half the scale.
    """
    height, width = image.shape[:2]
    if height * width * scale ** 2 <= side ** 2:
        return [(score, [end / scale for end in box]) for score, box in detect(resize_by(image, scale))]
    found = _detect_in_parts(detect, image, scale / 2, side, window)
    for (top, bottom), (left, right) in product(*(_split_length(length, side / scale, OVERLAP * window / scale)
                                                  for length in (height, width))):
        found += [(score, [end / scale + start for end, start in zip(box, (left, top, left, top), strict=True)])
                  for score, box in detect(resize_by(image[top:bottom, left:right], scale))]
    return _drop_repeats(found)


def _split_length(length: int, part: float, overlap: float) -> list[tuple[int, int]]:
    """Split a length into equal parts of at most `part`, each of which overlaps the next; return (start, end) of each."""
    count = max(1, -int(-(length - overlap) // (part - overlap)))
    step = (length - overlap) / count
    return [(round(i * step), min(length, round((i + 1) * step + overlap))) for i in range(count)]


def _drop_repeats(found: list[tuple[float, Sequence[float]]]) -> list[tuple[float, Sequence[float]]]:
    """Return (score, box) pairs without those that show the same face as a pair with a better score."""
    kept: list[tuple[float, Sequence[float]]] = []
    for score, box in sorted(found, reverse=True):
        if all(_measure_overlap(box, other) <= MOST_OVERLAP for _, other in kept):
            kept.append((score, box))
    return kept


def _measure_overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the area that two boxes share, as a fraction of the smaller box (float from 0 to 1)."""
    width, height = (min(one[end], other[end]) - max(one[end - 2], other[end - 2]) for end in (2, 3))
    least = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return max(0, width) * max(0, height) / least if least > 0 else 0.0
