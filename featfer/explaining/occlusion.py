"""Occlusion: how much the probability of a label falls when a part of the face is covered (Zeiler and Fergus 2014)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from featfer.expression import Expression
from featfer.faces.align import clip_to_pixels, resize_matrix
from featfer.faces.face import Face
from featfer.features.base import ChipFeature, Feature
from featfer.features.crop import Crop
from featfer.images.pixels import BATCH_VALUES, resize
from featfer.recognizer import Recognizer
from featfer.typing import Floats, Integers, Pixels
from featfer.utils.progress import bar

PICTURE = "picture"  # the image in which landmarks are found
PLACES = 15   # positions of the patch, across and down
PATCH = 0.2   # side of the patch, as a fraction of the side of the input
BATCH = 32    # covered faces in a batch; fewer if pictures are large


@dataclass(frozen=True)
class Input:
    """One input of a recognizer: a chip, the crop, or the picture.

    Attributes
    ----------
    pixels : uint8 array (h, w) or (h, w, 3)
    window : tuple of slice
        The part that may be covered.
    places : float array (2, h, w)
        For each pixel of the window its x and y in the first input.
    """

    pixels: Pixels
    window: tuple[slice, slice]
    places: Floats

    def cover(self, box: ArrayLike) -> Pixels:
        """Return the pixels with a box covered by the mean grey of the window.

        Parameters
        ----------
        box : sequence of 4 numbers
            left, top, right, bottom, in pixels of the first input.

        Returns
        -------
        uint8 array, as `pixels`
        """
        (left, top, right, bottom), (x, y) = np.subtract(box, 0.5), self.places
        pixels = self.pixels.copy()
        pixels[self.window][(left <= x) & (x < right) & (top <= y) & (y < bottom)] = round(self.pixels[self.window].mean())
        return pixels


class Inputs:
    """All inputs that some features take from a face: chips, the crop, and for landmarks the picture.

    The inputs show the same face, so a part of it is covered in all of them at once. Boxes are in pixels of the first input,
    which is never the picture: if the features are landmarks alone, it is the chip aligned by 5 landmarks.

    Parameters
    ----------
    face : Face
    features : list of Feature
    """

    def __init__(self, face: Face, features: Sequence[Feature]) -> None:
        self.face = face
        side = max((feature.shape[1] for feature in features if isinstance(feature, Crop)), default=0)
        names = [name for name in dict.fromkeys(map(_find_input, features)) if name != PICTURE] or ["5"]
        pairs = {name: _find_pixels(face, name, side) for name in names}
        self.pixels, self.matrix = pairs[names[0]]
        self._inputs = {name: self._locate(*pair, (0, 0, *_find_size(pair[0]))) for name, pair in pairs.items()}
        if PICTURE in map(_find_input, features):
            self._inputs[PICTURE] = self._make_picture()

    @property
    def points(self) -> Floats:
        """The 5 landmarks, float (5, 2), x and y in pixels of the first input."""
        return transform_points(self.face.points(5), self.matrix)

    def cover(self, box: ArrayLike) -> Face:
        """Return a copy of the face in which a part is covered by the mean grey of each input.

        Parameters
        ----------
        box : sequence of 4 numbers
            left, top, right, bottom in pixels of the first input; right and bottom are not covered.

        Returns
        -------
        Face
        """
        pixels = {name: one.cover(box) for name, one in self._inputs.items()}
        picture, crop = pixels.pop(PICTURE, None), pixels.pop(Crop.name, None)
        return self.face.replace(pixels, crop, picture)

    @property
    def size(self) -> int:
        """The number of pixel values of a covered face."""
        return sum(one.pixels.size for one in self._inputs.values())

    def _locate(self, pixels: Pixels, matrix: Floats, box: Sequence[int]) -> Input:
        left, top, right, bottom = box
        y, x = np.mgrid[top:bottom, left:right]
        places = np.tensordot(self.matrix @ np.linalg.inv(matrix), np.stack([x, y, np.ones_like(x)]), 1)
        return Input(pixels, (slice(top, bottom), slice(left, right)), places[:2].astype(np.float32))

    def _make_picture(self) -> Input:
        pixels, matrix = self.face.pixels, np.diag([self.face.scale, self.face.scale, 1])
        width, height = _find_size(self.pixels)
        corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], float)
        corners = transform_points(corners, matrix @ np.linalg.inv(self.matrix))
        return self._locate(pixels, matrix, clip_to_pixels((*corners.min(axis=0), *corners.max(axis=0) + 1), pixels))


@dataclass(frozen=True)
class Occlusion:
    """The effect of covering each part of a face on the probability of its label.

    Attributes
    ----------
    pixels : uint8 array (h, w) or (h, w, 3)
        The first input of the recognizer.
    points : float array (5, 2)
        The landmarks there.
    boxes : int array (n, 4)
        What was covered: left, top, right, bottom.
    drops : float array (n,)
        By how many percentage points the label's probability fell.
    """

    pixels: Pixels
    points: Floats
    boxes: Integers
    drops: Floats

    @property
    def heat(self) -> Floats:
        """The mean drop of the boxes over each pixel, float (h, w); boxes whose middle is nearer weigh more."""
        total, weights = np.zeros((2, *self.pixels.shape[:2]))
        for (left, top, right, bottom), drop in zip(self.boxes, self.drops, strict=True):
            weight = np.outer(*(np.bartlett(side + 2)[1:-1] for side in (bottom - top, right - left)))
            total[top:bottom, left:right] += weight * drop
            weights[top:bottom, left:right] += weight
        return total / weights


def compute_occlusion(recognizer: Recognizer, face: Face, expression: Expression) -> Occlusion:
    """Measure how much covering each part of a face lowers the probability of its label: a grey patch slides over it.

    Parameters
    ----------
    recognizer : Recognizer
    face : Face
    expression : Expression
        The recognizer's prediction for the face.

    Returns
    -------
    Occlusion

    References
    ----------
    Zeiler and Fergus 2014.
    """
    inputs = Inputs(face, recognizer.features)
    boxes, probabilities = make_patches(*_find_size(inputs.pixels)), []
    size = max(1, min(BATCH, BATCH_VALUES // inputs.size))
    with bar(total=len(boxes), desc="covering parts", unit=" places", delay=1) as progress:
        for at in range(0, len(boxes), size):
            faces = [inputs.cover(box) for box in boxes[at:at + size]]
            covered = recognizer.expressions(faces, with_novelty=False)
            probabilities += [one.probabilities[expression.label] for one in covered]
            progress.update(len(faces))
    drops = 100 * (expression.probabilities[expression.label] - np.array(probabilities))
    return Occlusion(inputs.pixels, inputs.points, boxes, drops)


def make_patches(width: int, height: int) -> Integers:
    """Return the positions of a patch that slides over an image.

    Parameters
    ----------
    width, height : int
        Of the image, in pixels.

    Returns
    -------
    int array (PLACES ** 2, 4)
        left, top, right, bottom
    """
    across, down = (max(1, round(PATCH * side)) for side in (width, height))
    lefts, tops = (np.linspace(0, side - patch, PLACES).round().astype(int) for side, patch in (
        (width, across), (height, down)))
    return np.array([(left, top, left + across, top + down) for top in tops for left in lefts])


def transform_points(points: Floats, matrix: Floats) -> Floats:
    """Transform points by an affine matrix.

    Parameters
    ----------
    points : float array (n, 2)
    matrix : float array (3, 3)

    Returns
    -------
    float array (n, 2)
    """
    return (np.column_stack([points, np.ones(len(points))]) @ matrix.T)[:, :2]


def _find_input(feature: Feature) -> str:
    """Return the name of a feature's input: the alignment of a chip, the crop, or the picture."""
    if isinstance(feature, ChipFeature):
        return feature.align
    return Crop.name if isinstance(feature, Crop) else PICTURE


def _find_pixels(face: Face, name: str, side: int) -> tuple[Pixels, Floats]:
    """Return the pixels of an input, and the matrix from the image to them; side: of the crop in networks."""
    if name != Crop.name:
        return face.chip(name), face.chip_matrix(name)
    crop = face.crop()
    return resize(crop, side, side), resize_matrix(crop.shape[:2], (side, side)) @ face.crop_matrix()


def _find_size(pixels: Pixels) -> tuple[int, int]:
    """Return (width, height) of pixels."""
    return pixels.shape[1], pixels.shape[0]
