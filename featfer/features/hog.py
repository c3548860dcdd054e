"""Histograms of oriented gradients: the directions of edges, cell by cell."""

from featfer.faces import PLAIN
from featfer.features.base import GreyFeature

ORIENTATIONS = 8
BLOCK = 3  # cells a side that are normalised together


class Hog(GreyFeature):
    """Histograms of oriented gradients of the chip at 96x96; float32 (n, blocks x 72), 0 to 1.

    Parameters
    ----------
    cell : str
        Pixels a side of a cell, a whole number from 4 to 32; "8" gives 7200 columns.
    align, view
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

    def __init__(self, cell="8", align="5", view=PLAIN):
        self.cell = cell
        self.align = align
        self.view = view

    @property
    def size(self):
        return (self.side // self.number - BLOCK + 1)**2 * BLOCK**2 * ORIENTATIONS

    def describe(self, chip):
        from skimage.feature import hog
        return hog(chip, ORIENTATIONS, (self.number,) * 2, (BLOCK,) * 2, "L2-Hys")
