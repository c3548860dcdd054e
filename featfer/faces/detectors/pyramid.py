"""A tiled pyramid: an image at many scales in one picture, in which a network finds faces of all sizes at once.

References
----------
dlib's `create_tiled_pyramid` and `tiled_pyramid_to_image` with `pyramid_down<6>`, as its documentation describes them: each
level has 5/6 of the sides of the one before. The levels stand in a column at the left, and where they leave room, in a second
one that goes up again at the right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from featfer.typing import Floats, Integers

LEVELS = 6  # a level has (LEVELS - 1) / LEVELS of the sides of the one before
GAP, MARGIN = 10, 11  # pixels between the levels, and around all
LEAST_HEIGHT = 5  # pixels, of a level
SHIFT = 0.3  # pixels by which a place is moved from one level to the one before


def place_levels(height: int, width: int) -> tuple[tuple[int, int], Integers]:
    """Say where in the pyramid of an image its levels are.

    Parameters
    ----------
    height, width : int
        Of the image, in pixels.

    Returns
    -------
    ((int, int), int array (n, 4))
        Height and width of the pyramid; top, left, height and width of each level, of which the first is the image.
    """
    sides = _list_sides(height, width)
    heights = sum(side[0] + GAP for side in sides) - 2 * GAP
    bottom, before = 0, 0
    for level_height, level_width in sides:
        if level_width <= width - before - GAP and (bottom - height) * 2 >= heights - height:
            break
        bottom, before = bottom + level_height + GAP, level_width
    bottom += MARGIN - GAP
    levels: list[tuple[int, int, int, int]] = []
    y = MARGIN
    for level_height, level_width in sides:
        if y >= bottom:
            break
        levels.append((y, MARGIN, level_height, level_width))
        y += level_height + GAP
    y -= GAP
    for level_height, level_width in sides[len(levels):]:
        y -= level_height
        if y < MARGIN + height:  # beside the image there is no room
            break
        levels.append((y, MARGIN + width - level_width, level_height, level_width))
        y -= GAP
    return (bottom + MARGIN, width + 2 * MARGIN), np.array(levels)


def draw_pyramid(image: Floats) -> tuple[Floats, Integers]:
    """Make the pyramid of an image.

    Parameters
    ----------
    image : float32 array (channels, h, w)

    Returns
    -------
    (float32 array (channels, height, width), int array (n, 4))
        The pyramid, 0 between the levels; and the levels, as from `place_levels`.

    Notes
    -----
    A level is the one before, interpolated bilinearly, with the corners in the corners. dlib adds up the places of columns in
    float32, we in float64: 0.02 pixels at most.
    """
    size, levels = place_levels(*image.shape[1:])
    pyramid = np.zeros((len(image), *size), np.float32)
    for number, (top, left, height, width) in enumerate(levels.tolist()):
        if number:
            image = _interpolate(_interpolate(image, height, axis=1), width, axis=2)
        pyramid[:, top:top + height, left:left + width] = image
    return pyramid, levels


def map_to_image(boxes: Floats, levels: Integers) -> Floats:
    """Map boxes from a pyramid to its image.

    Parameters
    ----------
    boxes : float array (n, 4)
        Left, top, right, bottom, in pixels.
    levels : int array (m, 4)
        As from `place_levels`. A box belongs to the level that is nearest to its middle.

    Returns
    -------
    float array (n, 4)
    """
    tops, lefts, heights, widths = levels.T
    across, down = (boxes[:, :2] + boxes[:, 2:]).T[:, :, None] / 2
    aside = np.maximum(0, np.maximum(lefts - across, across - (lefts + widths - 1)))
    below = np.maximum(0, np.maximum(tops - down, down - (tops + heights - 1)))
    nearest = np.argmin(aside ** 2 + below ** 2, axis=1)
    mapped = boxes - np.stack([lefts, tops, lefts, tops], axis=1)[nearest]
    for level in range(1, len(levels)):
        mapped = np.where((nearest >= level)[:, None], mapped * (LEVELS / (LEVELS - 1)) + SHIFT, mapped)
    return mapped


def _list_sides(height: int, width: int) -> list[tuple[int, int]]:
    """Return the height and width of each level."""
    sides = [(height, width)]
    while True:
        height, width = (int((LEVELS - 1) / LEVELS * side) for side in (height, width))
        if height < LEAST_HEIGHT or not width:
            return sides
        sides.append((height, width))


def _interpolate(image: Floats, length: int, axis: int) -> Floats:
    """Resize an image to a length along an axis."""
    last = image.shape[axis] - 1
    places = np.arange(length) * (last / max(length - 1, 1))
    before = np.minimum(places.astype(int), last)
    after, share = np.minimum(before + 1, last), (places - before).astype(np.float32)
    share = share[:, None] if axis == 1 else share
    resized = image.take(before, axis)
    resized *= 1 - share
    more = image.take(after, axis)
    more *= share
    resized += more
    return resized
