"""Where labels go in an image: beside their faces, clear of all faces and of each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor
from typing import TypeAlias

from featfer.faces.boxes import shared_area
from featfer.typing import Box

Place: TypeAlias = tuple[int, int, int, int]
"""Left, top, right and bottom of a label, in whole pixels."""


def find_place(size: tuple[int, int], box: Box, frame: tuple[int, int], taken: Sequence[Box]) -> Place:
    """Return the place for a label beside a face, inside the image, where it covers least.

    Parameters
    ----------
    size, frame : (int, int)
        Width and height of the label and of the image.
    box : (left, top, right, bottom)
        Of the face.
    taken : list of (left, top, right, bottom)
        Boxes that should not be covered, that of the face among them.

    Returns
    -------
    (int, int, int, int)
        Left, top, right and bottom. Of equally good places, the one right of the face comes before left, below and above.
    """
    return min(_list_places(size, box, frame), key=lambda place: covered_area(place, taken))


def place_all(sizes: Sequence[tuple[int, int]], boxes: Sequence[Box], frame: tuple[int, int]) -> list[Place] | None:
    """Return places for the labels of several faces, clear of all faces and of each other.

    Parameters
    ----------
    sizes : list of (int, int)
        Width and height of each label.
    boxes : list of (left, top, right, bottom)
        Of the faces.
    frame : (int, int)
        Width and height of the image.

    Returns
    -------
    list of (int, int, int, int), or None
        A box for each label; None if no such places were found.
    """
    order = list(range(len(boxes)))
    for _ in boxes:
        places, taken = {}, list(boxes)
        for at in order:
            places[at] = find_place(sizes[at], boxes[at], frame, taken)
            if not is_inside(places[at], frame) or covered_area(places[at], taken):
                break
            taken.append(places[at])
        else:
            return [places[at] for at in range(len(boxes))]
        order = [at, *(other for other in order if other != at)]  # the face without room chooses first
    return None


def covered_area(place: Box, taken: Sequence[Box]) -> float:
    """Return the area that a box shares with other boxes, summed over these."""
    return sum(shared_area(place, other) for other in taken)


def is_inside(box: Box, frame: tuple[int, int]) -> bool:
    """Say whether a box is inside an image; frame: its (width, height)."""
    return box[0] >= 0 and box[1] >= 0 and box[2] <= frame[0] and box[3] <= frame[1]


def _list_places(size: tuple[int, int], box: Box, frame: tuple[int, int]) -> Iterator[Place]:
    """Yield places of a size beside a box, moved into the image."""
    (width, height), left, top, right, bottom = size, floor(box[0]), floor(box[1]), ceil(box[2]), ceil(box[3])
    across = (left, (left + right - width) // 2, right - width, right, left - width)
    down = (top, (top + bottom - height) // 2, bottom - height)
    beside = [(x, y) for x in (right, left - width) for y in down]
    for x, y in [*beside, *((x, bottom) for x in across), *((x, top - height) for x in across)]:
        x, y = max(0, min(x, frame[0] - width)), max(0, min(y, frame[1] - height))
        yield x, y, x + width, y + height
