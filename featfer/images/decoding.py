"""Pillow's decoders, within bounds: which of them are used, on how large an image, and what they lose of deep colours."""

import functools
import sys

import numpy as np
from PIL import Image, ImageOps

from featfer.errors import DataError, MissingError
from featfer.images.intensities import to_uint8

# No other of Pillow's readers is let near a file: some run programs, others are seldom tested.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "AVIF")
MAX_PIXELS = 178_000_000  # just under what Pillow refuses to open
MAX_SIDE = 100_000        # of longer lines, 1,780 pixels high at most, nothing can be seen
MAX_SCANS = 200           # of a JPEG, which may go over all its pixels in each: cameras and editors make some ten
MAX_SCANNED = 4_000_000_000  # pixels that a JPEG's scans go over, all together: some seconds
MAX_SLOW_PIXELS = 2_000_000  # of what Pillow decodes in Python, a hundred times slower than in C
HEIC_BRANDS, AVIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}, {b"avif", b"avis"}
OTHER_ORDER = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}  # of the bytes of a value
SUBFILE_TYPE, REDUCED = 254, 1  # TIFF's tag, and its bit for a smaller copy of another image
PLANAR, BITS_A_SAMPLE = 284, 258  # TIFF's tags
HIGHEST_14_BITS = 63            # high byte of the values of 14 bits


class TooLargeError(DataError):
    """An image has too many pixels, or too long a side."""


def open_image(file, name):
    """Return the PIL image in an open binary file, its pixels not yet decoded.

    name: what error messages call it. Raises TooLargeError, DataError for what would take a decoder too long or be decoded
    wrong, UnidentifiedImageError for what is none of FORMATS, nor HEIC, MissingError for HEIC without its package.
    """
    try:
        image = Image.open(file, formats=_registered_heic() if _is_heic(file) else FORMATS)
    except Image.DecompressionBombError:
        raise TooLargeError(f"{name}: has more than {MAX_PIXELS:,} pixels; make it smaller first") from None
    check_size(image.size, name)
    if image.format in ("JPEG", "MPO"):
        _check_scans(file, image.size, name)
    if image.format == "TIFF":
        _check_tiff(image.tag_v2, name)
    return image


def has_image(file):
    """Say whether an open binary file begins as an image of FORMATS or HEIC does; it may be damaged further on."""
    if _is_heic(file):
        return True
    try:
        Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError:
        return True
    except Exception:  # noqa: BLE001 - its readers raise nearly anything on what begins by chance as an image does
        return False
    return True


def decode_pixels(image, name, is_ours):
    """Return the pixels of a PIL image, uint8 (h, w) or (h, w, 3) RGB, upright. Alpha is left out: the colours are taken that
    stand under it.

    is_ours: it may be changed. Raises DataError as `open_image` and featfer.images.intensities.to_uint8 do.
    """
    check_size(image.size, name)
    largest = _decode_ppm_in_c(image) if is_ours else None
    _check_speed(image, name)
    low = _low_bytes(image, is_ours)
    image = _upright(image, is_ours)
    if largest:
        image = image.point([min(255, round(value / largest * 255)) for value in range(256)] * len(image.getbands()))
    if low and (high := np.asarray(image)[..., :3]).max() <= HIGHEST_14_BITS:
        return to_uint8(_joined(high, low, name), name)
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return to_uint8(np.asarray(image), name)
    if image.mode in ("1", "L", "LA"):
        return np.asarray(image.convert("L"))
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def check_size(size, name):
    """Raise TooLargeError for an image with a side or an area beyond the bounds, DataError for one without pixels."""
    width, height = size
    if width < 1 or height < 1:
        raise DataError(f"{name}: the image is empty ({width}x{height})")
    if width * height > MAX_PIXELS:
        raise TooLargeError(f"{name}: {width}x{height} is more than {MAX_PIXELS:,} pixels; make it smaller first")
    if max(size) > MAX_SIDE:
        raise TooLargeError(f"{name}: {width}x{height} has a side of more than {MAX_SIDE:,} pixels; make it smaller first")


# -- what is refused --------------------------------------------------------------------------------------------------

