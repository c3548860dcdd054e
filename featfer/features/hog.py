"""Histograms of oriented gradients: the directions of edges, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featfer.faces import PLAIN
from featfer.features.base import GreyFeature

if TYPE_CHECKING:
    from featfer.superres.enlarging import Enlargement
    from featfer.typing import Floats, Path, Pixels

ORIENTATIONS = 8
BLOCK = 3  # cells a side that are normalised together


class Hog(GreyFeature):
    """Histograms of oriented gradients of the chip at 96x96; float32 (n, blocks x 72), 0 to 1.

    Parameters
    ----------
    cell : str
        Pixels a side of a cell, a whole number from 4 to 32; "8" gives 7200 columns.
    align, view, superres, smallest
        As for `ChipFeature`.

    Notes
    -----
    Unsigned gradients in 8 directions; each cell is normalised (L2-Hys) in up to nine blocks of 3x3 cells.

    References
    ----------
    Dalal and Triggs 2005.
    """

    name = "hog"
    argument = "cell"
    limits = 4, 32
    side = 96

    def __init__(self, cell: str = "8", align: str = "5", view: str = PLAIN,
                 superres: Path | Enlargement | None = None, smallest: float | None = None) -> None:
        self.cell = cell
        self.align = align
        self.view = view
        self.superres = superres
        self.smallest = smallest

    @property
    def size(self) -> int:
        return (self.side // self.number - BLOCK + 1)**2 * BLOCK**2 * ORIENTATIONS

    def describe(self, chip: Pixels) -> Floats:
        from skimage.feature import hog
        return hog(chip, ORIENTATIONS, (self.number,) * 2, (BLOCK,) * 2, "L2-Hys")
