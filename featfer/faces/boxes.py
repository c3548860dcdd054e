"""Geometry of boxes: left, top, right and bottom in pixels."""


def clip_box(box, width, height):
    """Return a box (left, top, right, bottom) without what lies outside an image of this size."""
    return tuple(min(max(side, 0.0), end) for side, end in zip(box, (width, height) * 2, strict=True))


def shared_area(box, other):
    """Return the area of the intersection of two boxes."""
    return max(0, min(box[2], other[2]) - max(box[0], other[0])) * max(0, min(box[3], other[3]) - max(box[1], other[1]))


def overlap(box, other):
    """Return the intersection over union of two boxes, from 0 to 1."""
    shared = shared_area(box, other)
    return shared / (compute_area(box) + compute_area(other) - shared)


def compute_area(box):
    """Return the area of a box, 0 if it is inside out."""
    return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)
