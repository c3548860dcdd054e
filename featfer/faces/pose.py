"""Head pose: how a face is turned to the camera, from its 68 landmarks and the mean face in three dimensions."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from featfer.typing import Floats, Mask

MEAN_FACE_FILE = Path(__file__).with_name("mean_face.json")
NEAREST = 8  # distances between the eyes from camera to face: about 50 cm
ITERATIONS = 6  # within 0.01 degrees of the end
FLATTEST = 0.02  # the second extent of a face's points over the first: points on a line have none
DAMPING = 1e-9  # of the normal equations, in their mean diagonal: solves those of degenerate points


def estimate_pose(points: Floats, size: tuple[int, int]) -> Floats:
    """Return pitch, yaw and roll of faces.

    Parameters
    ----------
    points : float array (n, 68, 2)
        Landmarks, x and y in pixels of the upright frame.
    size : (int, int)
        Width and height of the frame in pixels.

    Returns
    -------
    float array (n, 3)
        Degrees. Pitch > 0 looks up, yaw > 0 turns to the image's right, roll > 0 is clockwise as seen in the image. 0, 0, 0
        looks into the camera, as the median face of FER2013 does. NaN for points that are not finite, or all on one line.

    Notes
    -----
    The camera is a pinhole without distortion, its centre that of the frame, its focal length the longer side. A face so large
    that it would be nearer than NEAREST distances between its eyes must be cut from a larger picture: then the focal length is
    as much longer as puts it there. The rotation is that of the mean face whose projection is closest to corners of the eyes,
    nose and chin, in weighted least squares: Rz(roll) Ry(-yaw) Rx(-pitch), with x to the right, y down and z away from the
    camera. Turning the picture changes roll alone.

    The pose is relative to the line of sight from the camera to the head, not to the optical axis. So a face that looks into
    the camera has 0, 0, 0 anywhere in the frame, and neither an unknown focal length nor a cut picture changes much.

    References
    ----------
    Lowe 1991, "Fitting parameterized three-dimensional models to images".
    """
    points = np.asarray(points, float).reshape(-1, 68, 2)
    good = _are_spread(points)
    pose = np.full((len(points), 3), np.nan)
    if good.any():
        pose[good] = find_angles(_fit(points[good] - np.asarray(size, float) / 2, max(size)))
    return pose


@functools.cache
def read_mean_face() -> tuple[Floats, Floats]:
    """Return the mean face, float (68, 3) with the distance between the eyes as unit, and the weights of its points (68,)."""
    found = json.loads(MEAN_FACE_FILE.read_text())
    return np.array(found["points"]), np.array(found["weights"])


def rotation_matrix(pose: Floats) -> Floats:
    """Return rotations, float (n, 3, 3), from the mean face to the camera: the inverse of what `estimate_pose` does.

    Parameters
    ----------
    pose : float array (n, 3)
        Pitch, yaw and roll in degrees.
    """
    pitch, yaw, roll = np.radians(np.asarray(pose, float).reshape(-1, 3)).T * [[-1], [-1], [1]]
    return _turn(roll, 2) @ _turn(yaw, 1) @ _turn(pitch, 0)


def _turn(angle: Floats, axis: int) -> Floats:
    matrix = np.zeros((len(angle), 3, 3))
    after, last = (axis + 1) % 3, (axis + 2) % 3
    matrix[:, axis, axis] = 1
    matrix[:, after, after] = matrix[:, last, last] = np.cos(angle)
    matrix[:, last, after] = np.sin(angle)
    matrix[:, after, last] = -np.sin(angle)
    return matrix


def find_angles(rotation: Floats) -> Floats:
    """Return pitch, yaw and roll of rotations from the mean face to the camera, (n, 3, 3) -> (n, 3) in degrees."""
    pitch = np.arctan2(-rotation[:, 2, 1], rotation[:, 2, 2])
    yaw = np.arcsin(rotation[:, 2, 0].clip(-1, 1))
    roll = np.arctan2(rotation[:, 1, 0], rotation[:, 0, 0])
    return np.degrees(np.stack([pitch, yaw, roll], axis=1))


def _are_spread(points: Floats) -> Mask:
    """Return which faces have finite points that do not lie on a line."""
    good = np.asarray(np.isfinite(points).all(axis=(1, 2)))
    points = np.where(good[:, None, None], points, 0)
    centred = points - points.mean(axis=1, keepdims=True)
    extents = np.linalg.svd(centred, compute_uv=False)
    return good & (extents[:, 1] > FLATTEST * extents[:, 0])


def _fit(seen: Floats, longer: float) -> Floats:
    """Return rotations relative to the line of sight, from points in pixels from the centre of the frame; Gauss-Newton."""
    face, weights = read_mean_face()
    used = weights > 0
    face, weights, seen = face[used], weights[used] / weights[used].sum(), seen[:, used]
    rotation, scale, centre = fit_orthographic(seen, face, weights)
    focal = np.maximum(longer, NEAREST * scale)
    rays, depth = seen / focal[:, None, None], focal / scale
    place = np.concatenate([centre / focal[:, None], np.ones((len(seen), 1))], axis=1) * depth[:, None]
    rotation = _look_along(place, 1) @ rotation
    root = np.sqrt(weights)[:, None]
    for _ in range(ITERATIONS):
        turned = face @ rotation.swapaxes(1, 2)
        error, slope = _project(turned, place, rays)
        error, slope = (error * root).reshape(len(seen), -1, 1), (slope * root[..., None]).reshape(len(seen), -1, 6)
        normal = slope.swapaxes(1, 2) @ slope
        normal += DAMPING * np.trace(normal, axis1=1, axis2=2)[:, None, None] * np.eye(6)
        step = np.linalg.solve(normal, slope.swapaxes(1, 2) @ error)[..., 0]
        rotation, place = _exponential(step[:, :3]) @ rotation, place + step[:, 3:]
    return _look_along(place, -1) @ rotation


def fit_orthographic(seen: Floats, face: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Return rotations, scales and the places of the face's origin in the image, of a camera far away (scaled orthographic).

    Parameters
    ----------
    seen : float array (n, p, 2)
    face : float array (p, 3)
    weights : float array (p,)
        Of the points; their sum is 1.

    Returns
    -------
    float arrays (n, 3, 3), (n,) and (n, 2)
    """
    origin, middle = weights @ face, np.einsum("p,npk->nk", weights, seen)
    flat = (seen - middle[:, None]) * weights[:, None]
    solid = face - origin
    affine = flat.swapaxes(1, 2) @ solid @ np.linalg.inv(solid.T @ (solid * weights[:, None]))
    left, extents, right = np.linalg.svd(affine, full_matrices=False)
    rows, scale = left @ right, extents.mean(axis=1)
    rotation = np.concatenate([rows, np.cross(rows[:, :1], rows[:, 1:])], axis=1)
    return rotation, scale, middle - scale[:, None] * (rows @ origin)


