"""A frame of a video as an array: upright, with square pixels."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from featfer.images.decoding import MAX_PIXELS
from featfer.images.pyav import import_pyav
from featfer.typing import Pixels

USUAL_COLOURS = "ITU601"
WIDEST = 5         # the most that a pixel may be wider than high or higher than wide; larger values are wrong


class VideoFrame:
    """A decoded frame of a video.

    Attributes
    ----------
    number : int
        Index in the video, from 0.
    seconds : float
        Time from the beginning of the video.
    """

    def __init__(self, number: int, seconds: float, frame: Any, aspect: float) -> None:
        self.number, self.seconds, self._frame, self._aspect = number, seconds, frame, aspect

    def pixels(self, order: str = "rgb24") -> Pixels:
        """Convert the frame to an array.

        Parameters
        ----------
        order : {"rgb24", "bgr24"}

        Returns
        -------
        ndarray of uint8, (h, w, 3)
            Upright, with square pixels.
        """
        width, height = _square_size(self._frame.width, self._frame.height, self._aspect)
        convert = partial(self._frame.to_ndarray, format=order, width=width, height=height, interpolation="BICUBIC", threads=1)
        try:
            image = convert()
        except import_pyav().error.FFmpegError:  # unknown colours, from a damaged header
            image = convert(src_colorspace=USUAL_COLOURS)
        return _turn_upright(image, self._frame)


def _square_size(width: int, height: int, aspect: float) -> tuple[int, int]:
    """Return the size of a frame with square pixels: one side grows, so that no detail is lost."""
    if not 1 / WIDEST <= aspect <= WIDEST or width * height * max(aspect, 1 / aspect) > MAX_PIXELS:
        return width, height
    return (round(width * aspect), height) if aspect >= 1 else (width, round(height / aspect))


def _turn_upright(image: Pixels, frame: Any) -> Pixels:
    """Turn by quarters and mirror an image as the frame's display matrix says."""
    matrix = next((np.frombuffer(data, np.int32) for data in frame.side_data if data.type.name == "DISPLAYMATRIX"), None)
    if matrix is None:
        return image
    (a, b), (c, d) = matrix[:2], matrix[3:5]
    if abs(b) > abs(a):
        image, a, d = image.swapaxes(0, 1), c, b
    return np.ascontiguousarray(image[::-1 if d < 0 else 1, ::-1 if a < 0 else 1])
