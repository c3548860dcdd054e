"""The face as the data set shows it, for networks that learn their own features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from featfer.errors import ParameterError
from featfer.faces import PLAIN, check_view
from featfer.faces.views import apply_view
from featfer.features.base import Feature
from featfer.images.pixels import resize, to_grey, to_rgb

if TYPE_CHECKING:
    from featfer.faces.face import Face
    from featfer.superres.enlarging import Enlargement
    from featfer.typing import Floats, Path, Pixels

SIDES = range(16, 513)


class Crop(Feature):
    """The grey values of the face, not aligned, row by row; float32 (n, side x side), whole numbers from 0 to 255.

    A crop around one face is used whole; in a photo, the face's box and a small margin. CNNs on FER2013 are trained on this.

    Parameters
    ----------
    crop : str
        Side in pixels, such as "48". "64/rgb" keeps the colours, as planes red, green and blue: (n, 3 x side x side).
    view : str
        "plain", or a change of the crop, as for `featfer.faces.views.apply_view`.
    superres, smallest
        As for `Feature`.
    """

    name = "crop"
    argument = "crop"
    dtype = np.float16  # exact for whole numbers up to 2048

    def __init__(self, crop: str = "48", view: str = PLAIN, superres: Path | Enlargement | None = None,
                 smallest: float | None = None) -> None:
        self.crop = crop
        self.view = view
        self.superres = superres
        self.smallest = smallest

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a crop (int, int, int). Raises ParameterError for an invalid side."""
        side, slash, colours = str(self.crop).partition("/")
        if not (side.isdecimal() and len(side) < 5 and int(side) in SIDES and colours == ("rgb" if slash else "")):
            raise ParameterError(f"crop: {self.crop!r} is not a side from {SIDES[0]} to {SIDES[-1]}, alone or with /rgb")
        return 3 if slash else 1, int(side), int(side)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    def check(self) -> None:
        super().check()
        _ = self.shape
        check_view(self.view)

    def compute(self, faces: Sequence[Face]) -> Floats:
        self.check()
        return np.array([self._crop_values(face) for face in faces], np.float32).reshape(len(faces), self.size)

    def _crop_values(self, face: Face) -> Pixels:
        channels, side, _ = self.shape
        pixels = apply_view(to_rgb(resize(face.crop(), side, side)), self.view)
        return to_grey(pixels) if channels == 1 else pixels.transpose(2, 0, 1)
