"""The 68 landmarks as a feature."""

import numpy as np

from featfer.faces.landmarks import POINT_MODELS
from featfer.features.base import Feature


class Landmarks(Feature):
    """The 68 points, x and y by turns, in units of the face's box (0 left or top, 1 right or bottom); float32 (n, 136).

    The points follow the iBUG 300-W scheme (Sagonas et al. 2013), whose data exclude commercial use.
    """

    name = "landmarks"
    size = 136

    def model_files(self):
        return (POINT_MODELS[68],)

    def transform(self, faces):
        if not faces:
            return np.empty((0, self.size), np.float32)
        return np.stack([_in_box(face.points(68), face.box).ravel() for face in faces])


def _in_box(points, box):
    left, top, right, bottom = box
    return ((points - (left, top)) / (right - left, bottom - top)).astype(np.float32)
