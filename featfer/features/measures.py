"""What the 68 landmarks of faces show, as columns of a table: action units, pose of the head, openness of the eyes, points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from featfer.faces.eyes import measure_eyes
from featfer.faces.pose import estimate_pose
from featfer.features.action_units import NAMES, intensities

if TYPE_CHECKING:
    from featfer.faces.face import Face

POSE, EYES = ("pitch", "yaw", "roll"), ("eye_left", "eye_right")
POINTS = tuple(f"{axis}{number}" for number in range(1, 69) for axis in "xy")
MEASURES = (*NAMES, *POSE, *EYES, *POINTS)


def measure_faces(faces: Sequence[Face]) -> list[dict[str, float]]:
    """Measure what the 68 landmarks of faces show.

    Parameters
    ----------
    faces : list of Face

    Returns
    -------
    list of dict
        {column: value} for each face, with the columns MEASURES: intensities of action units from 0 to 5, pitch, yaw and roll
        in degrees, the aspect ratio of the eyes, and the points in pixels of the image.

    Notes
    -----
    As `featfer.features.action_units.intensities`, `featfer.faces.pose.estimate_pose` and `featfer.faces.eyes.measure_eyes`
    describe them.
    """
    return [_measure(face, units) for face, units in zip(faces, intensities(faces), strict=True)]


def _measure(face: Face, units: dict[str, float]) -> dict[str, float]:
    points = face.points(68).astype(float)
    height, width = (round(side / face.scale) for side in face.pixels.shape[:2])
    pose, eyes = estimate_pose(points[None], (width, height))[0].round(1), measure_eyes(points[None])[0].round(4)
    values = np.concatenate([pose, eyes, points.round(1).ravel()]).tolist()
    return {**units, **dict(zip((*POSE, *EYES, *POINTS), values, strict=True))}
