"""Gabor filters: the strength of lines and edges of each direction and width, cell by cell."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from featfer.faces import PLAIN
from featfer.features.base import GreyFeature

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from featfer.superres.enlarging import Enlargement
    from featfer.typing import Floats, Path, Pixels

SCALES, ORIENTATIONS = 5, 8
FINEST, SPACING = 0.25, 2**0.5  # cycles per pixel, and the factor from one scale to the next
WIDTH = np.pi                   # of the Gaussian, in radians of its wave: a bandwidth of about one octave
BORDER = 8                      # pixels mirrored on each side, so that the edges of the chip are not seen as lines
FLOOR = 0.01                    # of the sum over the bank: a plain cell is not raised to full contrast


class Gabor(GreyFeature):
    """Magnitudes of a bank of 40 Gabor filters, 5 scales x 8 orientations, over a grid; float32 (n, 40 x grid x grid), 0 to 1.

    Parameters
    ----------
    grid : str
        Cells a side, a whole number from 1 to 24; "8" gives 2560 columns.
    align, view, superres, smallest
        As for `ChipFeature`.

    Notes
    -----
    The chip is 96x96. In each cell, the means of the magnitudes are divided by their sum over all filters, which evens out the
    light, and the square roots are taken.

    References
    ----------
    Liu and Wechsler 2002.
    """

    name = "gabor"
    argument = "grid"
    limits = 1, 24
    side = 96

    def __init__(self, grid: str = "8", align: str = "5", view: str = PLAIN,
                 superres: Path | Enlargement | None = None, smallest: float | None = None) -> None:
        self.grid = grid
        self.align = align
        self.view = view
        self.superres = superres
        self.smallest = smallest

    @property
    def size(self) -> int:
        return SCALES * ORIENTATIONS * self.number**2

    def describe(self, chip: Pixels) -> Floats:
        from scipy.fft import fft2, ifft2
        values = (chip - chip.mean()) / (chip.std() + 1)
        spectrum = fft2(np.pad(values, BORDER, "reflect").astype(np.complex64))
        responses = np.abs(ifft2(spectrum * _make_bank(self.side + 2 * BORDER)))[:, BORDER:-BORDER, BORDER:-BORDER]
        edges = np.arange(self.number) * self.side // self.number
        sums = np.add.reduceat(np.add.reduceat(responses, edges, axis=1), edges, axis=2)
        return np.sqrt(sums / (sums.sum(axis=0) + FLOOR * (self.side // self.number)**2)).ravel()


@functools.cache
def _make_bank(side: int) -> NDArray[np.float32]:
    """Return the transfer functions of the filters, float32 (40, side, side), finest scale first."""
    y, x = np.meshgrid(*[2 * np.pi * np.fft.fftfreq(side)] * 2, indexing="ij")
    waves = [2 * np.pi * FINEST / SPACING**scale * np.exp(1j * np.pi * turn / ORIENTATIONS)
             for scale in range(SCALES) for turn in range(ORIENTATIONS)]
    return np.stack([np.exp(-(WIDTH / abs(wave))**2 * np.abs(x + 1j * y - wave)**2 / 2) for wave in waves]).astype(np.float32)
