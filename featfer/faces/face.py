"""A face in an image, with its points and chips computed when first asked for."""

from copy import copy

import numpy as np

from featfer.faces.align import bounds, chip_matrix, clipped, cut_chip, inside, shift_matrix
from featfer.faces.landmarks import find_points
from featfer.faces.views import PLAIN, apply_view

FOUND, WHOLE_IMAGE, UNREADABLE = STATUSES = ("found", "whole-image", "unreadable")
# Left, top, right, bottom, in sides of the box: so much wider, dlib's box shows a face as FER2013's crops do, by the median of
# its boxes there.
CROP_MARGINS = (0.05, 0.13, 0.05, 0.02)


class Face:
    """One face.

    pixels: uint8 (h, w) or (h, w, 3), the image it is in, enlarged when small
    scale: how many of those pixels make one of the image as it came
    box: left, top, right, bottom, float, in pixels of the image
    status: FOUND by the detector, or WHOLE_IMAGE where it found nothing
    score: the detector's, nan for a whole image
    is_crop: whether the image shows little but this face
    image: the image before that, where it has been enlarged; by featfer.superres it may have been already
    """

    def __init__(self, pixels, scale, box, status, score, is_crop, image=None):
        self.image = pixels if image is None else image
        self.pixels, self.scale, self.box = pixels, scale, tuple(float(side) for side in box)
        self.status, self.score, self.is_crop = status, float(score), is_crop
        self._points, self._chips, self._crop = {}, {}, None

    def points(self, count=68):
        """Return the 5 or 68 landmarks, float32 (count, 2), x and y in pixels of the image."""
        return self._pixel_points(count) / self.scale

    @property
    def clipped_box(self):
        """The part of the box that lies in the image; a detector's may reach beyond, and features are made with all of it."""
        height, width = (round(side / self.scale) for side in self.pixels.shape[:2])
        return clipped(self.box, width, height)

    def chip(self, align="5", view=PLAIN):
        """Return the face upright, uint8 (150, 150, 3) RGB; align: "5" or "68" landmarks, or "none"; view: see `apply_view`."""
        if align not in self._chips:
            points = None if align == "none" else self._pixel_points(int(align))
            self._chips[align] = cut_chip(self.pixels, self._pixel_box(), points, self.is_crop)
        return apply_view(self._chips[align], view)

    def crop(self):
        """Return the part of the image that shows the face, not turned, uint8 (h, w) or (h, w, 3): all of a crop, else the box,
        wider by CROP_MARGINS."""
        if self._crop is None:
            self._crop = self.image if self.is_crop else inside(self.image, self._crop_box())
        return self._crop

    def chip_matrix(self, align="5"):
        """Return the matrix, float (3, 3), from x, y, 1 in pixels of the image, as `points` gives them, to those of a chip."""
        points = None if align == "none" else self._pixel_points(int(align))
        pixels = chip_matrix(self.pixels, self._pixel_box(), points, self.is_crop)
        return pixels @ np.diag([self.scale, self.scale, 1])

    def crop_matrix(self):
        """Return the matrix, float (3, 3), from x, y, 1 in pixels of the image to those of the crop."""
        if self.is_crop:
            grown = self.scale * min(self.image.shape[:2]) / min(self.pixels.shape[:2])
            return np.diag([grown, grown, 1])
        left, top = bounds(self.image, self._crop_box())[:2]
        return shift_matrix(-left, -top)

    def altered(self, chips=None, crop=None, pixels=None):
        """Return a copy of the face that shows something else where that is given.

        chips: {align: uint8 (150, 150, 3)}; crop: as `crop` returns it; pixels: of the same shape, in which its landmarks are
        then found anew. Box, status and score are as before.
        """
        face = copy(self)
        face._chips, face._points = {**self._chips, **(chips or {})}, dict(self._points)
        if crop is not None:
            face._crop = crop
        if pixels is not None:
            face.pixels, face._points = pixels, {}
        return face

    def _crop_box(self):
        left, top, right, bottom = self.box
        wider = [margin * (right - left) for margin in CROP_MARGINS]
        return left - wider[0], top - wider[1], right + wider[2], bottom + wider[3]

    def _pixel_points(self, count):
        if count not in self._points:
            self._points[count] = find_points(self.pixels, self._pixel_box(), count)
        return self._points[count]

    def _pixel_box(self):
        return tuple(round(side * self.scale) for side in self.box)
