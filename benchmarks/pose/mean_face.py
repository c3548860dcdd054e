"""The mean face in three dimensions that ships as featfer/faces/mean_face.json: structure from motion over FER2013's faces.

    featfer extract fer2013.csv --store store --features landmarks
    python -m benchmarks.pose.mean_face --store store --out mean_face.json

Copied over featfer/faces/mean_face.json, another mean face changes every head pose.
"""

import json

import click
import numpy as np

from benchmarks.action_units.neutral import points_of
from featfer.faces import FOUND
from featfer.faces.pose import find_angles, fit_orthographic, rotation_matrix
from featfer.features import Landmarks
from featfer.store.files import find_keys
from featfer.store.store import Store
from featfer.utils.files import write_text

MIRROR = np.array([*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47, 46, 39, 38,
                   37, 36, 41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65])
EYES = slice(36, 42), slice(42, 48)
CORNERS = 36, 39, 42, 45                # of the eyes; the lids move when they blink
STIFF = [*CORNERS, *range(17, 36)]      # these, brows and nose: what gives the cameras here
USED = [*CORNERS, *range(27, 36), *range(5, 12)]  # these, nose and chin: what gives a pose; chosen by `measure`
FACES = 5000                            # drawn at random; each stands there mirrored too
ROUNDS = 40


def write_mean_face(store, path):
    """Compute the mean face of the found training faces of a store with the feature landmarks; write it, and return it."""
    held = Store(store)
    digest = held.find_source(None)
    table = held.table(find_keys(held, [Landmarks()], digest), digest).split("train")
    points = points_of(table.rows(table.status == FOUND))
    drawn = points[np.random.default_rng(0).permutation(len(points))[:FACES]]
    face, weights, angles = reconstruct(np.concatenate([drawn, drawn[:, MIRROR] * (-1, 1)]))
    record = {
        "faces": f"{len(drawn):,} of {len(points):,} training faces of {table.source}",
        "unit": "the distance between the centres of the eyes; x to the right, y down, z away from the camera",
        "angles": dict(zip(("pitch", "yaw", "roll"), angles.std(axis=0).round(2).tolist(), strict=True)),
        "points": face.round(4).tolist(),
        "weights": weights.round(5).tolist()}
    write_text(path, json.dumps(record, indent=1) + "\n")
    return record


def reconstruct(points):
    """Return the shape whose projections by scaled orthographic cameras are closest to many faces.

    Tomasi and Kanade 1992: the singular vectors of all coordinates give a shape up to an affine change, and that the rows of a
    camera are orthogonal and of one length gives this change. Then cameras (true rotations) and shape are fitted in turn, the
    shape made symmetric each time. Only STIFF points give cameras. Last, it is turned: the median face looks into the camera.

    points: float (n, 68, 2), with the mirror image of each face. Returns the shape, float (68, 3), with the distance between
    the eyes as unit, the weights of its points (68,), and pitch, yaw and roll of the faces, (n, 3).
    """
    stiff = np.isin(np.arange(68), STIFF) / len(STIFF)
    shape = np.zeros((68, 3))
    shape[STIFF] = factorize(points[:, STIFF])
    for number in range(ROUNDS):
        cameras = fit_cameras(points, shape, stiff)
        shape = fit_shape(points, *cameras)
        if number == 0:
            shape = face_camera(shape, cameras[0])
        shape = normalize((shape + shape[MIRROR] * (-1, 1, 1)) / 2)
    weights = weigh(points, shape, *cameras)
    pitch = np.median(find_angles(fit_cameras(points, shape, weights)[0])[:, 0])
    shape = normalize(shape @ rotation_matrix([pitch, 0, 0])[0].T)
    return shape, weights, find_angles(fit_cameras(points, shape, weights)[0])


def weigh(points, shape, rotations, scales, places):
    """Return the weights of the USED points: one over the variance of their distance from the shape's projections."""
    apart = (points - places[:, None]) / scales[:, None, None] - shape @ rotations[:, :2].swapaxes(1, 2)
    variance = (apart**2).mean(axis=(0, 2))
    weights = np.where(np.isin(np.arange(68), USED), 1 / (variance + variance[MIRROR]), 0)
    return weights / weights.sum()


