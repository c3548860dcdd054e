"""Histograms of oriented gradients: which way the edges run, cell by cell."""

from featfer.faces import PLAIN
from featfer.features.base import GreyFeature

ORIENTATIONS = 8
BLOCK = 3  # cells a side that are normalised together


class Hog(GreyFeature):
    """Histograms of oriented gradients (Dalal and Triggs 2005) of the chip at 96x96; float32 (n, blocks x 72), 0 to 1.

    Unsigned gradients in 8 directions, each cell normalised (L2-Hys) in up to nine blocks of 3x3 cells.

    cell: pixels a side of a cell, a whole number from 4 to 32, as text; 8 gives 7200 columns
    align, view: of the chip, as for every ChipFeature
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
