"""Photographs turned by known angles: in their plane, mirrored, and as a picture on the relief of the mean face."""

import numpy as np
from PIL import Image
from scipy.interpolate import RBFInterpolator

from benchmarks.pose.rendering import GREY, Mesh
from featfer.faces.pose import fit_orthographic, read_mean_face

# Around the face: x, y and depth of points in distances between the eyes from the middle of the eyes.
AROUND = np.array([
    (0, -2.2, 0.35), (0, -3, 0.9), (-1.6, -1.2, 0.9), (1.6, -1.2, 0.9), (-2.5, -2.5, 1.4), (2.5, -2.5, 1.4), (-2, 0.8, 1.3),
    (2, 0.8, 1.3), (-2, 3, 1.3), (2, 3, 1.3), (0, 4, 1)])
HALF, CELLS = 3.2, 96  # of the relief: half its side in distances between the eyes, and its grid
SMOOTHING = 0.01


def turn(image, points, angle):
    """Return an image turned clockwise around a face by degrees, the face in the middle of a square four faces wide."""
    middle, face = points.mean(axis=0), np.ptp(points, axis=0).max()
    half = round(2 * face)
    left, top = (round(float(side)) - half for side in middle)
    square = Image.new("RGB", (4 * half, 4 * half), (GREY, GREY, GREY))
    square.paste(Image.fromarray(image).convert("RGB"), (half - left, half - top))
    turned = square.rotate(-angle, Image.Resampling.BICUBIC, fillcolor=(GREY, GREY, GREY))
    return np.asarray(turned.crop((half, half, 3 * half, 3 * half)))


def mirror(image):
    """Return the mirror image."""
    return np.ascontiguousarray(image[:, ::-1])


def make_relief(image, points):
    """Return a Mesh of a photo on the relief of the mean face, turned as the face is; units are distances between its eyes.

    image: uint8 (h, w) or (h, w, 3); points: its landmarks, (68, 2). The depth between landmarks is a thin-plate spline.
    """
    face, weights = read_mean_face()
    rotation, scale, _ = (found[0] for found in fit_orthographic(points[None], face, weights))
    turned = face @ rotation.T
    middle = points[36:48].mean(axis=0)
    flat, depth = (points - middle) / scale, turned[:, 2] - turned[36:48, 2].mean()
    spline = RBFInterpolator(np.concatenate([flat, AROUND[:, :2]]), np.append(depth, AROUND[:, 2]), smoothing=SMOOTHING)
    grid = np.linspace(-HALF, HALF, CELLS + 1)
    x, y = (part.ravel() for part in np.meshgrid(grid, grid + 0.4))
    z = spline(np.stack([x, y], axis=1)).clip(-1.2, 1.5)
    height, width = image.shape[:2]
    places = (np.stack([x, y], axis=1) * scale + middle) / (width, height)
    corner = np.arange((CELLS + 1) ** 2).reshape(CELLS + 1, -1)
    a, b, c, d = (part.ravel() for part in (corner[:-1, :-1], corner[:-1, 1:], corner[1:, :-1], corner[1:, 1:]))
    triangles = np.concatenate([np.stack([a, b, c], axis=1), np.stack([b, d, c], axis=1)])
    colours = np.asarray(Image.fromarray(image).convert("RGB"), float)
    normals = np.tile([0.0, 0, -1], (len(x), 1))
    return Mesh(np.stack([x, y - 0.4, z], axis=1), normals, places.clip(0, 0.999), triangles, colours)
