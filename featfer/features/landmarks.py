"""The 68 landmarks as a feature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.faces.landmarks import POINT_MODELS
from featfer.features.base import Feature

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from featfer.faces.face import Face
    from featfer.typing import Box, Floats


class Landmarks(Feature):
    """The 68 landmarks, x and y alternating, in units of the face's box; float32 (n, 136).

    Notes
    -----
    0 is the left or top of the box, 1 the right or bottom. The landmarks follow iBUG 300-W (Sagonas et al. 2013), whose data
    exclude commercial use. The columns are called x1, y1, x2, ..., y68.
    """

    name = "landmarks"
    size = 136

    def model_files(self) -> tuple[str, ...]:
        return (POINT_MODELS[68],)

    def compute(self, faces: Sequence[Face]) -> Floats:
        if not faces:
            return np.empty((0, self.size), np.float32)
        return np.stack([_scale_to_box(face.points(68), face.box).ravel() for face in faces])

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        return np.array([f"{axis}{i}" for i in range(1, 69) for axis in "xy"], object)


def _scale_to_box(points: Floats, box: Box) -> NDArray[np.float32]:
    left, top, right, bottom = box
    return ((points - (left, top)) / (right - left, bottom - top)).astype(np.float32)
