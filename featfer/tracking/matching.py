"""Which boxes of one frame show the faces of another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from featfer.faces.boxes import overlap
from featfer.typing import Box

SAME = 0.3        # overlap (intersection over union) from which two boxes show one face


def match_boxes(boxes: Sequence[Box], others: Sequence[Box]) -> dict[int, int]:
    """Return which boxes show the same faces, so that the sum of overlaps is largest (Hungarian method).

    Returns
    -------
    dict
        {index in boxes: index in others}
    """
    if not boxes or not others:
        return {}
    overlaps = np.array([[overlap(box, other) for other in others] for box in boxes])
    pairs = zip(*linear_sum_assignment(-np.where(overlaps >= SAME, overlaps, 0)), strict=True)
    return {int(i): int(j) for i, j in pairs if overlaps[i, j] >= SAME}
