"""One image or several: what `featfer.recognizer.Recognizer.predict` accepts, read image by image."""

import os
from collections.abc import Iterable

import numpy as np
from PIL import Image

from featfer.images.pixels import BYTES, read_image


def to_iterable(images):
    """Return several images as they are, and a single image, or what is neither, in a list.

    An array (h, w), (h, w, 1), (h, w, 3) or (h, w, 4) is a single image; (n, h, w) and (n, h, w, channels) are n images.
    """
    if isinstance(images, np.ndarray):
        is_single = images.ndim in (0, 2) or (images.ndim == 3 and images.shape[2] in (1, 3, 4))
    else:
        is_single = isinstance(images, (*BYTES, str, os.PathLike, Image.Image)) or hasattr(images, "read") or not (
            isinstance(images, Iterable))
    return [images] if is_single else images


def read_images(images, names):
    """Yield the pixels of each image as `read_image` returns them, and append its name, for messages, to a deque."""
    for number, image in enumerate(images, 1):
        names.append(image if isinstance(image, (str, os.PathLike)) else f"image {number}")
        yield read_image(image)
        del image  # it may be large, and the next is not read yet
