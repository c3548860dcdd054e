"""Local binary patterns: the texture of the skin and its folds, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from featfer.faces import PLAIN
from featfer.features.base import GreyFeature

if TYPE_CHECKING:
    from featfer.superres.enlarging import Enlargement
    from featfer.typing import Floats, Path, Pixels

POINTS, RADIUS = 8, 2
PATTERNS = POINTS * (POINTS - 1) + 3  # the uniform ones, and one bin for the others


class LBP(GreyFeature):
    """Histograms of uniform local binary patterns over a grid of the chip at 96x96; float32 (n, grid x grid x 59), 0 to 1.

    Parameters
    ----------
    grid : str
        Cells a side, a whole number from 1 to 24; "10" gives 5900 columns.
    align, view, superres, smallest
        As for `ChipFeature`.

    Notes
    -----
    The values are square roots of relative frequencies, so that the Euclidean distance is the Hellinger distance.

    References
    ----------
    Ojala et al. 2002; Shan et al. 2009 (over a grid, for expressions).
    """

    name = "lbp"
    argument = "grid"
    limits = 1, 24
    side = 96

    def __init__(self, grid: str = "10", align: str = "5", view: str = PLAIN,
                 superres: Path | Enlargement | None = None, smallest: float | None = None) -> None:
        self.grid = grid
        self.align = align
        self.view = view
        self.superres = superres
        self.smallest = smallest

    @property
    def size(self) -> int:
        return self.number**2 * PATTERNS

    def describe(self, chip: Pixels) -> Floats:
        from skimage.feature import local_binary_pattern
        codes = local_binary_pattern(chip, POINTS, RADIUS, "nri_uniform").astype(int)
        row = np.arange(self.side) * self.number // self.side  # the cell of each pixel
        cells = row[:, None] * self.number + row
        counts = np.bincount((cells * PATTERNS + codes).ravel(), minlength=self.size).reshape(-1, PATTERNS)
        return np.sqrt(counts / counts.sum(axis=1, keepdims=True)).ravel()