def factorize(points):
    """Return a shape (p, 3), up to a rotation and a mirror image, from its views, (n, p, 2)."""
    centred = points - points.mean(axis=1, keepdims=True)
    views = centred / np.sqrt((centred**2).sum(axis=(1, 2)))[:, None, None]
    cameras, strengths, shape = np.linalg.svd(views.swapaxes(1, 2).reshape(2 * len(views), -1), full_matrices=False)
    first, second = (cameras[:, :3] * strengths[:3]).reshape(-1, 2, 3).swapaxes(0, 1)
    lengths, across = pair(first, first) - pair(second, second), pair(first, second)
    size = len(points) * (pair(first, first) + pair(second, second)).mean(axis=0)
    right = np.append(np.zeros(2 * len(points)), len(points))
    found = np.linalg.lstsq(np.concatenate([lengths, across, size[None]]), right)[0]
    metric = found[[0, 1, 2, 1, 3, 4, 2, 4, 5]].reshape(3, 3)
    values, vectors = np.linalg.eigh(metric)
    return (np.linalg.inv(vectors * np.sqrt(values)) @ shape[:3]).T


def pair(a, b):
    """Return the factors of a symmetric matrix's six values in the product a M b of rows, (n, 3) -> (n, 6)."""
    x, y, z = a.T
    u, v, w = b.T
    return np.stack([x * u, x * v + y * u, x * w + z * u, y * v, y * w + z * v, z * w], axis=1)


def fit_cameras(points, shape, weights):
    """Return rotations, scales and places of the shape's origin, of scaled orthographic cameras in least squares.

    The coordinate that a camera does not see is filled in from its rotation, and the rotation found again, to and fro.
    """
    rotations, scales, _ = fit_orthographic(points, shape, weights)
    origin, middles = weights @ shape, np.einsum("p,npk->nk", weights, points)
    solid, flat = shape - origin, points - middles[:, None]
    for _ in range(8):
        depth = scales[:, None] * (rotations[:, 2] @ solid.T)
        full = np.concatenate([flat, depth[..., None]], axis=2)
        left, _, right = np.linalg.svd(full.swapaxes(1, 2) @ (solid * weights[:, None]))
        left[:, :, 2] *= np.linalg.det(left @ right)[:, None]
        rotations = left @ right
        seen = solid @ rotations[:, :2].swapaxes(1, 2)
        scales = np.einsum("npk,npk,p->n", seen, flat, weights) / np.einsum("npk,npk,p->n", seen, seen, weights)
    return rotations, scales, middles - scales[:, None] * (rotations[:, :2] @ origin)


def fit_shape(points, rotations, scales, places):
    """Return the shape whose projections by these cameras are closest to the points."""
    rows, seen = rotations[:, :2], (points - places[:, None]) / scales[:, None, None]
    return np.einsum("nkj,npk->pj", rows, seen) @ np.linalg.inv(np.einsum("nkj,nkl->jl", rows, rows))


def face_camera(shape, rotations):
    """Return a shape turned as the mean camera sees it, the tip of the nose in front of the eyes."""
    left, _, right = np.linalg.svd(rotations.mean(axis=0))
    turned = shape @ (left @ right).T
    return turned * (1, 1, -1 if turned[30, 2] > turned[list(CORNERS), 2].mean() else 1)


def normalize(shape):
    """Return a shape with the mean of its STIFF points as origin and the distance between the eyes as unit."""
    left, right = (shape[eye].mean(axis=0) for eye in EYES)
    return (shape - shape[STIFF].mean(axis=0)) / np.linalg.norm(right - left)


@click.command()
@click.option("--store", required=True, metavar="DIR", help="A store with the feature landmarks of FER2013.")
@click.option("--out", required=True, metavar="FILE.json", help="Where the mean face goes.")
def main(store, out):
    """Compute the mean face from a store's training faces."""
    click.echo(f"{out}: {write_mean_face(store, out)['faces']}")


if __name__ == "__main__":
    main()
