"""Images as a user may give them: one or several, in any form."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from featfer.errors import ParameterError
from featfer.images.several import to_iterable
from featfer.typing import Image, Images


def as_images(given: Images | Any) -> Iterable[Image]:
    """Return one image or several as an iterable of images, which are not read yet.

    Parameters
    ----------
    given : image or iterable of images
        As for `featfer.face_model.FaceModel.predict`; a Series, or a DataFrame of one column, is an iterable.

    Returns
    -------
    iterable of images
        What cannot be read is told when it is read.

    Raises
    ------
    ParameterError
        For a DataFrame of several columns; and for a dict or set, which do not say which image is the first.
    """
    if isinstance(given, (Mapping, Set)):
        raise ParameterError(f"images in a {type(given).__name__}: give a list, which has an order")
    return to_iterable(given)


def name_images(images: Iterable[Image], names: list[str | int]) -> Iterator[Image]:
    """Yield images, and append the name of each to a list: that of its file, or its number from 1.

    Parameters
    ----------
    images : iterable of images
    names : list
    """
    for number, image in enumerate(images, 1):
        names.append(os.fspath(image) if isinstance(image, (str, os.PathLike)) else number)
        yield image
