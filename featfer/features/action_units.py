"""Facial action units (Ekman and Friesen 1978), as far as 68 landmarks show them."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.faces.landmarks import POINT_MODELS
from featfer.features.base import Feature

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from featfer.faces.face import Face
    from featfer.typing import Fingerprint, Floats

NEUTRAL_FILE = Path(__file__).with_name("neutral.json")
MOST = 5  # the highest intensity, as in the levels A to E of FACS
EYES = (slice(36, 42), slice(42, 48))  # left and right of the image


@dataclass(frozen=True)
class Distance:
    """A distance along an axis between the means of two groups of landmarks, averaged over pairs of groups.

    Attributes
    ----------
    axis : int
        ACROSS the face or DOWN the face; to the right and down is positive.
    pairs : tuple
        (landmarks, landmarks): the indices of the groups from which and to which the distance is measured.
    sign : int
        -1 for a distance that the action makes smaller.
    """

    axis: int
    pairs: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    sign: int = 1

    def __call__(self, shapes: Floats) -> Floats:
        """Return the distance in each shape: float (n, 68, 2) -> float (n,)."""
        lengths = [shapes[:, list(to), self.axis].mean(axis=1) - shapes[:, list(of), self.axis].mean(axis=1)
                   for of, to in self.pairs]
        return self.sign * np.mean(lengths, axis=0)


@dataclass(frozen=True)
class ActionUnit:
    """An action unit, and the distances on the face whose sum grows with it.

    Attributes
    ----------
    name : str
        Its number in FACS, such as "AU12".
    action : str
        Its name in FACS.
    distances : tuple of Distance
    """

    name: str
    action: str
    distances: tuple[Distance, ...]


ACROSS, DOWN = 0, 1
INNER_BROWS = Distance(DOWN, (((20, 21), (39,)), ((22, 23), (42,))))      # over the inner corners of the eyes
OUTER_BROWS = Distance(DOWN, (((17, 18), (36,)), ((25, 26), (45,))))      # over the outer corners
BROWS = Distance(DOWN, (((19, 20, 21), (36, 39)), ((22, 23, 24), (42, 45))), sign=-1)
BETWEEN_BROWS = Distance(ACROSS, (((21,), (22,)),), sign=-1)
UPPER_LIDS = Distance(DOWN, (((37, 38), (36, 39)), ((43, 44), (42, 45))))  # over the line between the corners
LOWER_LIDS = Distance(DOWN, (((36, 39), (40, 41)), ((42, 45), (46, 47))), sign=-1)
NOSE = Distance(DOWN, (((39,), (31, 32)), ((42,), (34, 35))), sign=-1)     # from the inner corners to the nostrils
MOUTH_WIDE = Distance(ACROSS, (((48,), (54,)),))
MOUTH_NARROW = Distance(ACROSS, (((48,), (54,)),), sign=-1)
CORNERS_UP = Distance(DOWN, (((48, 54), (51, 57, 62, 66)),))               # over the middle of the mouth
CORNERS_DOWN = Distance(DOWN, (((48, 54), (51, 57, 62, 66)),), sign=-1)
LIPS = Distance(DOWN, (((50, 51, 52), (61, 62, 63)), ((65, 66, 67), (56, 57, 58))), sign=-1)  # how thick they are
GAP = Distance(DOWN, (((61, 62, 63), (65, 66, 67)),))                     # between the lips
JAW = Distance(DOWN, (((33,), (8, 57)),))                                 # from the nose to chin and lower lip

UNITS = (
    ActionUnit("AU1", "inner brow raiser", (INNER_BROWS,)),
    ActionUnit("AU2", "outer brow raiser", (OUTER_BROWS,)),
    ActionUnit("AU4", "brow lowerer", (BROWS, BETWEEN_BROWS)),
    ActionUnit("AU5", "upper lid raiser", (UPPER_LIDS,)),
    ActionUnit("AU6/7", "cheek raiser, lid tightener", (LOWER_LIDS,)),
    ActionUnit("AU9", "nose wrinkler", (NOSE,)),
    ActionUnit("AU12", "lip corner puller", (MOUTH_WIDE, CORNERS_UP)),
    ActionUnit("AU15", "lip corner depressor", (CORNERS_DOWN,)),
    ActionUnit("AU20", "lip stretcher", (MOUTH_WIDE, CORNERS_DOWN, CORNERS_DOWN)),
    ActionUnit("AU23/24", "lip tightener, lip pressor", (LIPS,)),
    ActionUnit("AU25", "lips part", (GAP,)),
    ActionUnit("AU26", "jaw drop", (JAW,)),
    ActionUnit("AU27", "mouth stretch", (GAP, MOUTH_NARROW)),
)
NAMES = tuple(unit.name for unit in UNITS)


class ActionUnits(Feature):
    """How far each of 13 action units moves the face from a neutral one, as its landmarks show it; float32 (n, 13).

    Notes
    -----
    Distances between landmarks are measured with the eyes level, in units of the distance between the eyes. From each the
    median of neutral faces is subtracted, and the result is divided by their deviation: 0 is neutral, below 0 is the opposite
    movement. The values also depend on the person: the true intensity is a change from the same person's neutral face, which
    one image does not show. The landmarks follow iBUG 300-W (Sagonas et al. 2013), whose data exclude commercial use.

    References
    ----------
    Ekman and Friesen 1978 (FACS); Tian, Kanade and Cohn 2001 and Valstar and Pantic 2006 (distances between landmarks).
    """

    name = "action-units"
    size = len(UNITS)

    def model_files(self) -> tuple[str, ...]:
        return (POINT_MODELS[68],)

    @property
    def fingerprint(self) -> Fingerprint:
        return {**super().fingerprint, "neutral": hashlib.sha256(NEUTRAL_FILE.read_bytes()).hexdigest()}

    def compute(self, faces: Sequence[Face]) -> Floats:
        if not faces:
            return np.empty((0, self.size), np.float32)
        median, deviation = read_neutral()
        return ((measure(np.stack([face.points(68) for face in faces])) - median) / deviation).astype(np.float32)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        return np.array(NAMES, object)


def intensities(faces: Sequence[Face]) -> list[dict[str, float]]:
    """Return the intensity of each action unit in each face.

    Parameters
    ----------
    faces : list of Face

    Returns
    -------
    list of dict
        {name: intensity}, from 0 to 5, in deviations of neutral faces above their median.
    """
    values = ActionUnits().transform(faces).clip(0, MOST).astype(float).round(1)
    return [dict(zip(NAMES, row, strict=True)) for row in values.tolist()]


def measure(points: Floats) -> Floats:
    """Return the sum of the distances of each action unit, before that of neutral faces is subtracted.

    Parameters
    ----------
    points : float array (n, 68, 2)
        Landmarks, x and y in pixels of any size.

    Returns
    -------
    float array (n, 13)
    """
    shapes = _level(np.asarray(points, float))
    return np.stack([sum(distance(shapes) for distance in unit.distances) for unit in UNITS], axis=1)


@functools.cache
def read_neutral() -> tuple[Floats, ...]:
    """Return the median and the deviation of `measure` over neutral faces, float (13,) each; see docs/action-units.md."""
    units = json.loads(NEUTRAL_FILE.read_text())["units"]
    return tuple(np.array([units[name][figure] for name in NAMES]) for figure in ("median", "deviation"))


def _level(points: Floats) -> Floats:
    """Return points moved, turned and scaled: the eyes are level, their centre is the origin and their distance 1."""
    left, right = (points[:, eye].mean(axis=1) for eye in EYES)
    x, y = (right - left).T
    rotation = np.stack([np.stack([x, -y], axis=1), np.stack([y, x], axis=1)], axis=1)
    size = np.maximum(x**2 + y**2, np.finfo(float).tiny)[:, None, None]
    return (points - ((left + right) / 2)[:, None]) @ rotation / size
