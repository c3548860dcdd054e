"""Regions of the face in words, from its 5 landmarks."""

import numpy as np

# Middles of each region, x and y from the point between the eyes, in distances between the eyes; those of NOSE from the base of
# the nose. Medians of the 68 landmarks over faces of FER2013.
EYES = {"forehead": ((-0.4, -0.8), (0, -0.8), (0.4, -0.8)), "left brow": ((-0.57, -0.38),), "right brow": ((0.57, -0.38),),
        "left eye": ((-0.5, 0),), "right eye": ((0.5, 0),), "bridge of the nose": ((0, 0),)}
NOSE = {"nose": ((0, -0.15),), "left cheek": ((-0.7, -0.3), (-0.85, 0.1)), "right cheek": ((0.7, -0.3), (0.85, 0.1)),
        "mouth": ((-0.42, 0.28), (-0.2, 0.33), (0, 0.33), (0.2, 0.33), (0.42, 0.28)),
        "chin": ((-0.25, 0.9), (0, 0.9), (0.25, 0.9))}
REACH = 0.45  # distances between the eyes: what lies farther from every middle is in no region of the face, but ...
AROUND = "surroundings"


def region_peaks(heat, points):
    """Return the greatest heat in each region, a dict by name, largest first; regions out of sight are not in it.

    heat: float (h, w); points: float (5, 2), dlib's 5 landmarks in its pixels. Left and right are those of the picture.
    """
    regions, which = [AROUND, *region_middles(points)], region_map(heat.shape, points)
    peaks = {name: float(heat[which == number].max()) for number, name in enumerate(regions) if (which == number).any()}
    return dict(sorted(peaks.items(), key=lambda pair: -pair[1]))


def region_map(shape, points):
    """Return which region each pixel is in, int (h, w): 0 of AROUND, and from 1 on in the order of `region_middles`."""
    y, x = np.indices(shape)
    which, least = np.zeros(shape, int), np.full(shape, REACH * eye_distance(points))
    for number, middles in enumerate(region_middles(points).values(), 1):
        distance = np.hypot(x[..., None] - middles[:, 0], y[..., None] - middles[:, 1]).min(axis=2)
        which[distance < least] = number
        least = np.minimum(least, distance)
    return which


def region_middles(points):
    """Return the middles of each region, {name: float (n, 2)}, in the pixels of the 5 landmarks."""
    left, right = _eyes(points)
    across = right - left
    axes = np.array([across, (-across[1], across[0])])  # a distance between the eyes across and down the face
    return {name: start + np.array(places) @ axes for start, regions in (((left + right) / 2, EYES), (points[4], NOSE))
            for name, places in regions.items()}


def eye_distance(points):
    """Return how far the middles of the eyes are from each other, in pixels of the 5 landmarks (float, above 0)."""
    left, right = _eyes(points)
    return max(float(np.hypot(*(right - left))), 1.0)


def _eyes(points):
    """Return the middles of the eye on the left of the picture and of that on the right, float (2,) each."""
    return sorted((points[:2].mean(axis=0), points[2:4].mean(axis=0)), key=lambda eye: eye[0])
