"""Read images of any kind as uint8 arrays (every image enters through `read_image`), convert their colours, resize them."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
from PIL import Image, UnidentifiedImageError

from featfer.errors import DataError, FeatferError, TransientError, is_transient, make_transient
from featfer.images.decoding import FORMATS, check_size, decode_pixels, open_image
from featfer.images.intensities import to_uint8
from featfer.typing import Image as AnyImage
from featfer.typing import Pixels
from featfer.utils.files import open_regular

BATCH_IMAGES = 128         # the most images of a batch ...
BATCH_VALUES = 50_000_000  # ... and the most pixel values
BYTES = (bytes, bytearray, memoryview)
Item = TypeVar("Item")


def read_image(source: AnyImage, name: str | os.PathLike[str] | None = None) -> Pixels:
    """Read an image, upright and in 8 bits.

    Parameters
    ----------
    source : path, bytes, binary file, PIL image or ndarray
        A file is anything with `read()`; an array is (h, w) or (h, w, 1, 3 or 4 channels), scaled by
        `featfer.images.intensities.to_uint8`. Alpha is ignored.
    name : str, optional
        What error messages call bytes.

    Returns
    -------
    ndarray of uint8, (h, w) grey or (h, w, 3) RGB

    Raises
    ------
    DataError
        When it is no image of a known format, is empty, too large or too slow to decode, or its values have no known range.
    TransientError
        When it cannot be read now, but perhaps later; MissingError for HEIC without its package; MemoryError.
    """
    if isinstance(source, np.ndarray):
        return _read_array(source)
    if isinstance(source, Image.Image):
        return _decode(source, "the PIL image")
    if isinstance(source, BYTES):
        return _decode(io.BytesIO(source), name or "the image's bytes")
    if isinstance(source, (str, os.PathLike)):
        return _read_file(Path(source), source)
    if hasattr(source, "read"):
        return _read_stream(source)
    raise DataError(f"cannot read an image from {type(source).__name__}: give a path, bytes, an open binary file, a PIL image "
                    "or an array")


def to_rgb(image: Pixels) -> Pixels:
    """Convert an image to RGB: a grey one gets three equal channels.

    Parameters
    ----------
    image : ndarray of uint8, (h, w) or (h, w, 3)

    Returns
    -------
    ndarray of uint8, (h, w, 3)
    """
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)


def to_grey(image: Pixels) -> Pixels:
    """Convert an image to grey.

    Parameters
    ----------
    image : ndarray of uint8, (h, w) or (h, w, 3) RGB

    Returns
    -------
    ndarray of uint8, (h, w)
        The luma of ITU-R BT.601.
    """
    return image if image.ndim == 2 else np.asarray(Image.fromarray(image).convert("L"))


def resize(image: Pixels, height: int, width: int) -> Pixels:
    """Resize an image: bicubic when it grows, averaged over areas when it shrinks.

    Parameters
    ----------
    image : ndarray of uint8, (h, w) or (h, w, 3)
    height, width : int
        Pixels.

    Returns
    -------
    ndarray of uint8, (height, width) or (height, width, 3)
    """
    if image.shape[:2] == (height, width):
        return image
    method = Image.Resampling.BICUBIC if height >= image.shape[0] else Image.Resampling.BOX
    return np.asarray(Image.fromarray(image).resize((width, height), method))


def make_batches(items: Iterable[Item], count_values: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Group images into batches of bounded memory.

    Parameters
    ----------
    items : iterable
        Read lazily, a batch at a time.
    count_values : callable
        Function from an item to its number of pixel values.

    Yields
    ------
    list
        Up to BATCH_IMAGES items, fewer when they are large, in order.
    """
    batch: list[Item] = []
    total = 0
    for item in items:
        batch.append(item)
        total += count_values(item)
        del item  # so that a large image is freed before the next batch is read
        if len(batch) == BATCH_IMAGES or total > BATCH_VALUES:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


def _read_file(path: Path, name: object) -> Pixels:
    try:
        with open_regular(path) as file:
            return _decode(file, name)
    except FileNotFoundError:
        raise TransientError(f"{name}: no such file") from None
    except IsADirectoryError:
        raise DataError(f"{name}: is a folder, not an image; give the files in it, such as sorted(pathlib.Path({str(name)!r})"
                        ".glob('*.jpg'))") from None
    except OSError as error:
        if is_transient(error):
            raise make_transient(name, error) from None
        raise DataError(f"{name}: not a readable image ({error.strerror or error})") from None


def _decode(file: BinaryIO | Image.Image, name: object) -> Pixels:
    """Return the pixels of an open file or of a PIL image."""
    is_file = not isinstance(file, Image.Image)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about damaged files that it can still read
            with nullcontext(file) if isinstance(file, Image.Image) else open_image(file, name) as image:
                return decode_pixels(image, name, is_file)
    except (FeatferError, MemoryError):  # too little memory is not the image's fault
        raise
    except UnidentifiedImageError:
        raise DataError(f"{name}: not a readable image (none of {', '.join(FORMATS)}, HEIC)") from None
    except Exception as error:  # Pillow's decoders raise nearly anything on a damaged file
        if is_transient(error):
            raise make_transient(name, error) from None
        raise DataError(f"{name}: not a readable image ({type(error).__name__}: {error})") from error


def _read_array(array: np.ndarray[Any, Any]) -> Pixels:
    shape = array.shape
    if array.ndim == 3 and shape[2] in (1, 3, 4):
        array = array[..., 0] if shape[2] == 1 else array[..., :3]
    elif array.ndim != 2:
        raise DataError(f"an image array is (h, w), (h, w, 1), (h, w, 3) or (h, w, 4), channels last, not {shape}")
    check_size((shape[1], shape[0]), "the array")
    return to_uint8(array, "the array")


def _read_stream(stream: Any) -> Pixels:
    """Return the pixels of an open file, or of anything else with `read()`, from its beginning."""
    name = str(getattr(stream, "name", "the open file"))
    try:
        if getattr(stream, "seekable", lambda: False)():
            stream.seek(0)
        content = stream.read()
    except (OSError, ValueError) as error:  # ValueError: it is closed, or text
        raise DataError(f"{name}: cannot be read ({error})") from None
    if not isinstance(content, BYTES):
        raise DataError(f"{name}: gives {type(content).__name__} when it is read, not bytes; open it as binary (\"rb\")")
    return _decode(io.BytesIO(content), name)
