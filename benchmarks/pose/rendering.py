"""Heads drawn at known angles: a rasterizer in numpy with a depth buffer, shading and a texture."""

from dataclasses import dataclass, replace

import numpy as np

from featfer.faces.pose import rotation_matrix

GREY = 115  # of the background


@dataclass(frozen=True)
class Mesh:
    """Triangles with a texture; x to the right, y down, z away from the camera when the head looks into it.

    Attributes
    ----------
    points, normals : float array (n, 3)
    places : float array (n, 2)
        In the texture, from 0 to 1.
    triangles : int array (m, 3)
    texture : float array (h, w, 3)
    """

    points: np.ndarray
    normals: np.ndarray
    places: np.ndarray
    triangles: np.ndarray
    texture: np.ndarray


@dataclass(frozen=True)
class View:
    """How a mesh is seen.

    Attributes
    ----------
    distance : float
        From the camera, in units of the mesh.
    side : int
        Of the picture in pixels.
    focal : float
        Focal length in sides.
    light : (float, float, float)
        Where it comes from.
    ambient : float
        Share of the light that has no direction.
    """

    distance: float
    side: int = 480
    focal: float = 1.2
    light: tuple = (0, -0.3, -1)
    ambient: float = 0.75


def draw(mesh, pose, view):
    """Return a picture of a mesh turned by pitch, yaw and roll in degrees, uint8 (side, side, 3)."""
    rotation = rotation_matrix(pose)[0]
    rows, columns, corners, shares = rasterize(mesh.points @ rotation.T + (0, 0, view.distance), mesh.triangles,
                                               view.focal * view.side, view.side)
    normals = np.einsum("nk,nkj->nj", shares, (mesh.normals @ rotation.T)[corners])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    light = np.array(view.light) / np.linalg.norm(view.light)
    shade = view.ambient + (1 - view.ambient) * (normals @ light).clip(0)
    across, down = np.einsum("nk,nkj->jn", shares, mesh.places[corners]) % 1
    height, width = mesh.texture.shape[:2]
    colours = mesh.texture[(down * (height - 1)).astype(int), (across * (width - 1)).astype(int)]
    picture = np.full((view.side, view.side, 3), float(GREY))
    picture[rows, columns] = colours * shade[:, None]
    return picture.clip(0, 255).astype(np.uint8)


def rasterize(points, triangles, focal, side):
    """Return what is seen of triangles: rows, columns, the three points (n, 3) and their shares (n, 3) of each pixel.

    points: float (n, 3) before a camera at the origin.
    """
    flat = points[:, :2] / points[:, 2:] * focal + side / 2
    drawn = flat[triangles]
    low, high = np.floor(drawn.min(axis=1)).astype(int).clip(0), np.ceil(drawn.max(axis=1)).astype(int).clip(None, side - 1)
    area = cross(drawn[:, 0], drawn[:, 1], drawn[:, 2])
    kept = (np.abs(area) > 1e-9) & (high >= low).all(axis=1)
    triangles, drawn, low, size, area = triangles[kept], drawn[kept], low[kept], (high - low + 1)[kept], area[kept]
    count = size.prod(axis=1)
    which = np.repeat(np.arange(len(triangles)), count)  # each triangle once for each pixel of the box around it
    number = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    columns, rows = low[which, 0] + number % size[which, 0], low[which, 1] + number // size[which, 0]
    pixels = np.stack([columns, rows], axis=1) + 0.5
    shares = np.stack([cross(drawn[which, i - 2], drawn[which, i - 1], pixels) for i in range(3)], axis=1) / area[which, None]
    inside = (shares >= 0).all(axis=1)
    which, rows, columns, shares = which[inside], rows[inside], columns[inside], shares[inside]
    shares = shares / points[triangles[which], 2]  # so that they are right in space and not in the picture
    depth = 1 / shares.sum(axis=1)
    order = np.argsort(-depth, kind="stable")
    seen = np.full((side, side), -1)
    seen[rows[order], columns[order]] = order  # the nearest is written last
    nearest = seen[seen >= 0]
    return rows[nearest], columns[nearest], triangles[which[nearest]], shares[nearest] * depth[nearest, None]


def cross(a, b, c):
    """Return twice the area of triangles in the plane."""
    return (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])


def with_normals(points, triangles, indices=None):
    """Return the normal of each point: the mean of its triangles, by area; indices: which point each of `points` is."""
    indices = np.arange(len(points)) if indices is None else indices
    faces = np.cross(points[triangles[:, 1]] - points[triangles[:, 0]], points[triangles[:, 2]] - points[triangles[:, 0]])
    normals = np.zeros((indices.max() + 1, 3))
    for corner in range(3):
        np.add.at(normals, indices[triangles[:, corner]], faces)
    return (normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))[indices]


def move(mesh, origin, unit):
    """Return a mesh with another origin and unit."""
    return replace(mesh, points=(mesh.points - origin) / unit)
