"""A face in an image, with its points and chips computed when first asked for."""

from featfer.faces.align import cut_chip
from featfer.faces.landmarks import find_points
from featfer.faces.views import PLAIN, see

FOUND, WHOLE_IMAGE, UNREADABLE = STATUSES = ("found", "whole-image", "unreadable")


class Face:
    """One face.

    pixels: uint8 (h, w) or (h, w, 3), the image it is in, enlarged when small
    scale: how many of those pixels make one of the image
    box: left, top, right, bottom, float, in pixels of the image
    status: FOUND by the detector, or WHOLE_IMAGE where it found nothing
    score: the detector's, nan for a whole image
    is_crop: whether the image shows little but this face
    """

    def __init__(self, pixels, scale, box, status, score, is_crop):
        self.pixels, self.scale, self.box = pixels, scale, tuple(float(side) for side in box)
        self.status, self.score, self.is_crop = status, float(score), is_crop
        self.outputs = {}  # of networks, kept for the features that are made of them
        self._points, self._chips = {}, {}

    def points(self, count=68):
        """Return the 5 or 68 landmarks, float32 (count, 2), x and y in pixels of the image."""
        return self._pixel_points(count) / self.scale

    def chip(self, align="5", view=PLAIN):
        """Return the face upright, uint8 (150, 150, 3) RGB; align: "5" or "68" landmarks, or "none"; view: see `see`."""
        if align not in self._chips:
            points = None if align == "none" else self._pixel_points(int(align))
            self._chips[align] = cut_chip(self.pixels, self._pixel_box(), points, self.is_crop)
        return see(self._chips[align], view)

    def _pixel_points(self, count):
        if count not in self._points:
            self._points[count] = find_points(self.pixels, self._pixel_box(), count)
        return self._points[count]

    def _pixel_box(self):
        return tuple(round(side * self.scale) for side in self.box)
