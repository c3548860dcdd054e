"""Faces in an image: large ones first, and by a second look where the default detector finds none; else the whole image."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from featfer.errors import ParameterError
from featfer.faces.detectors import find_detector, whole
from featfer.faces.detectors.scale import SMALLEST, is_crop, resize_by
from featfer.faces.face import FAINT, FOUND, WHOLE_IMAGE, Face
from featfer.images.pixels import read_image
from featfer.images.several import FORMS, is_image, to_iterable
from featfer.utils.environment import count_cores

if TYPE_CHECKING:
    from featfer.typing import Box, Image, Images, Pixels

# How features are extracted; part of every feature's fingerprint. Raise the version when boxes change. Version 2 finds smaller
# faces than version 1 in images that are longer than 2,400 pixels or wider than 16:9. Version 3 takes a second look at photos
# in which version 2 finds no face. Version 4 looks for large faces first, and in portraits for no others. All other boxes,
# those of crops above all, are the same in all four: so are features, and a model trained on one version can be used with
# another.
DETECTOR = "hog"
DETECTION = {"detector": DETECTOR, "version": 4}
EARLIER_VERSIONS = (3, 2, 1)  # the latest first

LARGE_FACE = 0.25  # side of the smallest face that is looked for first, in sides of the photo's shorter side
PORTRAIT = 0.5     # a photo with a face of this side, in the same unit, is not searched for smaller ones
LEAST_PORTRAIT = 240  # pixels: in a photo whose shorter side has less, looking for all faces takes little longer

SECOND_DETECTOR = "mmod"
SECOND_FACE = 0.25  # side of the smallest face of the second look, in sides of a square with the photo's area
THREADED = ("hog", "mmod", "haar")  # detectors that let other threads run meanwhile

LANDMARK_SIDE = 192  # pixels: crops are enlarged to this for landmarks and chips
DETECTION_SIDE = 96  # pixels: an enlarged image is shrunk to this for the detector, which then finds more faces


def find_faces(image: Image, single: bool = False, detector: str = "hog", enlarge: Callable[[Pixels], Pixels] | None = None,
               smallest: float | None = None) -> list[Face]:
    """Find the faces in an image.

    Parameters
    ----------
    image : array, PIL image, file name or open file
        What `featfer.images.pixels.read_image` accepts, such as a uint8 array (h, w) or (h, w, 3).
    single : bool
        Return the best face only, however low its score. Always so for crops: images of at most 150 pixels a side.
    detector : str
        A name in `featfer.faces.DETECTORS`.
    enlarge : callable, optional
        Function from an image to the same or an enlarged one, in which faces are then detected, such as
        `featfer.Enlargement("srgan").enlarge_small`. Boxes and landmarks are still in pixels of the original.
    smallest : float, optional
        Side in pixels of the smallest face of interest in a photo, from 20 to 2000. Default: the detector's own; for "hog" in
        a portrait, which has a face of half its shorter side, a quarter of that side.

    Returns
    -------
    list of Face
        Best score first; of equal scores, the one further right first. In a photo in which "hog" finds none, those that a
        second look finds, with status FAINT. If there is still none, one Face with status WHOLE_IMAGE.

    Raises
    ------
    ParameterError, MissingError, DataError
        For an invalid argument; a detector's package that is not installed; an image that cannot be read.
    """
    pixels = _read_one(image)
    crop = is_crop(pixels.shape)
    single = single or crop
    enlarged = enlarge(pixels) if enlarge else pixels
    factor = enlarged.shape[0] / pixels.shape[0]
    found = _detect(detector, enlarged, single, smallest, factor)
    found, status = (found, FOUND) if found and detector != "whole" else _fall_back(pixels, detector, smallest)
    pixels, scale = _enlarge_crop(enlarged) if crop else (enlarged, 1.0)
    return [Face(pixels, scale * factor, box, status, score, crop, enlarged) for score, box in found[:1 if single else None]]


def find_faces_in(images: Images, detector: str = "hog", enlarge: Callable[[Pixels], Pixels] | None = None,
                  smallest: float | None = None) -> list[list[Face]]:
    """Find the faces in each of several images, in threads where the detector allows it.

    Parameters
    ----------
    images : image or iterable of images
        Each as for `find_faces`, like the other parameters.

    Returns
    -------
    list of list of Face
    """
    find = functools.partial(find_faces, detector=detector, enlarge=enlarge, smallest=smallest)
    images = list(to_iterable(images))
    if len(images) < 2 or detector not in THREADED:
        return list(map(find, images))
    contexts = [copy_context() for _ in images]  # where `limit_threads` has its number
    return list(_thread_pool(os.getpid()).map(lambda context, image: context.run(find, image), contexts, images))


def _read_one(image: Any) -> Pixels:
    """Return the pixels of an image; raise ParameterError for what is none, several images above all."""
    if not is_image(image):
        raise ParameterError(f"find_faces takes one of {FORMS}, not {type(image).__name__}; find_faces_in takes several")
    return read_image(image)


def _detect(detector: str, image: Pixels, single: bool, smallest: float | None, factor: float) -> list[tuple[float, Box]]:
    """Return (score, box) of each face in an image that was enlarged by a factor; boxes are in pixels of the original."""
    detect = find_detector(detector)
    if factor != 1:
        scale = min(1.0, DETECTION_SIDE / max(image.shape[:2]))
        found = detect(resize_by(image, scale), single)
        return [(score, tuple(side / scale / factor for side in box)) for score, box in found]
    is_default = detector == DETECTOR and smallest is None
    return (is_default and _detect_large(image)) or detect(image, single, smallest)


def _detect_large(image: Pixels) -> list[tuple[float, Box]]:
    """Return (score, box) of each large face in a portrait, best first; nothing for another image."""
    side = min(image.shape[:2])
    if side < LEAST_PORTRAIT:
        return []
    found = find_detector(DETECTOR)(image, smallest=min(LARGE_FACE * side, SMALLEST[1]))
    return found if any(right - left >= PORTRAIT * side for _, (left, _, right, _) in found) else []


def _fall_back(image: Pixels, detector: str, smallest: float | None) -> tuple[list[tuple[float, Box]], str]:
    """Return (score, box) pairs and a status for an image in which a detector finds nothing."""
    if detector == DETECTOR and not is_crop(image.shape) and (found := _look_again(image, smallest)):
        return found, FAINT
    return whole.detect(image), WHOLE_IMAGE


def _look_again(image: Pixels, smallest: float | None) -> list[tuple[float, Box]]:
    """Return (score, box) of each large face that SECOND_DETECTOR finds, best first; it takes the same time for every photo."""
    height, width = image.shape[:2]
    least = max(SECOND_FACE * (height * width) ** 0.5, smallest or 0)
    return find_detector(SECOND_DETECTOR)(image, smallest=min(max(least, SMALLEST[0]), SMALLEST[1]))


@functools.lru_cache(maxsize=1)
def _thread_pool(process_id: int) -> ThreadPoolExecutor:
    """Return the threads of this process: a forked process inherits its parent's pool, but not the threads."""
    return ThreadPoolExecutor(count_cores(), "featfer-faces")


def _enlarge_crop(image: Pixels) -> tuple[Pixels, float]:
    """Return a small crop enlarged to LANDMARK_SIDE, and by how much."""
    scale = max(1.0, LANDMARK_SIDE / min(image.shape[:2]))
    return resize_by(image, scale), scale
