"""Decode images with Pillow, within bounds: only some formats, nothing too large or slow, and all bits of deep colours."""

from __future__ import annotations

import functools
import sys
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageOps

from featfer.errors import DataError, MissingError
from featfer.images.intensities import to_uint8
from featfer.typing import Integers, Pixels
from featfer.utils.environment import name_install_command

# Pillow's other readers are not used: some run programs, others are seldom tested.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "AVIF")
MAX_PIXELS = 178_000_000  # just under Pillow's own limit
MAX_SIDE = 100_000        # a longer image is at most 1,780 pixels high
MAX_SCANS = 200           # of a JPEG: each may go over all its pixels; cameras and editors make about ten
MAX_SCANNED = 4_000_000_000  # pixels in all scans of a JPEG: some seconds
MAX_SLOW_PIXELS = 2_000_000  # in formats that Pillow decodes in Python, a hundred times slower than in C
HEIC_BRANDS, AVIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}, {b"avif", b"avis"}
OTHER_ORDER = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}  # Pillow's letters for byte orders
SUBFILE_TYPE, REDUCED = 254, 1  # TIFF's tag, and its bit for a smaller version of another image
PLANAR, BITS_A_SAMPLE = 284, 258  # TIFF's tags
HIGHEST_14_BITS = 63            # the high byte of the largest value of 14 bits


class TooLargeError(DataError):
    """An image has too many pixels or too long a side."""


def open_image(file: BinaryIO, name: object) -> Any:
    """Open an image without decoding its pixels yet.

    Parameters
    ----------
    file : binary file
    name : str
        What error messages call it.

    Returns
    -------
    PIL.Image.Image

    Raises
    ------
    TooLargeError
    DataError
        When decoding would take too long or give wrong values.
    PIL.UnidentifiedImageError
        When it is neither one of FORMATS nor HEIC.
    MissingError
        For HEIC without the package that reads it.
    """
    image: Any
    try:
        image = Image.open(file, formats=_register_heic() if _is_heic(file) else FORMATS)
    except Image.DecompressionBombError:
        raise TooLargeError(f"{name}: has more than {MAX_PIXELS:,} pixels; make it smaller first") from None
    check_size(image.size, name)
    if image.format in ("JPEG", "MPO"):
        _check_scans(file, image.size, name)
    if image.format == "TIFF":
        _check_tiff(image.tag_v2, name)
    return image


def has_image(file: BinaryIO) -> bool:
    """Tell whether a file begins like an image of FORMATS or HEIC; the rest may be damaged.

    Parameters
    ----------
    file : binary file

    Returns
    -------
    bool
    """
    if _is_heic(file):
        return True
    try:
        Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError:
        return True
    except Exception:  # noqa: BLE001 - Pillow raises nearly anything on a file that only looks like an image
        return False
    return True


def decode_pixels(image: Any, name: object, may_change: bool) -> Pixels:
    """Decode a PIL image, upright and in 8 bits.

    Parameters
    ----------
    image : PIL.Image.Image
    name : str
        What error messages call it.
    may_change : bool
        Whether the image may be changed in place, which saves memory.

    Returns
    -------
    ndarray of uint8, (h, w) grey or (h, w, 3) RGB
        Alpha is ignored.

    Raises
    ------
    DataError
        As in `open_image` and `featfer.images.intensities.to_uint8`.
    """
    check_size(image.size, name)
    largest = _decode_ppm_in_c(image) if may_change else None
    _check_speed(image, name)
    low = _open_low_bytes(image, may_change)
    image = _turn_upright(image, may_change)
    if largest:
        image = image.point([min(255, round(value / largest * 255)) for value in range(256)] * len(image.getbands()))
    if low and (high := np.asarray(image)[..., :3]).max() <= HIGHEST_14_BITS:
        return to_uint8(_join_bytes(high, low, name), name)
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return to_uint8(np.asarray(image), name)
    if image.mode in ("1", "L", "LA"):
        return np.asarray(image.convert("L"))
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def check_size(size: tuple[int, int], name: object) -> None:
    """Refuse an image that is empty or too large.

    Parameters
    ----------
    size : tuple of int
        Width and height in pixels.
    name : str
        What error messages call it.

    Raises
    ------
    DataError
        When it has no pixels.
    TooLargeError
        When it has more than MAX_PIXELS, or a side longer than MAX_SIDE.
    """
    width, height = size
    if width < 1 or height < 1:
        raise DataError(f"{name}: the image is empty ({width}x{height})")
    if width * height > MAX_PIXELS:
        raise TooLargeError(f"{name}: {width}x{height} is more than {MAX_PIXELS:,} pixels; make it smaller first")
    if max(size) > MAX_SIDE:
        raise TooLargeError(f"{name}: {width}x{height} has a side of more than {MAX_SIDE:,} pixels; make it smaller first")


# -- checks -----------------------------------------------------------------------------------------------------------

