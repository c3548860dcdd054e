"""Where boxes go from one picture to the next, by the flow of points inside them."""

import cv2
import numpy as np

VIEW_SIDE = 360   # pixels of the shorter side of what is compared
GRID = 6          # points across a box and down it ...
INNER = 0.8       # ... within this much of it, where there is little but face
WINDOW, LEVELS = (15, 15), 3
ERROR = 0.02      # of the box's side, how far from its start a point may come back; or 1 pixel
TRUSTED = 0.3     # of the points have to, or the box is lost
SCALES = 0.8, 1.25  # of one step, the least and the most


class View:
    """A frame, uint8 (h, w, 3) BGR, as boxes are followed in it: grey, and small."""

    def __init__(self, pixels):
        self.size = pixels.shape[1], pixels.shape[0]
        self.scale = min(1.0, VIEW_SIDE / min(self.size))
        grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
        side = tuple(max(1, round(length * self.scale)) for length in self.size)
        self.grey = cv2.resize(grey, side, interpolation=cv2.INTER_AREA) if self.scale < 1 else grey


def follow(before, after, boxes):
    """Return where boxes have gone from one View to another: a box (left, top, right, bottom) each, None where it is lost.

    Method: the median of the flow of a grid of points, and of how the distances between them change; points that the flow does
    not bring back to their start do not count ("forward-backward error", Kalal, Mikolajczyk and Matas 2010). The flow is
    Lucas and Kanade's over a pyramid, as OpenCV computes it (Bouguet 2000).
    """
    if not boxes:
        return []
    scale = before.scale
    start = np.concatenate([_grid(box) for box in boxes]) * np.float32(scale)  # (boxes x points, 2)
    points = start[:, None]
    there, seen, _ = cv2.calcOpticalFlowPyrLK(before.grey, after.grey, points, None, winSize=WINDOW, maxLevel=LEVELS)
    back, seen_back, _ = cv2.calcOpticalFlowPyrLK(after.grey, before.grey, there, None, winSize=WINDOW, maxLevel=LEVELS)
    error = np.where((seen & seen_back)[:, 0], np.linalg.norm(points - back, axis=2)[:, 0], np.inf)
    parts = (values.reshape(len(boxes), GRID * GRID, -1) for values in (start / scale, there[:, 0] / scale, error / scale))
    return [_moved(box, *part, least=1 / scale) for box, *part in zip(boxes, *parts, strict=True)]


def _grid(box):
    left, top, right, bottom = box
    steps = (1 + INNER * np.linspace(-1, 1, GRID, dtype=np.float32)) / 2
    x, y = np.meshgrid(left + steps * (right - left), top + steps * (bottom - top))
    return np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)


def _moved(box, start, there, error, least):
    """Return a box moved and scaled as the points that can be trusted were, None where they are too few; all in its pixels."""
    left, top, right, bottom = box
    good = error[:, 0] <= max(least, ERROR * (right - left))
    if good.mean() < TRUSTED:
        return None
    x, y = np.median(there[good] - start[good], axis=0)
    scale = np.clip(np.median(_distances(there[good]) / _distances(start[good])), *SCALES)
    middle_x, middle_y = (left + right) / 2 + float(x), (top + bottom) / 2 + float(y)
    half_width, half_height = (float(scale) * side / 2 for side in (right - left, bottom - top))
    return middle_x - half_width, middle_y - half_height, middle_x + half_width, middle_y + half_height


def _distances(points):
    """Return the distance of each point to each after it."""
    first, second = np.triu_indices(len(points), 1)
    return np.linalg.norm(points[first] - points[second], axis=1)
