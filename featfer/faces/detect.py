"""Faces in an image; the whole image where a detector finds none."""

import functools
import os
from concurrent.futures import ThreadPoolExecutor

from featfer.faces.detectors import find_detector, whole
from featfer.faces.detectors.scale import is_crop, resize_by
from featfer.faces.face import FOUND, WHOLE_IMAGE, Face
from featfer.images.pixels import read_image
from featfer.utils.environment import count_cores

# How features are extracted; part of every feature's fingerprint. Raise the version when boxes change. Version 2 finds smaller
# faces in images that are longer than 2,400 pixels or wider than 16:9. In all other images, crops above all, its boxes are
# those of version 1: features are the same in both, so a model trained on one can be used with the other.
DETECTION = {"detector": "hog", "version": 2}
EARLIER_VERSION = 1

THREADED = ("hog", "haar")  # detectors that let other threads run meanwhile

LANDMARK_SIDE = 192  # pixels: crops are enlarged to this for landmarks and chips
DETECTION_SIDE = 96  # pixels: an enlarged image is shrunk to this for the detector, which then finds more faces


def find_faces(image, single=False, detector="hog", enlarge=None, smallest=None):
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
        Function from an image to the same image or an enlarged one, in which faces are then detected, such as
        `featfer.superres.enlarging.Enlargement.enlarge_small`. Boxes and landmarks are still in pixels of the original.
    smallest : float, optional
        Side in pixels of the smallest face of interest in a photo, from 20 to 2000. Default: the detector's own.

    Returns
    -------
    list of Face
        Best score first; of equal scores, the one further right first. If none is found, one Face with status WHOLE_IMAGE.

    Raises
    ------
    ParameterError, MissingError
        For an unknown detector or a size out of range; when the detector's package is not installed.
    """
    image = read_image(image)
    detect, crop = find_detector(detector), is_crop(image.shape)
    single = single or crop
    enlarged = enlarge(image) if enlarge else image
    factor = enlarged.shape[0] / image.shape[0]
    found = detect(enlarged, single, smallest) if factor == 1 else _detect_enlarged(detect, enlarged, single, factor)
    status = FOUND if found and detector != "whole" else WHOLE_IMAGE
    pixels, scale = _enlarge_crop(enlarged) if crop else (enlarged, 1.0)
    chosen = (found or whole.detect(image))[:1 if single else None]
    return [Face(pixels, scale * factor, box, status, score, crop, enlarged) for score, box in chosen]


def find_faces_in(images, detector="hog", enlarge=None, smallest=None):
    """Find the faces in each of several images, in threads where the detector allows it.

    Parameters
    ----------
    images : list
        Each as for `find_faces`, like the other parameters.

    Returns
    -------
    list of list of Face
    """
    find = functools.partial(find_faces, detector=detector, enlarge=enlarge, smallest=smallest)
    in_threads = len(images) > 1 and detector in THREADED
    return list(_thread_pool(os.getpid()).map(find, images) if in_threads else map(find, images))


def _detect_enlarged(detect, enlarged, single, factor):
    """Return (score, box) of each face in an image that was enlarged by a factor; boxes are in pixels of the original."""
    scale = min(1.0, DETECTION_SIDE / max(enlarged.shape[:2]))
    found = detect(resize_by(enlarged, scale), single)
    return [(score, tuple(side / scale / factor for side in box)) for score, box in found]


@functools.lru_cache(maxsize=1)
def _thread_pool(process_id):
    """Return the threads of this process: a forked process inherits its parent's pool, but not the threads."""
    return ThreadPoolExecutor(count_cores(), "featfer-faces")


def _enlarge_crop(image):
    """Return a small crop enlarged to LANDMARK_SIDE, and by how much."""
    scale = max(1.0, LANDMARK_SIDE / min(image.shape[:2]))
    return resize_by(image, scale), scale
