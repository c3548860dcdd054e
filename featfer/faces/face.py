"""A face in an image, with its points and chips computed when first asked for."""

from featfer.faces.align import cut_chip
from featfer.faces.landmarks import find_points

FOUND, WHOLE_IMAGE, UNREADABLE = STATUSES = ("found", "whole-image", "unreadable")


class Face:
    """One face.

    view: uint8 (h, w) or (h, w, 3), the image it is in, enlarged when small
    scale: how many pixels of the view make one of the image
    box: left, top, right, bottom, float, in pixels of the image
    status: FOUND by the detector, or WHOLE_IMAGE where it found nothing
    score: the detector's, nan for a whole image
    is_crop: whether the image shows little but this face
    """

    def __init__(self, view, scale, box, status, score, is_crop):
        self.view, self.scale, self.box = view, scale, tuple(float(side) for side in box)
        self.status, self.score, self.is_crop = status, float(score), is_crop
        self.outputs = {}  # of networks, kept for the features that are made of them
        self._points, self._chips = {}, {}

    def points(self, count=68):
        """Return the 5 or 68 landmarks, float32 (count, 2), x and y in pixels of the image."""
        return self._view_points(count) / self.scale

    def chip(self, align="5"):
        """Return the face upright, uint8 (150, 150, 3) RGB; align: "5" or "68" landmarks, or "none"."""
        if align not in self._chips:
            points = None if align == "none" else self._view_points(int(align))
            self._chips[align] = cut_chip(self.view, self._view_box(), points, self.is_crop)
        return self._chips[align]

    def _view_points(self, count):
        if count not in self._points:
            self._points[count] = find_points(self.view, self._view_box(), count)
        return self._points[count]

    def _view_box(self):
        return tuple(round(side * self.scale) for side in self.box)
