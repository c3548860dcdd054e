"""The layers of a network in dlib's .dat file, which holds the name and the weights of each, from input to output."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from featfer.typing import Floats

MEAN = (122.782, 117.001, 104.298)  # of red, green, blue, which dlib's networks for faces subtract
LAYER = re.compile(rb"\x01[\x04-\x07](con_4|affine_|fc_2|bn_con2)")  # its name, a serialised string: length, then letters
KINDS = {b"con_4": "con", b"affine_": "affine", b"bn_con2": "affine", b"fc_2": "fc"}


def read_layers(path: Path) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield (kind, float32 values) of each layer in dlib's .dat file.

    Parameters
    ----------
    path : Path

    Yields
    ------
    (str, float32 array)
        Kind: "con" (convolution), "affine" or "fc" (matrix). Of a normalisation over batches, the affine layer that dlib makes
        of it after training.

    Raises
    ------
    ValueError, IndexError
        If the file is damaged.
    """
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    at = 0
    while match := LAYER.search(data, at):
        at = match.end()
        if match[1] == b"fc_2":
            _, at = _read_integers(data, at, 2)  # numbers of outputs and of inputs
        values, at = (_read_normalisation if match[1] == b"bn_con2" else _read_tensor)(data, at)
        yield KINDS[match[1]], values


def expect_layer(layer: tuple[str, NDArray[np.float32]], kind: str, size: int) -> NDArray[np.float32]:
    """Return the values of a layer; raise ValueError if it has another kind, or another number of values."""
    if layer[0] != kind or layer[1].size != size:
        raise ValueError(f"expected {kind} of {size:,} values, found {layer[0]} of {layer[1].size:,}")
    return layer[1]


def fold_affine(shape: tuple[int, int, int, int], con: tuple[str, NDArray[np.float32]],
                affine: tuple[str, NDArray[np.float32]]) -> tuple[Floats, Floats]:
    """Fold the affine layer after a convolution into it: (w x + b) gamma + beta.

    Parameters
    ----------
    shape : tuple of int
        Outputs, inputs, height and width of the convolution.
    con, affine : (str, float32 array)
        As from `read_layers`.

    Returns
    -------
    (float32 array, float32 array)
        Weight and bias of the convolution.
    """
    weight, bias = split_convolution(shape, con)
    gamma, beta = expect_layer(affine, "affine", 2 * shape[0]).reshape(2, -1)
    return weight * gamma[:, None, None, None], bias * gamma + beta


def split_convolution(shape: tuple[int, int, int, int], con: tuple[str, NDArray[np.float32]]) -> tuple[Floats, Floats]:
    """Return the weight and the bias of a convolution, as `fold_affine` does where there is no affine layer."""
    values = expect_layer(con, "con", int(np.prod(shape)) + shape[0])
    return values[:-shape[0]].reshape(shape), values[-shape[0]:]


def _read_integer(data: mmap.mmap, at: int) -> tuple[int, int]:
    """Read a serialised integer: one length byte (its top bit is the sign), then little-endian bytes."""
    size = data[at] & 0x7F
    value = int.from_bytes(data[at + 1:at + 1 + size], "little")
    return (-value if data[at] & 0x80 else value), at + 1 + size


def _read_integers(data: mmap.mmap, at: int, count: int) -> tuple[list[int], int]:
    values = []
    for _ in range(count):
        value, at = _read_integer(data, at)
        values.append(value)
    return values, at


def _read_tensor(data: mmap.mmap, at: int) -> tuple[NDArray[np.float32], int]:
    header, at = _read_integers(data, at, 5)  # version, then four dimensions
    if header[0] != 2:
        raise ValueError(f"tensor version {header[0]}")
    values = np.frombuffer(data, "<f4", count=int(np.prod(header[1:])), offset=at)
    return values, at + values.nbytes


def _read_normalisation(data: mmap.mmap, at: int) -> tuple[NDArray[np.float32], int]:
    """Read a normalisation as gamma and beta of the affine layer that it is after training, with its running statistics."""
    scales, at = _read_tensor(data, at)
    _, at = _read_integers(data, at, 10)  # the shapes of gamma and beta
    _, at = _read_tensor(data, at)  # mean of the last batch
    _, at = _read_tensor(data, at)  # and 1 / its standard deviation
    mean, at = _read_tensor(data, at)
    variance, at = _read_tensor(data, at)
    numbers, at = _read_integers(data, at, 12)  # two of the training, then five floats m 2^e; epsilon is the last
    gamma, beta = scales.reshape(2, -1)
    gamma = gamma / np.sqrt(variance + np.float32(numbers[-2] * 2.0 ** numbers[-1]))
    return np.concatenate([gamma, beta - gamma * mean]), at
