"""Where boxes move from one frame to the next, by the optical flow of points inside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from featfer.typing import Box, Floats, Pixels

GREY_SIDE = 360   # pixels to which the shorter side is shrunk
GRID = 6          # points across a box and down it ...
INNER = 0.8       # ... in this central part of it, which shows little but the face
WINDOW, LEVELS = (15, 15), 3
ERROR = 0.02      # of the box's side, or 1 pixel: how far from its start a point may come back
TRUSTED = 0.3     # of the points must come back, or the box is lost
SCALES = 0.8, 1.25  # least and most in one step


class GreyFrame:
    """A frame in grey and shrunk, in which boxes are followed.

    Parameters
    ----------
    pixels : uint8 array (h, w, 3) or (h, w)
        BGR or grey.

    Attributes
    ----------
    size : (int, int)
        Width and height of the frame.
    scale : float
        By which it is shrunk.
    grey : uint8 array
    """

    def __init__(self, pixels: Pixels) -> None:
        self.size = pixels.shape[1], pixels.shape[0]
        self.scale = min(1.0, GREY_SIDE / min(self.size))
        grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY) if pixels.ndim == 3 else pixels
        side = tuple(max(1, round(length * self.scale)) for length in self.size)
        shrunk = cv2.resize(grey, side, interpolation=cv2.INTER_AREA) if self.scale < 1 else grey
        self.grey: Pixels = np.asarray(shrunk, np.uint8)


def follow(before: GreyFrame, after: GreyFrame, boxes: Sequence[Box]) -> list[Box | None]:
    """Return where boxes are in the next frame.

    Parameters
    ----------
    before, after : GreyFrame
    boxes : list of (left, top, right, bottom)
        In pixels of the frame.

    Returns
    -------
    list
        A box for each, or None if it is lost.

    Notes
    -----
    A box moves by the median flow of a grid of points, and is scaled by the median change of the distances between them. Points
    that the flow does not bring back to their start are left out (forward-backward error, Kalal, Mikolajczyk and Matas 2010).
    The flow is that of Lucas and Kanade over a pyramid, as OpenCV computes it (Bouguet 2000).
    """
    if not boxes:
        return []
    scale = before.scale
    start = np.concatenate([_make_grid(box) for box in boxes]) * np.float32(scale)  # (boxes x points, 2)
    points = start[:, None]
    end, is_found, _ = _find_flow(before.grey, after.grey, points)
    back, is_back, _ = _find_flow(after.grey, before.grey, end)
    error = np.where((is_found & is_back)[:, 0], np.linalg.norm(points - back, axis=2)[:, 0], np.inf)
    parts = (values.reshape(len(boxes), GRID * GRID, -1) for values in (start / scale, end[:, 0] / scale, error / scale))
    return [_move_box(box, begun, ended, missed, 1 / scale) for box, begun, ended, missed in zip(boxes, *parts, strict=True)]


def _find_flow(before: Pixels, after: Pixels, points: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return where points (n, 1, 2) are in the next frame, whether each was found (n, 1), and the errors (n, 1)."""
    return cv2.calcOpticalFlowPyrLK(  # type: ignore[call-overload]  # its stubs lack None, which leaves the start to OpenCV
        before, after, points, None, winSize=WINDOW, maxLevel=LEVELS)


def _make_grid(box: Box) -> NDArray[np.float32]:
    """Return a grid of points in a box, float32 (GRID x GRID, 2)."""
    left, top, right, bottom = box
    steps = (1 + INNER * np.linspace(-1, 1, GRID, dtype=np.float32)) / 2
    x, y = np.meshgrid(left + steps * (right - left), top + steps * (bottom - top))
    return np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)


def _move_box(box: Box, start: Floats, end: Floats, error: Floats, least: float) -> Box | None:
    """Return a box moved and scaled as its points were; None if too few can be trusted. All are in pixels of the frame."""
    left, top, right, bottom = box
    good = error[:, 0] <= max(least, ERROR * (right - left))
    if good.mean() < TRUSTED:
        return None
    x, y = np.median(end[good] - start[good], axis=0)
    scale = np.clip(np.median(_find_distances(end[good]) / _find_distances(start[good])), *SCALES)
    centre_x, centre_y = (left + right) / 2 + float(x), (top + bottom) / 2 + float(y)
    half_width, half_height = (float(scale) * side / 2 for side in (right - left, bottom - top))
    return centre_x - half_width, centre_y - half_height, centre_x + half_width, centre_y + half_height


def _find_distances(points: Floats) -> Floats:
    """Return the distance between each two of some points."""
    first, second = np.triu_indices(len(points), 1)
    return np.linalg.norm(points[first] - points[second], axis=1)