def _check_scans(file, size, name):
    """Raise DataError for a JPEG that would keep a decoder busy for long; leave its open file where it was."""
    place, scans, last = file.tell(), 0, b""
    file.seek(0)
    while block := file.read(1 << 20):
        scans += (last + block).count(b"\xff\xda")
        last = block[-1:]
    file.seek(place)
    most = min(MAX_SCANS, MAX_SCANNED // (size[0] * size[1]))
    if scans > most:
        raise DataError(f"{name}: a JPEG of {scans:,} scans, more than {most}; save it anew first")


def _check_tiff(tags, name):
    if tags.get(SUBFILE_TYPE, 0) & REDUCED:
        raise DataError(f"{name}: a camera's raw file, of which only a small copy could be read; save it as JPEG or PNG first")
    if tags.get(PLANAR) == 2 and max(tags.get(BITS_A_SAMPLE, (8,))) > 8:
        raise DataError(f"{name}: a TIFF of separate colour planes with more than 8 bits; save it as PNG first")


def _check_speed(image, name):
    is_slow = any(tile[0] in Image.DECODERS for tile in getattr(image, "tile", ()))  # those are written in Python
    if is_slow and image.width * image.height > MAX_SLOW_PIXELS:
        raise DataError(f"{name}: {image.format} in this form is decoded slowly, and {image.width}x{image.height} is more than "
                        f"{MAX_SLOW_PIXELS:,} pixels; save it as PNG first")


# -- HEIC -------------------------------------------------------------------------------------------------------------

def _is_heic(file):
    """Say whether an open file's first bytes name HEIC among its brands, and not AVIF, which is packed in the same way."""
    file.seek(0)
    head = file.read(64)
    file.seek(0)
    end = min(len(head), int.from_bytes(head[:4], "big"))
    brands = {head[at:at + 4] for at in range(8, end, 4)}
    return head[4:8] == b"ftyp" and bool(brands & HEIC_BRANDS) and not brands & AVIF_BRANDS


@functools.cache
def _registered_heic():
    """Return Pillow's names of the formats that read HEIC, after its reader has been added."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        raise MissingError(f"HEIC photos need the package pillow-heif ({error}): pip install 'featfer[heic]'") from None
    register_heif_opener()
    return ("HEIF",)


# -- deep colours -----------------------------------------------------------------------------------------------------

def _decode_ppm_in_c(image):
    """Let a PPM or PGM of another maximum than 255 be decoded in C, which does not scale its values; return that maximum where
    they are then to be scaled, of one byte each."""
    tile = image.tile[0] if getattr(image, "tile", ()) else ("",)
    if tile[0] != "ppm":
        return None
    mode, largest = tile[3]
    args = mode if largest < 256 else "I;16B" if mode == "L" else f"{mode};16B"
    image.tile = [tile._replace(codec_name="raw", args=args)]
    return largest if largest < 256 else None


def _low_bytes(image, is_ours):
    """Return the PIL image of the low bytes of 16-bit colours, of which Pillow keeps the high ones; None of other images."""
    tiles = getattr(image, "tile", ())
    if image.mode not in ("RGB", "RGBA") or not tiles or ";16" not in _raw_mode(tiles[0]):
        return None
    low = Image.open(image.fp, formats=(image.format,))
    low.tile = [_in_other_order(tile) for tile in tiles]
    if not is_ours:
        low.load()  # its file may be closed after it has been read once
    return low


def _raw_mode(tile):
    return tile[3] if isinstance(tile[3], str) else str(tile[3][0])


def _in_other_order(tile):
    mode = _raw_mode(tile)
    mode = mode[:-1] + OTHER_ORDER[mode[-1]]
    return tile._replace(args=mode if isinstance(tile[3], str) else (mode, *tile[3][1:]))


def _joined(high, low, name):
    """Return the values, uint16 (h, w, 3), of 16-bit colours, given their high bytes and the image of their low ones."""
    try:
        low = np.asarray(_upright(low, is_ours=True))[..., :3]
    except ValueError:  # Pillow knows grey with alpha in one order alone
        raise DataError(f"{name}: 16-bit values that fill less than their range; save it with 8 bits first") from None
    return high.astype(np.uint16) << 8 | low


def _upright(image, is_ours):
    if not is_ours:
        return ImageOps.exif_transpose(image)
    ImageOps.exif_transpose(image, in_place=True)  # a copy would be four bytes a pixel
    return image
