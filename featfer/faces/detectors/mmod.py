"""dlib's convolutional face detector: finds turned and half-hidden faces too, and takes its time without a GPU."""

import functools

from featfer.faces.detectors.scale import at_scale
from featfer.faces.dlib_models import import_dlib, model_file
from featfer.images.pixels import to_rgb

DETECTOR_FILE = "mmod_human_face_detector.dat"


# Memory goes with the area: 1 GB at 1200 x 900.
@at_scale(crop=192, photo=(600, 1200), window=64)
def detect(image, single=False):
    """Return (score, box) of each face of 64 pixels or more; a sure one has about 1. The threshold is the network's own.

    Method: max-margin object detection with a convolutional network (King 2015, 2016). dlib uses a GPU where it was built so.
    """
    found = _detector()(to_rgb(image), 0)
    return [(d.confidence, (d.rect.left(), d.rect.top(), d.rect.right() + 1, d.rect.bottom() + 1)) for d in found]


@functools.cache
def _detector():
    return import_dlib().cnn_face_detection_model_v1(str(model_file(DETECTOR_FILE)))
