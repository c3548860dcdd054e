"""One image or several: what `featfer.recognizer.Recognizer.predict` accepts, read image by image."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from featfer.errors import ParameterError
from featfer.images.pixels import BYTES, read_image

if TYPE_CHECKING:
    from collections import deque

    from featfer.typing import Pixels

FORMS = "file names, bytes, open binary files, PIL images or arrays"  # in which images are read


def to_iterable(images: Any) -> Iterable[Any]:
    """Return several images as they are, and a single image, or what is neither, in a list.

    An array (h, w), (h, w, 1), (h, w, 3) or (h, w, 4) is a single image; (n, h, w) and (n, h, w, channels) are n images. So are
    a data frame with one column, and an array of str or of objects, (n,) or (n, 1).
    """
    if hasattr(images, "columns"):
        return _take_column(images)
    if isinstance(images, np.ndarray):
        if images.dtype.kind in "OSU":
            return _list_objects(images)
        is_single = images.ndim in (0, 2) or (images.ndim == 3 and images.shape[2] in (1, 3, 4))
    else:
        is_single = is_image(images) or isinstance(images, Mapping) or not isinstance(images, Iterable)
    return [images] if is_single else images


def is_image(item: Any) -> bool:
    """Tell whether something has one of the forms in which `read_image` reads an image; it may still be no image."""
    return isinstance(item, (*BYTES, str, os.PathLike, Image.Image, np.ndarray)) or hasattr(item, "read")


def require_images(items: Iterable[Any], others: str = "") -> Iterator[Any]:
    """Yield items; raise ParameterError at the first that is not an image.

    Parameters
    ----------
    items : iterable
        What `to_iterable` returns.
    others : str, optional
        What else may be given, for the message, such as "Faces alone, or ".
    """
    for number, item in enumerate(items, 1):
        if not is_image(item):
            raise ParameterError(f"image {number} is of type {type(item).__name__}: give {others}{FORMS}, one or several")
        yield item
        del item  # it may be large, and the next is not read yet


def read_images(images: Iterable[Any], names: deque[Any]) -> Iterator[Pixels]:
    """Yield the pixels of each image as `read_image` returns them, and append its name, for messages, to a deque."""
    for number, image in enumerate(images, 1):
        names.append(image if isinstance(image, (str, os.PathLike)) else f"image {number}")
        yield read_image(image)
        del image  # it may be large, and the next is not read yet


def _take_column(table: Any) -> list[Any]:
    """Return the cells of a data frame (of pandas or polars) with one column."""
    if len(table.columns) != 1:
        columns = f"{', '.join(map(str, table.columns)):.200}"
        raise ParameterError(f"images in a DataFrame with the columns {columns}: give the one that names their files, such as "
                             "frame['path']")
    return list(table.iloc[:, 0] if hasattr(table, "iloc") else table[table.columns[0]])


def _list_objects(array: np.ndarray[Any, Any]) -> list[Any]:
    """Return the items of an array of str or of objects, (), (n,) or (n, 1)."""
    if array.ndim > 2 or (array.ndim == 2 and array.shape[1] != 1):
        raise ParameterError(f"an array of {array.dtype.name}, {array.shape}: give the names of images as (n,) or (n, 1)")
    return array.ravel().tolist()
