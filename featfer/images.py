"""Pixels: the one gate through which images come in, and the resizing that everything shares."""

import io
import os
import warnings
from contextlib import nullcontext
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from featfer.errors import DataError
from featfer.files import opened

MAX_PIXELS = 178_000_000  # just under what Pillow refuses to open
BATCH_IMAGES = 128         # looked at together ...
BATCH_VALUES = 50_000_000  # ... or fewer, where they are large
# No other of Pillow's readers is let near a file: some run programs, others are seldom tested.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
MAX_SCANS = 200  # of a JPEG, which may go over all its pixels in each: cameras and editors make some ten
SUFFIXES = {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}


def read_image(source):
    """Return an image as uint8, (h, w) if grey or (h, w, 3) RGB, upright.

    source: a path, the file's bytes, a PIL image, or an array: (h, w), (h, w, 1), (h, w, 3) or (h, w, 4), of
    uint8, uint16 (its high byte is kept) or float in [0, 1].

    Raises DataError when it is not an image of one of FORMATS, is empty, or has more than 178 million pixels.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        return _decode(source, "the PIL image")
    if isinstance(source, bytes):
        return _decode(io.BytesIO(source), "the image's bytes")
    if isinstance(source, (str, os.PathLike)):
        return _read_file(Path(source), source)
    raise DataError(f"cannot read an image from {type(source).__name__}: give a path, bytes, a PIL image or an array")


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


def batches(items, values):
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
        with opened(path) as file:
            return _decode(file, name)
    except FileNotFoundError:
        raise DataError(f"{name}: no such file") from None
    except IsADirectoryError:
        raise DataError(f"{name}: is a folder, not an image") from None
    except OSError as error:
        raise DataError(f"{name}: not a readable image ({error.strerror or error})") from None


def _decode(file, name):
    """Return the pixels of an open file or of a PIL image."""
    is_ours = not isinstance(file, Image.Image)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what it makes out of damaged files
            with Image.open(file, formats=FORMATS) if is_ours else nullcontext(file) as image:
                _check_size(image.size, name)
                if is_ours and image.format in ("JPEG", "MPO"):
                    _check_scans(file, name)
                return _from_pil(image, name, is_ours)
    except DataError:
        raise
    except UnidentifiedImageError:
        raise DataError(f"{name}: not a readable image (none of {', '.join(FORMATS)})") from None
    except Exception as error:  # Pillow's decoders raise nearly anything on a damaged file
        raise DataError(f"{name}: not a readable image ({type(error).__name__}: {error})") from error


def _from_pil(image, name, is_ours):
    _check_size(image.size, name)
    if is_ours:
        ImageOps.exif_transpose(image, in_place=True)  # a copy would be four bytes a pixel
    else:
        image = ImageOps.exif_transpose(image)
    if image.mode == "F" and 0 <= min(image.getextrema()) <= max(image.getextrema()) <= 1:
        return _from_array(np.asarray(image))
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _high_byte(np.asarray(image))
    if image.mode in ("1", "L", "LA"):
        return np.asarray(image.convert("L"))
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _high_byte(values):
    """Bring 16-bit values (Pillow's modes I;16, I and F) to uint8; what is no number becomes 0."""
    if values.dtype != np.uint16:
        values = np.nan_to_num(np.clip(values, 0, 65535)).astype(np.uint16)
    return (values >> 8).astype(np.uint8)


def _check_scans(file, name):
    """Raise DataError for a JPEG that would keep a decoder busy for hours; leave its open file where it was."""
    place, scans, last = file.tell(), 0, b""
    file.seek(0)
    while block := file.read(1 << 20):
        scans += (last + block).count(b"\xff\xda")
        last = block[-1:]
    file.seek(place)
    if scans > MAX_SCANS:
        raise DataError(f"{name}: a JPEG of {scans:,} scans, more than {MAX_SCANS}; save it anew first")


def _from_array(array):
    shape = array.shape
    if array.ndim == 3 and shape[2] in (1, 3, 4):
        array = array[..., 0] if shape[2] == 1 else array[..., :3]
    elif array.ndim != 2:
        raise DataError(f"an image array is (h, w), (h, w, 1), (h, w, 3) or (h, w, 4), not {shape}")
    _check_size((shape[1], shape[0]), "the array")
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype == np.uint16:
        return _high_byte(array)
    if np.issubdtype(array.dtype, np.floating) and array.min() >= 0 and array.max() <= 1:
        return np.round(array * 255).astype(np.uint8)
    values = f" from {array.min()} to {array.max()}" if np.issubdtype(array.dtype, np.number) else ""
    raise DataError(f"an image array is uint8, uint16 or float in [0, 1], not {array.dtype}{values}")


def _check_size(size, name):
    width, height = size
    if width < 1 or height < 1:
        raise DataError(f"{name}: the image is empty ({width}x{height})")
    if width * height > MAX_PIXELS:
        raise DataError(f"{name}: {width}x{height} is more than {MAX_PIXELS:,} pixels; make it smaller first")
