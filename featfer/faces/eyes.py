"""How open eyes are, from the 68 landmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from featfer.typing import Floats

EYES = 36, 42  # the first of six landmarks of the image's left and right eye: a corner, then round by the upper lid


def measure_eyes(points: Floats) -> Floats:
    """Return the eye aspect ratio of both eyes: the distance of the lids over that of the corners.

    Parameters
    ----------
    points : float array (n, 68, 2)
        Landmarks, x and y in pixels.

    Returns
    -------
    float array (n, 2)
        Of the eye at the image's left and of that at its right. NaN for points that are not finite, and where the corners of an
        eye coincide.

    Notes
    -----
    ``EAR = (|p2 - p6| + |p3 - p5|) / (2 |p1 - p4|)`` does not change with the size of the face or a turn of the picture. An
    open eye has about 0.3, which depends on the person and on the pose of the head: compare it with open eyes of the same
    person.

    References
    ----------
    Soukupova and Cech 2016, "Real-time eye blink detection using facial landmarks".
    """
    points = np.asarray(points, float).reshape(-1, 68, 2)
    return np.stack([_aspect_ratio(points[:, first:first + 6]) for first in EYES], axis=1)


def _aspect_ratio(eye: Floats) -> Floats:
    lids = np.linalg.norm(eye[:, 1:3] - eye[:, 5:3:-1], axis=2).mean(axis=1)
    width = np.linalg.norm(eye[:, 0] - eye[:, 3], axis=1)
    return lids / np.where(width > 0, width, np.nan)
