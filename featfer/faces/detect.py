"""Faces in an image; the whole image where a detector finds none."""

import functools
import os
from concurrent.futures import ThreadPoolExecutor

from featfer.faces.detectors import find_detector, whole
from featfer.faces.detectors.scale import is_crop, scaled
from featfer.faces.face import FOUND, WHOLE_IMAGE, Face
from featfer.images.pixels import read_image
from featfer.utils.environment import usable_cores

# What features are extracted with; part of every feature's fingerprint. Raise the version when boxes change. Version 2 finds
# smaller faces in images that are longer than 2,400 pixels or wider than 16:9; of all others its boxes are those of version 1,
# of crops above all: a face's values are the same in both, so what was trained on the one is used with the other.
DETECTION = {"detector": "hog", "version": 2}
EARLIER_VERSION = 1

THREADED = ("hog", "haar")  # detectors that let other threads look meanwhile

CROP_VIEW_SIDE = 192  # crops are enlarged to this for landmarks and chips
LOOKED_AT = 96        # pixels: an enlarged image is shrunk to this for the detector, which finds more in it so


def find_faces(image, single=False, detector="hog", enlarge=None, smallest=None):
    """Return the faces in an image, best score first and of equal scores the one further right; one Face with status
    WHOLE_IMAGE where none is found.

    image: as featfer.images.pixels.read_image takes it, such as uint8 (h, w) or (h, w, 3)
    single: return one face only, the best, however unsure the detector is; a crop (longer side at most 150 pixels) is always
    taken so. detector: one of featfer.faces.detectors.DETECTORS.
    enlarge: a function from an image to what is looked at in its place, the same or a crop enlarged, such as the `small` of a
    featfer.superres.enlarging.Enlargement; boxes and landmarks are in pixels of the image as it was.
    smallest: side in pixels of the smallest face of interest in a photo, from 20 to 2000; None: the detector's own
    Raises ParameterError for another detector or size, MissingError where what the detector needs is not installed.
    """
    image = read_image(image)
    detect, crop = find_detector(detector), is_crop(image.shape)
    single = single or crop
    seen = enlarge(image) if enlarge else image
    grown = seen.shape[0] / image.shape[0]
    found = detect(seen, single, smallest) if grown == 1 else _detect_enlarged(detect, seen, single, grown)
    status = FOUND if found and detector != "whole" else WHOLE_IMAGE
    view, scale = _view(seen) if crop else (seen, 1.0)
    chosen = (found or whole.detect(image))[:1 if single else None]
    return [Face(view, scale * grown, box, status, score, crop, seen) for score, box in chosen]


def find_faces_in(images, detector="hog", enlarge=None, smallest=None):
    """Return what find_faces does for each of several images, looked at side by side where the detector lets threads."""
    look = functools.partial(find_faces, detector=detector, enlarge=enlarge, smallest=smallest)
    side_by_side = len(images) > 1 and detector in THREADED
    return list(_threads(os.getpid()).map(look, images) if side_by_side else map(look, images))


def _detect_enlarged(detect, seen, single, grown):
    """Return (score, box) of each face in an image that has grown so many times; boxes are in pixels of what it was."""
    scale = min(1.0, LOOKED_AT / max(seen.shape[:2]))
    return [(score, tuple(side / scale / grown for side in box)) for score, box in detect(scaled(seen, scale), single)]


@functools.lru_cache(maxsize=1)
def _threads(process):
    """Return the threads of a process, by its number: a forked one has a copy of its parent's pool without the threads."""
    return ThreadPoolExecutor(usable_cores(), "featfer-faces")


def _view(image):
    scale = max(1.0, CROP_VIEW_SIDE / min(image.shape[:2]))
    return scaled(image, scale), scale
