"""Named regions of the face, located by its 5 landmarks. Left and right are those of the picture."""

import numpy as np

from featfer.typing import Floats, Integers

# The middles of each region, x and y in distances between the eyes: for EYES from the point between the eyes, for NOSE from the
# base of the nose. They are medians of the 68 landmarks over faces of FER2013.
EYES = {"forehead": ((-0.4, -0.8), (0, -0.8), (0.4, -0.8)), "left brow": ((-0.57, -0.38),), "right brow": ((0.57, -0.38),),
        "left eye": ((-0.5, 0),), "right eye": ((0.5, 0),), "bridge of the nose": ((0, 0),)}
NOSE = {"nose": ((0, -0.15),), "left cheek": ((-0.7, -0.3), (-0.85, 0.1)), "right cheek": ((0.7, -0.3), (0.85, 0.1)),
        "mouth": ((-0.42, 0.28), (-0.2, 0.33), (0, 0.33), (0.2, 0.33), (0.42, 0.28)),
        "chin": ((-0.25, 0.9), (0, 0.9), (0.25, 0.9))}
REACH = 0.45  # distances between the eyes; pixels farther from every middle belong to ...
SURROUNDINGS = "surroundings"


def find_region_peaks(heat: Floats, points: Floats) -> dict[str, float]:
    """Find the greatest heat in each region.

    Parameters
    ----------
    heat : float array (h, w)
    points : float array (5, 2)
        dlib's 5 landmarks in its pixels.

    Returns
    -------
    dict of float
        By region, largest first; regions outside the picture are left out.
    """
    regions, which = [SURROUNDINGS, *find_region_middles(points)], map_regions(heat.shape, points)
    peaks = {name: float(heat[which == number].max()) for number, name in enumerate(regions) if (which == number).any()}
    return dict(sorted(peaks.items(), key=lambda pair: -pair[1]))


def map_regions(shape: tuple[int, ...], points: Floats) -> Integers:
    """Assign each pixel to a region.

    Parameters
    ----------
    shape : tuple
        (h, w)
    points : float array (5, 2)

    Returns
    -------
    int array (h, w)
        0 for SURROUNDINGS, then from 1 on in the order of `find_region_middles`.
    """
    y, x = np.indices(shape)
    which, least = np.zeros(shape, int), np.full(shape, REACH * measure_eye_distance(points))
    for number, middles in enumerate(find_region_middles(points).values(), 1):
        distance = np.hypot(x[..., None] - middles[:, 0], y[..., None] - middles[:, 1]).min(axis=2)
        which[distance < least] = number
        least = np.minimum(least, distance)
    return which


def find_region_middles(points: Floats) -> dict[str, Floats]:
    """Locate the middles of each region.

    Parameters
    ----------
    points : float array (5, 2)

    Returns
    -------
    dict of float array (n, 2)
        By region, in pixels.
    """
    left, right = _find_eyes(points)
    across = right - left
    axes = np.array([across, (-across[1], across[0])])  # a distance between the eyes across and down the face
    return {name: start + np.array(places) @ axes for start, regions in (((left + right) / 2, EYES), (points[4], NOSE))
            for name, places in regions.items()}


def measure_eye_distance(points: Floats) -> float:
    """Measure the distance between the middles of the eyes.

    Parameters
    ----------
    points : float array (5, 2)

    Returns
    -------
    float
        In pixels; 1 at least.
    """
    left, right = _find_eyes(points)
    return max(float(np.hypot(*(right - left))), 1.0)


def _find_eyes(points: Floats) -> list[Floats]:
    """Return the middles of the left and the right eye of the picture, float (2,) each."""
    return sorted((points[:2].mean(axis=0), points[2:4].mean(axis=0)), key=lambda eye: eye[0])