def _check_scans(file: BinaryIO, size: tuple[int, int], name: object) -> None:
    """Raise DataError for a JPEG with so many scans that decoding takes long; keep the file's position."""
    place, scans, last = file.tell(), 0, b""
    file.seek(0)
    while block := file.read(1 << 20):
        scans += (last + block).count(b"\xff\xda")
        last = block[-1:]
    file.seek(place)
    most = min(MAX_SCANS, MAX_SCANNED // (size[0] * size[1]))
    if scans > most:
        raise DataError(f"{name}: a JPEG of {scans:,} scans, more than {most}; save it anew first")


def _check_tiff(tags: Any, name: object) -> None:
    if tags.get(SUBFILE_TYPE, 0) & REDUCED:
        raise DataError(f"{name}: a camera's raw file, of which only a small copy could be read; save it as JPEG or PNG first")
    if tags.get(PLANAR) == 2 and max(tags.get(BITS_A_SAMPLE, (8,))) > 8:
        raise DataError(f"{name}: a TIFF of separate colour planes with more than 8 bits; save it as PNG first")


def _check_speed(image: Any, name: object) -> None:
    is_slow = any(tile[0] in Image.DECODERS for tile in getattr(image, "tile", ()))  # these decoders are written in Python
    if is_slow and image.width * image.height > MAX_SLOW_PIXELS:
        raise DataError(f"{name}: {image.format} in this form is decoded slowly, and {image.width}x{image.height} is more than "
                        f"{MAX_SLOW_PIXELS:,} pixels; save it as PNG first")


# -- HEIC -------------------------------------------------------------------------------------------------------------

def _is_heic(file: BinaryIO) -> bool:
    """Tell whether a file has a brand of HEIC and none of AVIF, which uses the same container."""
    file.seek(0)
    head = file.read(64)
    file.seek(0)
    end = min(len(head), int.from_bytes(head[:4], "big"))
    brands = {head[at:at + 4] for at in range(8, end, 4)}
    return head[4:8] == b"ftyp" and bool(brands & HEIC_BRANDS) and not brands & AVIF_BRANDS


@functools.cache
def _register_heic() -> tuple[str, ...]:
    """Add the reader of HEIC to Pillow; return Pillow's names of its formats."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        raise MissingError(f"HEIC photos need the package pillow-heif ({error}): {name_install_command('heic')}") from None
    register_heif_opener()
    return ("HEIF",)


# -- deep colours -----------------------------------------------------------------------------------------------------

def _decode_ppm_in_c(image: Any) -> int | None:
    """Make Pillow decode a PPM or PGM in C even if its maximum is not 255; return the maximum if values must be scaled.

    Pillow's C decoder does not scale them itself. 16-bit values need no scaling here.
    """
    tile: Any = image.tile[0] if getattr(image, "tile", ()) else ("",)
    if tile[0] != "ppm":
        return None
    mode, largest = tile[3]
    args = mode if largest < 256 else "I;16B" if mode == "L" else f"{mode};16B"
    image.tile = [tile._replace(codec_name="raw", args=args)]
    return largest if largest < 256 else None


def _open_low_bytes(image: Any, may_change: bool) -> Any:
    """Return an image of the low bytes of 16-bit colours, because Pillow keeps only the high bytes; None for other images."""
    tiles = getattr(image, "tile", ())
    if image.mode not in ("RGB", "RGBA") or not tiles or ";16" not in _get_raw_mode(tiles[0]):
        return None
    low = Image.open(image.fp, formats=(image.format,))
    low.tile = [_swap_bytes(tile) for tile in tiles]
    if not may_change:
        low.load()  # decoding the image itself may close their file
    return low


def _get_raw_mode(tile: Any) -> str:
    return tile[3] if isinstance(tile[3], str) else str(tile[3][0])


def _swap_bytes(tile: Any) -> Any:
    """Return the tile with the other byte order, so that Pillow takes the low bytes for the high ones."""
    mode = _get_raw_mode(tile)
    mode = mode[:-1] + OTHER_ORDER[mode[-1]]
    return tile._replace(args=mode if isinstance(tile[3], str) else (mode, *tile[3][1:]))


def _join_bytes(high: Pixels, low: Any, name: object) -> Integers:
    """Return 16-bit colours, uint16 (h, w, 3), from their high bytes and the image of their low bytes."""
    try:
        low = np.asarray(_turn_upright(low, may_change=True))[..., :3]
    except ValueError:  # Pillow knows only one byte order of grey with alpha
        raise DataError(f"{name}: 16-bit values that fill less than their range; save it with 8 bits first") from None
    return high.astype(np.uint16) << 8 | low


def _turn_upright(image: Any, may_change: bool) -> Any:
    if not may_change:
        return ImageOps.exif_transpose(image)
    ImageOps.exif_transpose(image, in_place=True)  # a copy would take four bytes per pixel
    return image
