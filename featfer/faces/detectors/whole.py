"""The whole image as one face, for cropped images and for images in which another detector finds nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from featfer.typing import Box, Pixels

MARGIN = 0.06  # fraction of the width or height that is left out on each side


def detect(image: Pixels, single: bool = False, smallest: float | None = None) -> list[tuple[float, Box]]:
    """Return one (nan, box): the whole image without a margin. Nothing is searched."""
    height, width = image.shape[:2]
    return [(math.nan, (MARGIN * width, MARGIN * height, (1 - MARGIN) * width, (1 - MARGIN) * height))]
