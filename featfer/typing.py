"""Names for what functions take and return, for annotations.

They are for type checkers and readers. When the program runs, all are `Any`, so that this module loads nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from typing import BinaryIO, TypeAlias

    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image as PillowImage

    Path: TypeAlias = str | os.PathLike[str]
    """The name of a file or folder."""

    Image: TypeAlias = Path | bytes | bytearray | memoryview | BinaryIO | PillowImage.Image | NDArray[Any]
    """An image: the name of its file, its bytes, an open file, a PIL image, or an array (h, w) or (h, w, 1, 3 or 4)."""

    Images: TypeAlias = Image | Iterable[Image]
    """One image or several; an array (n, h, w) or (n, h, w, channels) is n images."""

    Pixels: TypeAlias = NDArray[np.uint8]
    """Pixels, (h, w) grey or (h, w, 3) RGB."""

    Floats: TypeAlias = NDArray[np.floating[Any]]
    """An array of float32 or float64."""

    Integers: TypeAlias = NDArray[np.integer[Any]]
    """An array of whole numbers."""

    Mask: TypeAlias = NDArray[np.bool_]
    """An array of bool."""

    Strings: TypeAlias = NDArray[np.str_]
    """An array of str."""

    Box: TypeAlias = tuple[float, float, float, float]
    """Left, top, right and bottom, in pixels."""

    Fingerprint: TypeAlias = dict[str, Any]
    """Everything that a feature depends on, as plain data."""
else:
    Path = Image = Images = Pixels = Floats = Integers = Mask = Strings = Box = Fingerprint = Any
