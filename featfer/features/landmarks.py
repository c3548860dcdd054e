"""The 68 landmarks as a feature."""

import numpy as np

from featfer.faces.landmarks import POINT_MODELS
from featfer.features.base import Feature


class Landmarks(Feature):
    """The 68 landmarks, x and y alternating, in units of the face's box; float32 (n, 136).

    Notes
    -----
    0 is the left or top of the box, 1 the right or bottom. The landmarks follow iBUG 300-W (Sagonas et al. 2013), whose data
    exclude commercial use.
    """

    name = "landmarks"
    size = 136

    def model_files(self):
        return (POINT_MODELS[68],)

    def transform(self, faces):
        if not faces:
            return np.empty((0, self.size), np.float32)
        return np.stack([_scale_to_box(face.points(68), face.box).ravel() for face in faces])


def _scale_to_box(points, box):
    left, top, right, bottom = box
    return ((points - (left, top)) / (right - left, bottom - top)).astype(np.float32)
