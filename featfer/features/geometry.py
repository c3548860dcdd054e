"""The shape of the face, whatever its place, size and rotation in the image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from featfer.faces.landmarks import POINT_MODELS
from featfer.features.base import Feature

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from featfer.faces.face import Face
    from featfer.typing import Floats

LEFT = np.r_[0:8, 17:22, 31:33, 36:42, 48:51, 58:62, 67]  # on the left of the image, and their mirror images
RIGHT = np.r_[16:8:-1, 26:21:-1, 35:33:-1, 45:41:-1, 47:45:-1, 54:51:-1, 56:54:-1, 64:62:-1, 65]
PARTS = {"brows": slice(17, 27), "nose": slice(27, 36), "lower face": slice(31, 68), "eyes": slice(36, 48),
         "mouth": slice(48, 68)}


class Geometry(Feature):
    """The 68 landmarks in a normal position, then each part of the face about its own centre; float32 (n, 312).

    Notes
    -----
    The shape is centred, rotated until the lines between mirrored points are level on average, and scaled to a root mean square
    distance of 1 from the centre. About its own centre, each of the parts brows, nose, lower face, eyes and mouth shows its
    form whatever its place. The landmarks follow iBUG 300-W (Sagonas et al. 2013), whose data exclude commercial use.

    References
    ----------
    Kendall 1984 (shape coordinates; here without fitting a mean shape).
    """

    name = "geometry"
    size = 2 * (68 + sum(part.stop - part.start for part in PARTS.values()))

    def model_files(self) -> tuple[str, ...]:
        return (POINT_MODELS[68],)

    def compute(self, faces: Sequence[Face]) -> Floats:
        if not faces:
            return np.empty((0, self.size), np.float32)
        return np.stack([_describe(face.points(68)) for face in faces])


def _describe(points: Floats) -> NDArray[np.float32]:
    shape = _normalise(points)
    parts = [shape] + [shape[part] - shape[part].mean(axis=0) for part in PARTS.values()]
    return np.concatenate(parts).ravel().astype(np.float32)


def _normalise(points: Floats) -> Floats:
    """Return points (68, 2) centred, level and of unit size."""
    centred = points.astype(float) - points.mean(axis=0, dtype=float)
    x, y = (centred[RIGHT] - centred[LEFT]).sum(axis=0)
    rotation = np.array([[x, -y], [y, x]]) / max(np.hypot(x, y), np.finfo(float).tiny)
    return centred @ rotation / max(np.sqrt((centred**2).sum(axis=1).mean()), np.finfo(float).tiny)
