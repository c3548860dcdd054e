"""Geometry of boxes: left, top, right and bottom in pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from featfer.typing import Box



def clip_box(box: Box, width: float, height: float) -> Box:
    """Return a box (left, top, right, bottom) without what lies outside an image of this size."""
    left, top, right, bottom = (min(max(side, 0.0), end) for side, end in zip(box, (width, height) * 2, strict=True))
    return left, top, right, bottom


def shared_area(box: Box, other: Box) -> float:
    """Return the area of the intersection of two boxes."""
    return max(0, min(box[2], other[2]) - max(box[0], other[0])) * max(0, min(box[3], other[3]) - max(box[1], other[1]))


def overlap(box: Box, other: Box) -> float:
    """Return the intersection over union of two boxes, from 0 to 1."""
    shared = shared_area(box, other)
    return shared / (compute_area(box) + compute_area(other) - shared)


def compute_area(box: Box) -> float:
    """Return the area of a box, 0 if it is inside out."""
    return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)
