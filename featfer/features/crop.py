"""The face as the data set shows it, for networks that find their own features."""

import numpy as np

from featfer.errors import ParameterError
from featfer.faces import PLAIN, check_view
from featfer.faces.views import apply_view
from featfer.features.base import Feature
from featfer.images.pixels import resize, to_grey, to_rgb

SIDES = range(16, 513)


class Crop(Feature):
    """The grey values of the face, not turned, row by row; float32 (n, side x side), whole numbers from 0 to 255.

    Of a crop around one face all of it; of a photo the box of the face, a little wider. What CNNs on FER2013 are trained on.

    crop: its side in pixels, as text; "64/rgb" keeps the colours, red, green and blue behind each other: (n, 3 x side x side)
    view: the crop as it is ("plain"), or changed as featfer.faces.views.apply_view says
    """

    name = "crop"
    argument = "crop"
    dtype = np.float16  # which whole numbers up to 2048 fit

    def __init__(self, crop="48", view=PLAIN):
        self.crop = crop
        self.view = view

    @property
    def shape(self):
        """Channels, height and width of a crop, (int, int, int); raises ParameterError for what is none."""
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
        return np.array([self._values(face) for face in faces], np.float32).reshape(len(faces), self.size)

    def _values(self, face):
        channels, side, _ = self.shape
        pixels = apply_view(to_rgb(resize(face.crop(), side, side)), self.view)
        return to_grey(pixels) if channels == 1 else pixels.transpose(2, 0, 1)
