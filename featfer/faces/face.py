"""A face in an image, with landmarks and chips that are computed when first used."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.faces.align import chip_matrix, clip_to_pixels, cut_box, cut_chip, shift_matrix
from featfer.faces.boxes import clip_box
from featfer.faces.landmarks import find_points
from featfer.faces.views import PLAIN, apply_view, to_grey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from featfer.typing import Box, Floats, Pixels

# Stores have the numbers of these: add new ones at the end.
FOUND, WHOLE_IMAGE, UNREADABLE, FAINT = STATUSES = ("found", "whole-image", "unreadable", "faint")
# Left, top, right, bottom, in sides of the box: with these margins dlib's box shows a face as FER2013's crops do (medians over
# its boxes there).
CROP_MARGINS = (0.05, 0.13, 0.05, 0.02)


class Face:
    """One face in an image.

    Parameters
    ----------
    pixels : uint8 array (h, w) or (h, w, 3)
        The image, enlarged if it is small: landmarks and chips are computed from it.
    scale : float
        Side of a pixel of the original image in `pixels`; 2.0 if `pixels` is enlarged twice.
    box : (float, float, float, float)
        Left, top, right and bottom in pixels of the original image.
    status : str
        FOUND by the detector; FAINT where it found nothing and a second look did; WHOLE_IMAGE where both found nothing.
    score : float
        The detector's; nan for a whole image.
    is_crop : bool
        Whether the image shows little but this face.
    image : array, optional
        The image from which `crop` is cut, if `pixels` is an enlargement of it. A super-resolution network may have made it.
    """

    _is_replaced = False

    def __init__(self, pixels: Pixels, scale: float, box: Sequence[float], status: str, score: float, is_crop: bool,
                 image: Pixels | None = None) -> None:
        self.image = pixels if image is None else image
        left, top, right, bottom = box
        self.pixels, self.scale, self.box = pixels, scale, (float(left), float(top), float(right), float(bottom))
        self.status, self.score, self.is_crop = status, float(score), is_crop
        self._points: dict[int, NDArray[np.float32]] = {}
        self._chips: dict[str, Pixels] = {}
        self._crop: Pixels | None = None

    def __repr__(self) -> str:
        box = ", ".join(f"{side:g}" for side in self.box)
        return f"Face({self.status}, box=({box})" + ("" if np.isnan(self.score) else f", score={self.score:.2f}") + ")"

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle has: without what is computed when first used, so that equal faces have equal pickles."""
        return self.__dict__ if self._is_replaced else {**self.__dict__, "_points": {}, "_chips": {}, "_crop": None}

    def points(self, count: int = 68) -> Floats:
        """Return the 5 or 68 landmarks, float32 (count, 2), x and y in pixels of the original image."""
        return self._pixel_points(count) / self.scale

    @property
    def clipped_box(self) -> Box:
        """The part of the box inside the image; features are computed with the whole box, which may reach beyond the image."""
        height, width = (round(side / self.scale) for side in self.pixels.shape[:2])
        return clip_box(self.box, width, height)

    def chip(self, align: str = "5", view: str = PLAIN) -> Pixels:
        """Return the chip, uint8 (150, 150, 3) RGB.

        Parameters
        ----------
        align : {"5", "68", "none"}
            Landmarks by which the face is turned upright and scaled.
        view : str
            As for `featfer.faces.views.apply_view`.
        """
        if align not in self._chips:
            points = None if align == "none" else self._pixel_points(int(align))
            self._chips[align] = cut_chip(self.pixels, self._pixel_box(), points, self.is_crop)
        return apply_view(self._chips[align], view)

    def in_grey(self, align: str = "5") -> Face:
        """Return the face with its chip in grey; the face itself if the chip is grey. `align` is as for `chip`."""
        grey = to_grey(self.chip(align))
        return self if grey is self.chip(align) else self.replace(chips={align: grey})

    def crop(self) -> Pixels:
        """Return the face cut out of the image, not aligned, uint8 (h, w) or (h, w, 3).

        It is the whole image if that is a crop, else the box, widened by CROP_MARGINS.
        """
        if self._crop is None:
            self._crop = self.image if self.is_crop else cut_box(self.image, self._crop_box())
        return self._crop

    def chip_matrix(self, align: str = "5") -> Floats:
        """Return the matrix, float (3, 3), from pixels (x, y, 1) of the original image to pixels of the chip."""
        points = None if align == "none" else self._pixel_points(int(align))
        pixels = chip_matrix(self.pixels, self._pixel_box(), points, self.is_crop)
        return pixels @ np.diag([self.scale, self.scale, 1])

    def crop_matrix(self) -> Floats:
        """Return the matrix, float (3, 3), from pixels (x, y, 1) of the original image to pixels of the crop."""
        if self.is_crop:
            factor = self.scale * min(self.image.shape[:2]) / min(self.pixels.shape[:2])
            return np.diag([factor, factor, 1])
        left, top = clip_to_pixels(self._crop_box(), self.image)[:2]
        return shift_matrix(-left, -top)

    def replace(self, chips: dict[str, Pixels] | None = None, crop: Pixels | None = None,
                pixels: Pixels | None = None) -> Face:
        """Return a copy of the face with other chips, another crop or another image. Box, status and score stay.

        Parameters
        ----------
        chips : dict, optional
            {align: uint8 array (150, 150, 3)}
        crop : uint8 array, optional
            As `crop` returns it.
        pixels : uint8 array, optional
            An image of the same shape; landmarks are found in it again.
        """
        face = copy(self)
        face._chips, face._points, face._is_replaced = {**self._chips, **(chips or {})}, dict(self._points), True
        face._crop = self._crop if crop is None else crop
        if pixels is not None:
            face.pixels, face._points = pixels, {}
        return face

    def _crop_box(self) -> Box:
        left, top, right, bottom = self.box
        margins = [margin * (right - left) for margin in CROP_MARGINS]
        return left - margins[0], top - margins[1], right + margins[2], bottom + margins[3]

    def _pixel_points(self, count: int) -> NDArray[np.float32]:
        if count not in self._points:
            self._points[count] = find_points(self.pixels, self._pixel_box(), count)
        return self._points[count]

    def _pixel_box(self) -> tuple[int, int, int, int]:
        left, top, right, bottom = self.box
        return round(left * self.scale), round(top * self.scale), round(right * self.scale), round(bottom * self.scale)
