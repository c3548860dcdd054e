"""Faces in an image, by dlib's HOG detector; the whole image where it finds none."""

import functools

import numpy as np

from featfer.faces.dlib_models import import_dlib
from featfer.faces.face import FOUND, WHOLE_IMAGE, Face
from featfer.images import resize, to_grey

# Part of every feature's fingerprint; raise the version when boxes change.
DETECTION = {"detector": "hog", "version": 1}

CROP_SIDE = 150          # an image no longer than this is taken for a crop around one face
CROP_DETECT_SIDE = 96    # crops are enlarged to this for detection ...
CROP_VIEW_SIDE = 192     # ... and to this for landmarks and chips
CROP_THRESHOLD = -1.0    # in a crop the best score counts, down to here
PHOTO_SIDES = (1200, 2400)  # photos are enlarged, at most twice, towards the first and shrunk to the second
MARGIN = 0.06            # of the image's sides, cut off where the whole image is the box


def find_faces(image, single=False):
    """Return the faces in an image, best score first; one Face with status WHOLE_IMAGE where none is found.

    image: uint8 (h, w) or (h, w, 3). single: return one face only, the best, however unsure the detector is; a crop
    (longer side at most 150 pixels) is always taken so.
    Method: dlib's frontal face detector (histograms of oriented gradients, Dalal and Triggs 2005; max-margin object
    detection, King 2015).
    """
    height, width = image.shape[:2]
    is_crop = max(height, width) <= CROP_SIDE
    single = single or is_crop
    view, scale = _view(image) if is_crop else (image, 1.0)
    found = _detect(image, is_crop, CROP_THRESHOLD if single else 0.0)
    if not found:
        box = (MARGIN * width, MARGIN * height, (1 - MARGIN) * width, (1 - MARGIN) * height)
        return [Face(view, scale, box, WHOLE_IMAGE, np.nan, is_crop)]
    return [Face(view, scale, box, FOUND, score, is_crop) for score, box in found[:1 if single else None]]


def _view(image):
    scale = max(1.0, CROP_VIEW_SIDE / min(image.shape[:2]))
    return _scaled(image, scale), scale


def _detect(image, is_crop, threshold):
    """Return (score, box) of each detection, best first; boxes in pixels of the image."""
    scale = _detection_scale(image.shape, is_crop)
    boxes, scores, _ = _detector().run(_scaled(to_grey(image), scale), 0, threshold)
    found = [(score, tuple(side / scale for side in (b.left(), b.top(), b.right() + 1, b.bottom() + 1)))
             for score, b in zip(scores, boxes, strict=True)]
    return sorted(found, reverse=True)


def _detection_scale(shape, is_crop):
    if is_crop:
        return max(1.0, CROP_DETECT_SIDE / min(shape[:2]))
    enlarge_to, shrink_to = PHOTO_SIDES
    longer = max(shape[:2])
    return min(2.0, max(1.0, enlarge_to / longer), shrink_to / longer)


def _scaled(image, scale):
    height, width = image.shape[:2]
    return resize(image, max(1, round(height * scale)), max(1, round(width * scale)))


@functools.cache
def _detector():
    return import_dlib().get_frontal_face_detector()
