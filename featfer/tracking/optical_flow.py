"""Where boxes move from one frame to the next, by the optical flow of points inside them."""

import cv2
import numpy as np

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

    def __init__(self, pixels):
        self.size = pixels.shape[1], pixels.shape[0]
        self.scale = min(1.0, GREY_SIDE / min(self.size))
        grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY) if pixels.ndim == 3 else pixels
        side = tuple(max(1, round(length * self.scale)) for length in self.size)
        self.grey = cv2.resize(grey, side, interpolation=cv2.INTER_AREA) if self.scale < 1 else grey


def follow(before, after, boxes):
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
    end, is_found, _ = cv2.calcOpticalFlowPyrLK(before.grey, after.grey, points, None, winSize=WINDOW, maxLevel=LEVELS)
    back, is_back, _ = cv2.calcOpticalFlowPyrLK(after.grey, before.grey, end, None, winSize=WINDOW, maxLevel=LEVELS)
    error = np.where((is_found & is_back)[:, 0], np.linalg.norm(points - back, axis=2)[:, 0], np.inf)
    parts = (values.reshape(len(boxes), GRID * GRID, -1) for values in (start / scale, end[:, 0] / scale, error / scale))
    return [_move_box(box, *part, least=1 / scale) for box, *part in zip(boxes, *parts, strict=True)]


def _make_grid(box):
    """Return a grid of points in a box, float32 (GRID x GRID, 2)."""
    left, top, right, bottom = box
    steps = (1 + INNER * np.linspace(-1, 1, GRID, dtype=np.float32)) / 2
    x, y = np.meshgrid(left + steps * (right - left), top + steps * (bottom - top))
    return np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)


def _move_box(box, start, end, error, least):
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


def _find_distances(points):
    """Return the distance between each two of some points."""
    first, second = np.triu_indices(len(points), 1)
    return np.linalg.norm(points[first] - points[second], axis=1)
