"""What is measured of the faces in some frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featfer.faces.eyes import measure_eyes
from featfer.faces.pose import estimate_pose
from featfer.features import make_features, values_of
from featfer.features.action_units import NAMES, intensities
from featfer.typing import Floats

if TYPE_CHECKING:
    from featfer.affect.recognizer import AffectRecognizer
    from featfer.analysis.parts import Arrays
    from featfer.faces.face import Face
    from featfer.recognizer import Recognizer

POINTS = 68


class FaceMeasurer:
    """Measures faces.

    Parameters
    ----------
    recognizer : featfer.recognizer.Recognizer
    affect : featfer.affect.recognizer.AffectRecognizer, optional
    """

    def __init__(self, recognizer: Recognizer, affect: AffectRecognizer | None = None) -> None:
        self._recognizer, self._affect, self._embedding = recognizer, affect, make_features("embedding")

    def measure(self, faces: list[Face], sizes: Sequence[tuple[int, int]], corners: Floats) -> Arrays:
        """Measure faces.

        Parameters
        ----------
        faces : list of Face
            At least one.
        sizes : list of (int, int)
            Width and height of the frame of each.
        corners : float array (n, 2)
            Where in its frame the image of each face begins, x and y.

        Returns
        -------
        dict of ndarray
            A row for each face: probabilities, novelty, units, points, pose and eyes; with a model of affect also affect.
        """
        expressions = self._recognizer.expressions(faces)
        points = np.stack([face.points(POINTS) for face in faces]) + corners[:, None]
        units = [[row[name] for name in NAMES] for row in intensities(faces)]
        measured = {"probabilities": np.array([list(one.probabilities.values()) for one in expressions]),
                    "novelty": np.array([np.nan if one.novelty is None else one.novelty for one in expressions]),
                    "units": np.array(units, np.float32), "points": points.astype(np.float32),
                    "pose": _estimate_poses(points, sizes), "eyes": measure_eyes(points).astype(np.float32)}
        if self._affect is not None:
            measured["affect"] = self._affect.predict_rows(self._affect.compute_features(faces))
        return measured

    def embed(self, faces: list[Face]) -> NDArray[np.float32]:
        """Return the embedding of each Face in a list, float32 (n, 128)."""
        return values_of(self._embedding, faces) if faces else np.empty((0, self._embedding[0].size), np.float32)


def _estimate_poses(points: Floats, sizes: Sequence[tuple[int, int]]) -> NDArray[np.float32]:
    """Return pitch, yaw and roll of each face, float32 (n, 3)."""
    poses = np.empty((len(points), 3), np.float32)
    for size in set(sizes):
        rows = [row for row, other in enumerate(sizes) if other == size]
        poses[rows] = estimate_pose(points[rows], size)
    return poses