def _project(turned: Floats, place: Floats, rays: Floats) -> tuple[Floats, Floats]:
    """Return how far points are from their projection, (n, p, 2), and its slope by rotation and place, (n, p, 2, 6)."""
    x, y, z = np.moveaxis(turned + place[:, None], -1, 0)
    u, v = x / z, y / z
    none = np.zeros_like(u)
    by_place = np.stack([np.stack([1 / z, none, -u / z], axis=-1), np.stack([none, 1 / z, -v / z], axis=-1)], axis=2)
    by_turn = np.cross(turned[:, :, None], by_place)
    return rays - np.stack([u, v], axis=-1), np.concatenate([by_turn, by_place], axis=-1)


def _look_along(place: Floats, sign: int) -> Floats:
    """Return the smallest rotations from the optical axis to the lines of sight, or back where the sign is -1."""
    x, y, z = place.T
    aside = np.hypot(x, y)
    angle = sign * np.arctan2(aside, z) / np.maximum(aside, np.finfo(float).tiny)
    return _exponential(np.stack([-y * angle, x * angle, np.zeros_like(x)], axis=1))


def _exponential(vectors: Floats) -> Floats:
    """Return the rotations about axes by their lengths in radians, (n, 3) -> (n, 3, 3)."""
    angle = np.linalg.norm(vectors, axis=1)[:, None, None]
    cross = np.cross(np.eye(3), vectors[:, None])
    return np.eye(3) + np.sinc(angle / np.pi) * cross + np.sinc(angle / 2 / np.pi) ** 2 / 2 * cross @ cross
