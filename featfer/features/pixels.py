"""The grey values themselves, for methods that find their own features: principal components, linear discriminants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from featfer.faces import PLAIN
from featfer.features.base import GreyFeature

if TYPE_CHECKING:
    from featfer.superres.enlarging import Enlargement
    from featfer.typing import Floats, Path
    from featfer.typing import Pixels as Image

NEIGHBOURHOOD = 1 / 12  # of the side: the scale on which contrast is evened out
FLOOR = 4               # grey levels: weaker contrast is noise, and is not raised to full contrast


class Pixels(GreyFeature):
    """The grey chip, shrunk and with its contrast evened out; float32 (n, side x side), about -3 to 3.

    Parameters
    ----------
    pixels : str
        Side of the shrunk chip, a whole number from 8 to 150; "48" gives 2304 columns.
    align, view, superres, smallest
        As for `ChipFeature`.

    Notes
    -----
    From each pixel the mean of its neighbourhood is subtracted, and the result is divided by the deviation there.

    References
    ----------
    Jarrett et al. 2009 (local contrast normalisation); Turk and Pentland 1991 (principal components of faces).
    """

    name = "pixels"
    argument = "pixels"
    limits = 8, 150

    def __init__(self, pixels: str = "48", align: str = "5", view: str = PLAIN,
                 superres: Path | Enlargement | None = None, smallest: float | None = None) -> None:
        self.pixels = pixels
        self.align = align
        self.view = view
        self.superres = superres
        self.smallest = smallest

    @property
    def side(self) -> int:
        return self.number

    @property
    def size(self) -> int:
        return self.side**2

    def describe(self, chip: Image) -> Floats:
        from scipy.ndimage import gaussian_filter
        sigma = self.side * NEIGHBOURHOOD
        values = chip.astype(np.float32)
        values -= gaussian_filter(values, sigma)
        return (values / (np.sqrt(gaussian_filter(values**2, sigma)) + FLOOR)).ravel()
