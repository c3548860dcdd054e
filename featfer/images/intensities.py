"""Pixel values of any type and range brought to the 0-255 of uint8."""

import numpy as np

from featfer.errors import DataError

BITS = (8, 10, 12, 14, 16)  # of cameras and scanners: their values go up to 255, 1023, 4095, 16383 and 65535
DARK = 16     # where fewer than BRIGHT of the values reach this share of the range (1/16), the picture would be black ...
BRIGHT = 0.01  # ... but for a few spots, and its range is another one


def to_uint8(values, name):
    """Return pixel values as uint8 of the same shape.

    values: an array of bool, integers or floats. Integers are taken to fill the smallest of the ranges 0-255, 0-1023, 0-4095,
    0-16383 and 0-65535 that holds their maximum, floats the smallest of 0-1 and those; uint8 is returned as it is.
    name: what error messages call the image

    Raises DataError for negative, infinite or missing (NaN) values, for higher ones, for those that would give a black picture
    without being all 0, and for other types.
    """
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    if values.dtype == bool:
        return values * np.uint8(255)
    if values.dtype.kind not in "iuf":
        raise _refused(values, name)
    bits = _bits(values, name)
    if values.dtype.kind == "f":
        top = 2 ** bits - 1
        wide = values if values.dtype.itemsize > 2 else values.astype(np.float32)  # float16 ends at 65504
        return np.clip(np.rint(wide * (255 / top)), 0, 255).astype(np.uint8)
    return (values >> (bits - 8)).astype(np.uint8)


def _bits(values, name):
    """Return how many bits the range has that the values fill; 1 for floats from 0 to 1."""
    low, high = float(values.min()), float(values.max())
    is_float = values.dtype.kind == "f"
    fitting = [bits for bits in ((1, *BITS) if is_float else BITS) if high <= _limit(bits, is_float)]
    if not (np.isfinite(low) and fitting and low >= -(_limit(fitting[0], is_float) - (2 ** fitting[0] - 1))):
        raise _refused(values, name)
    dark = (2 ** fitting[0]) / DARK
    if high > 0 and fitting[0] > 1 and np.count_nonzero(values >= dark) < BRIGHT * values.size:
        raise _refused(values, name, f", of which nearly all are below {dark:g}")
    return fitting[0]


def _limit(bits, is_float):
    """Return the highest value that a range takes: of floats half a grey level more, which rounding can make."""
    top = 2 ** bits - 1
    return top * (1 + 0.5 / 255) if is_float else top


def _refused(values, name, more=""):
    spread = f" from {values.min()} to {values.max()}{more}" if values.dtype.kind in "iuf" else ""
    ranges = ", ".join(f"0-{2 ** bits - 1}" for bits in BITS)
    return DataError(f"{name}: its values fill none of the ranges of images (floats 0-1; {ranges}): scale them to 0-255 and "
                     f"pass uint8, not {values.dtype}{spread}")
