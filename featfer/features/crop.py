"""The face as the data set shows it, for networks that learn their own features."""

import numpy as np

from featfer.errors import ParameterError
from featfer.faces import PLAIN, check_view
from featfer.faces.views import apply_view
from featfer.features.base import Feature
from featfer.images.pixels import resize, to_grey, to_rgb

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
    """

    name = "crop"
    argument = "crop"
    dtype = np.float16  # exact for whole numbers up to 2048

    def __init__(self, crop="48", view=PLAIN):
        self.crop = crop
        self.view = view

    @property
    def shape(self):
        """Channels, height and width of a crop (int, int, int). Raises ParameterError for an invalid side."""
        side, slash, colours = str(self.crop).partition("/")
        if not (side.isdecimal() and len(side) < 5 and int(side) in SIDES and colours == ("rgb" if slash else "")):
            raise ParameterError(f"crop: {self.crop!r} is not a side from {SIDES[0]} to {SIDES[-1]}, alone or with /rgb")
        return 3 if slash else 1, int(side), int(side)

    @property
    def size(self):
        return int(np.prod(self.shape))

    def check(self):
        _ = self.shape
        check_view(self.view)

    def transform(self, faces):
        self.check()
        return np.array([self._crop_values(face) for face in faces], np.float32).reshape(len(faces), self.size)

    def _crop_values(self, face):
        channels, side, _ = self.shape
        pixels = apply_view(to_rgb(resize(face.crop(), side, side)), self.view)
        return to_grey(pixels) if channels == 1 else pixels.transpose(2, 0, 1)
