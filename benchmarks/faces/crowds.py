"""Crowds: portraits pasted side by side, so that it is known where the faces are."""

import numpy as np
from PIL import Image

KINDS = [(2, 1, 400), (3, 2, 250), (4, 3, 150), (6, 4, 100)]  # columns, rows, side of a portrait in pixels
PICTURES = 20     # of each kind
SQUARE = 0.75     # least ratio of a portrait's sides, which are made equal
LEAST = 150       # pixels of a portrait's shorter side: more than a crop has
NEAR = 0.3        # of a cell's side: a box whose middle is farther from that of the cell is on no face
SIDES = 0.25, 1.2  # of a cell's side: the least and greatest side of a box on a face


def make_crowds(paths):
    """Return {kind: list of (picture, cells)} of crowds.

    Parameters
    ----------
    paths : list of Path
        Of photographs that show one face, in the middle.

    Returns
    -------
    dict
        Pictures are uint8 (h, w, 3); cells are (left, top, side) of each portrait.
    """
    draw, portraits = np.random.default_rng(0), [path for path in paths if _is_portrait(path)]
    return {f"{columns} x {rows}, {side} pixels each": [
        _paste(draw.choice(portraits, columns * rows, replace=False), columns, side) for _ in range(PICTURES)]
        for columns, rows, side in KINDS}


def count_faces(boxes, cells):
    """Count how many of the true faces were found (dict).

    Parameters
    ----------
    boxes : list of (float, float, float, float)
    cells : list of (int, int, int)

    Returns
    -------
    dict of str to int
        "true": faces there are; "found"; "duplicates": further boxes on the same; "false": boxes on none.
    """
    places = [next((i for i, cell in enumerate(cells) if _is_on_face(box, cell)), None) for box in boxes]
    on_faces = [place for place in places if place is not None]
    return {"true": len(cells), "found": len(set(on_faces)), "duplicates": len(on_faces) - len(set(on_faces)),
            "false": len(places) - len(on_faces)}


def _is_portrait(path):
    with Image.open(path) as image:
        return min(image.size) > max(LEAST, SQUARE * max(image.size))


def _paste(paths, columns, side):
    """Return a picture of portraits, row by row, and their cells."""
    cells = [(i % columns * side, i // columns * side, side) for i in range(len(paths))]
    picture = Image.new("RGB", (columns * side, len(paths) // columns * side))
    for path, (left, top, _) in zip(paths, cells, strict=True):
        picture.paste(Image.open(path).convert("RGB").resize((side, side)), (left, top))
    return np.asarray(picture), cells


def _is_on_face(box, cell):
    """Return whether a box lies on the face in the middle of a cell."""
    left, top, side = cell
    away = max(abs((box[0] + box[2]) / 2 - left - side / 2), abs((box[1] + box[3]) / 2 - top - side / 2))
    return away <= NEAR * side and SIDES[0] * side <= box[2] - box[0] <= SIDES[1] * side
