"""Pixels: the one gate through which images come in, and the resizing that everything shares."""

import io
import os
import warnings
from contextlib import nullcontext
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from featfer.errors import DataError, FeatferError, TransientError, is_transient, make_transient
from featfer.images.decoding import FORMATS, check_size, decode_pixels, open_image
from featfer.images.intensities import to_uint8
from featfer.utils.files import open_regular

BATCH_IMAGES = 128         # looked at together ...
BATCH_VALUES = 50_000_000  # ... or fewer, where they are large
BYTES = (bytes, bytearray, memoryview)


def read_image(source, name=None):
    """Return an image as uint8, (h, w) if grey or (h, w, 3) RGB, upright.

    source: a path, the file's bytes, an open binary file or anything else with read(), a PIL image, or an array: (h, w),
    (h, w, 1), (h, w, 3) RGB or (h, w, 4), of any type; featfer.images.intensities.to_uint8 says how values are scaled. Alpha
    is left
    out: the colours are taken that stand under it.

    name: what errors call bytes

    Raises DataError when it is not an image of one of FORMATS or HEIC, is empty, too large or too slow to decode, or has values
    without a known range; TransientError where it cannot be read at this time, MissingError for HEIC without its package,
    MemoryError.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        return _decode(source, "the PIL image")
    if isinstance(source, BYTES):
        return _decode(io.BytesIO(source), name or "the image's bytes")
    if isinstance(source, (str, os.PathLike)):
        return _read_file(Path(source), source)
    if hasattr(source, "read"):
        return _from_stream(source)
    raise DataError(f"cannot read an image from {type(source).__name__}: give a path, bytes, an open binary file, a PIL image "
                    "or an array")


def to_rgb(image):
    """Return uint8 (h, w, 3), repeating the channel of a grey image."""
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)


def to_grey(image):
    """Return uint8 (h, w), by the ITU-R 601 luma of an RGB image."""
    return image if image.ndim == 2 else np.asarray(Image.fromarray(image).convert("L"))


def resize(image, height, width):
    """Return the image at another size, bicubic when it grows and averaged over areas when it shrinks."""
    if image.shape[:2] == (height, width):
        return image
    method = Image.Resampling.BICUBIC if height >= image.shape[0] else Image.Resampling.BOX
    return np.asarray(Image.fromarray(image).resize((width, height), method))


def make_batches(items, values):
    """Yield lists of items in order, of BATCH_IMAGES or, where they are large, fewer, so that memory stays bounded.

    values: function from an item to how many values its pixels have
    """
    batch, total = [], 0
    for item in items:
        batch.append(item)
        total += values(item)
        del item  # it may be large, and the batch before the next is read is done with it
        if len(batch) == BATCH_IMAGES or total > BATCH_VALUES:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


def _read_file(path, name):
    try:
        with open_regular(path) as file:
            return _decode(file, name)
    except FileNotFoundError:
        raise TransientError(f"{name}: no such file") from None
    except IsADirectoryError:
        raise DataError(f"{name}: is a folder, not an image") from None
    except OSError as error:
        if is_transient(error):
            raise make_transient(name, error) from None
        raise DataError(f"{name}: not a readable image ({error.strerror or error})") from None


def _decode(file, name):
    """Return the pixels of an open file or of a PIL image."""
    is_ours = not isinstance(file, Image.Image)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what it makes out of damaged files
            with open_image(file, name) if is_ours else nullcontext(file) as image:
                return decode_pixels(image, name, is_ours)
    except (FeatferError, MemoryError):  # memory says nothing of the image
        raise
    except UnidentifiedImageError:
        raise DataError(f"{name}: not a readable image (none of {', '.join(FORMATS)}, HEIC)") from None
    except Exception as error:  # Pillow's decoders raise nearly anything on a damaged file
        if is_transient(error):
            raise make_transient(name, error) from None
        raise DataError(f"{name}: not a readable image ({type(error).__name__}: {error})") from error


def _from_array(array):
    shape = array.shape
    if array.ndim == 3 and shape[2] in (1, 3, 4):
        array = array[..., 0] if shape[2] == 1 else array[..., :3]
    elif array.ndim != 2:
        raise DataError(f"an image array is (h, w), (h, w, 1), (h, w, 3) or (h, w, 4), channels last, not {shape}")
    check_size((shape[1], shape[0]), "the array")
    return to_uint8(array, "the array")


def _from_stream(stream):
    """Return the pixels of an open file, or of anything else that gives bytes when it is read, from its beginning."""
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
