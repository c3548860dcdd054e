"""Convert pixel values of any type and range to the 0-255 of uint8."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featfer.errors import DataError
from featfer.typing import Pixels

BITS = (8, 10, 12, 14, 16)  # of cameras and scanners: their values go up to 255, 1023, 4095, 16383 and 65535
# If fewer than BRIGHT of the values reach 1/DARK of a range, the picture would be black but for a few spots: wrong range.
DARK = 16
BRIGHT = 0.01


def to_uint8(values: NDArray[Any], name: object) -> Pixels:
    """Scale pixel values to uint8.

    Parameters
    ----------
    values : ndarray of bool, int or float, any shape
        Integers are assumed to use the smallest of the ranges 0-255, 0-1023, 0-4095, 0-16383 and 0-65535 that holds their
        maximum, floats the smallest of 0-1 and these.
    name : str
        What error messages call the image.

    Returns
    -------
    ndarray of uint8, same shape
        0-255; uint8 values are returned unchanged.

    Raises
    ------
    DataError
        For negative, infinite or NaN values, values above all ranges, values that would give an almost black picture, and
        other types.
    """
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    if values.dtype == bool:
        return values * np.uint8(255)
    if values.dtype.kind not in "iuf":
        raise _range_error(values, name)
    bits = _find_bits(values, name)
    if values.dtype.kind == "f":
        top = 2 ** bits - 1
        wide = values if values.dtype.itemsize > 2 else values.astype(np.float32)  # float16 ends at 65504
        return np.clip(np.rint(wide * (255 / top)), 0, 255).astype(np.uint8)
    return (values >> (bits - 8)).astype(np.uint8)


def _find_bits(values: NDArray[Any], name: object) -> int:
    """Return the number of bits of the range that the values use; 1 for floats from 0 to 1."""
    low, high = float(values.min()), float(values.max())
    is_float = values.dtype.kind == "f"
    fitting = [bits for bits in ((1, *BITS) if is_float else BITS) if high <= _highest_value(bits, is_float)]
    if not (np.isfinite(low) and fitting and low >= -(_highest_value(fitting[0], is_float) - (2 ** fitting[0] - 1))):
        raise _range_error(values, name)
    dark = (2 ** fitting[0]) / DARK
    if high > 0 and fitting[0] > 1 and np.count_nonzero(values >= dark) < BRIGHT * values.size:
        raise _range_error(values, name, f", of which nearly all are below {dark:g}")
    return fitting[0]


def _highest_value(bits: int, is_float: bool) -> float:
    """Return the highest value of a range; floats may exceed it by half a grey level, because of rounding."""
    top = 2 ** bits - 1
    return top * (1 + 0.5 / 255) if is_float else top


def _range_error(values: NDArray[Any], name: object, more: str = "") -> DataError:
    extent = f" from {values.min()} to {values.max()}{more}" if values.dtype.kind in "iuf" else ""
    ranges = ", ".join(f"0-{2 ** bits - 1}" for bits in BITS)
    return DataError(f"{name}: its values fill none of the ranges of images (floats 0-1; {ranges}): scale them to 0-255 and "
                     f"pass uint8, not {values.dtype}{extent}")
