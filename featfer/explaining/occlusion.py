"""What covering a part of the face does to a recognizer's label (Zeiler and Fergus 2014)."""

from dataclasses import dataclass

import numpy as np

from featfer.faces.align import clip_to_pixels, resize_matrix
from featfer.features.base import ChipFeature
from featfer.features.crop import Crop
from featfer.images.pixels import BATCH_VALUES, resize
from featfer.utils.progress import bar

PICTURE = "picture"  # what landmarks are found in
PLACES = 15   # of the patch, across and down
PATCH = 0.2   # its side, of the input's
BATCH = 32    # covered faces at a time, or fewer, where pictures are large


@dataclass(frozen=True)
class Input:
    """A part of what is seen of a face: pixels, uint8 (h, w) or (h, w, 3), and where they lie.

    window: the slices of it that may be covered; places: float (2, h, w), x and y in the first input of each pixel there
    """

    pixels: np.ndarray
    window: tuple
    places: np.ndarray

    def covered(self, box):
        """Return the pixels with the mean grey of the window where a box of the first input lies over them."""
        (left, top, right, bottom), (x, y) = np.subtract(box, 0.5), self.places
        pixels = self.pixels.copy()
        seen = pixels[self.window]
        seen[(left <= x) & (x < right) & (top <= y) & (y < bottom)] = round(self.pixels[self.window].mean())
        return pixels


class Inputs:
    """All that some features see of a Face: chips, the crop, and for landmarks the picture.

    They lie over each other, so that a part of the face is covered in all of them at once. A box is one of the first of them,
    which is never the picture: where the features have landmarks alone, it is the chip that 5 points align.
    """

    def __init__(self, face, features):
        self.face = face
        side = max((feature.shape[1] for feature in features if isinstance(feature, Crop)), default=None)
        names = dict.fromkeys(map(_input_of, features))
        names = [name for name in names if name != PICTURE] or ["5"]
        seen = {name: _seen(face, name, side) for name in names}
        self.pixels, self.matrix = seen[names[0]]
        self._inputs = {name: self._placed(*pair, (0, 0, *_size(pair[0]))) for name, pair in seen.items()}
        if PICTURE in map(_input_of, features):
            self._inputs[PICTURE] = self._picture()

    @property
    def points(self):
        """The 5 landmarks, float (5, 2), x and y in pixels of the first input."""
        return moved(self.face.points(5), self.matrix)

    def covered(self, box):
        """Return the Face with a part covered by the mean grey of each input; box: left, top, right, bottom, the last two
        outside, in pixels of the first input."""
        pixels = {name: seen.covered(box) for name, seen in self._inputs.items()}
        picture, crop = pixels.pop(PICTURE, None), pixels.pop(Crop.name, None)
        return self.face.replace(pixels, crop, picture)

    @property
    def values(self):
        """How many values the pixels of a covered face have."""
        return sum(seen.pixels.size for seen in self._inputs.values())

    def _placed(self, pixels, matrix, box):
        left, top, right, bottom = box
        y, x = np.mgrid[top:bottom, left:right]
        places = np.tensordot(self.matrix @ np.linalg.inv(matrix), np.stack([x, y, np.ones_like(x)]), 1)
        return Input(pixels, (slice(top, bottom), slice(left, right)), places[:2].astype(np.float32))

    def _picture(self):
        pixels, matrix = self.face.pixels, np.diag([self.face.scale, self.face.scale, 1])
        width, height = _size(self.pixels)
        corners = moved([[0, 0], [width, 0], [0, height], [width, height]], matrix @ np.linalg.inv(self.matrix))
        return self._placed(pixels, matrix, clip_to_pixels((*corners.min(axis=0), *corners.max(axis=0) + 1), pixels))


@dataclass(frozen=True)
class Occlusion:
    """What covering each part of a face does to the probability of its label.

    pixels: uint8 (h, w) or (h, w, 3), the first input of the recognizer; points: float (5, 2), its landmarks there
    drops: float (n,), percentage points of the label's probability that are lost; boxes: int (n, 4), what is covered,
    left, top, right, bottom; heat: float (h, w), the mean drop of the boxes over each pixel, that of a box whose middle is
    nearer counting more
    """

    pixels: np.ndarray
    points: np.ndarray
    boxes: np.ndarray
    drops: np.ndarray

    @property
    def heat(self):
        total, weights = np.zeros((2, *self.pixels.shape[:2]))
        for (left, top, right, bottom), drop in zip(self.boxes, self.drops, strict=True):
            weight = np.outer(*(np.bartlett(side + 2)[1:-1] for side in (bottom - top, right - left)))
            total[top:bottom, left:right] += weight * drop
            weights[top:bottom, left:right] += weight
        return total / weights


def occlusion(recognizer, face, expression):
    """Return the Occlusion of a Face whose Expression a Recognizer found: a grey patch slid over what it sees."""
    inputs = Inputs(face, recognizer.features)
    boxes, left = patches(*_size(inputs.pixels)), []
    size = max(1, min(BATCH, BATCH_VALUES // inputs.values))
    with bar(total=len(boxes), desc="covering parts", delay=1) as shown:
        for at in range(0, len(boxes), size):
            faces = [inputs.covered(box) for box in boxes[at:at + size]]
            left += [seen.probabilities[expression.label] for seen in recognizer.expressions(faces, "torch")]
            shown.update(len(faces))
    drops = 100 * (expression.probabilities[expression.label] - np.array(left))
    return Occlusion(inputs.pixels, inputs.points, boxes, drops)


def patches(width, height):
    """Return the places of a patch that is slid over an image of this size, int (PLACES^2, 4): left, top, right, bottom."""
    across, down = (max(1, round(PATCH * side)) for side in (width, height))
    lefts, tops = (np.linspace(0, side - patch, PLACES).round().astype(int) for side, patch in (
        (width, across), (height, down)))
    return np.array([(left, top, left + across, top + down) for top in tops for left in lefts])


def moved(points, matrix):
    """Return points (n, 2) through a matrix (3, 3)."""
    return (np.column_stack([points, np.ones(len(points))]) @ matrix.T)[:, :2]


def _input_of(feature):
    """Return the name of what a feature sees: an alignment of the chip, the crop, or the picture."""
    if isinstance(feature, ChipFeature):
        return feature.align
    return Crop.name if isinstance(feature, Crop) else PICTURE


def _seen(face, name, side):
    """Return (pixels, matrix from pixels of the image to these) of an input; side: of the crop as networks see it."""
    if name != Crop.name:
        return face.chip(name), face.chip_matrix(name)
    crop = face.crop()
    return resize(crop, side, side), resize_matrix(crop.shape[:2], (side, side)) @ face.crop_matrix()


def _size(pixels):
    """Return the width and height of pixels."""
    return pixels.shape[1], pixels.shape[0]
