"""The weights of dlib's face recognition network, read from its .dat file or from a backbone fine-tuned from it.

The network is the 29-layer ResNet of dlib's dnn_face_recognition_ex.cpp (D. King, 2017), trained to tell people
apart. Its file holds the name and the weights of each layer, from input to output. We read the convolutions, the affine layers
(folded into the convolutions before them) and the last matrix.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from featfer.errors import DataError
from featfer.utils.npz import read_content

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from featfer.typing import Floats

MEAN = (122.782, 117.001, 104.298)  # of red, green, blue
LEVELS = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))  # width, blocks, first halves


def _list_convolutions() -> Iterator[tuple[str, tuple[int, int, int, int]]]:
    """Yield the name and the shape (outputs, inputs, height, width) of each convolution, from input to output."""
    yield "stem", (32, 3, 7, 7)
    inputs = 32
    for i, (width, blocks, _) in enumerate(LEVELS):
        for j in range(blocks):
            yield f"levels.{i}.{j}.first", (width, inputs, 3, 3)
            yield f"levels.{i}.{j}.second", (width, width, 3, 3)
            inputs = width


CONVOLUTIONS = dict(_list_convolutions())
SHAPES = {name: shape for conv, weight in CONVOLUTIONS.items()
          for name, shape in ((f"{conv}.weight", weight), (f"{conv}.bias", weight[:1]))}
LAYER = re.compile(rb"\x01[\x04-\x07](con_4|affine_|fc_2)")  # its name, a serialised string: length, then letters
HEAD = {"head.weight": (128, 256)}


def dlib_weights(path: Path) -> dict[str, Floats]:
    """Return the weights in dlib's .dat file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict
        {name: float32 array}, named as in `featfer.features.dlibnet.torch_net.DlibFaceNet`.

    Raises
    ------
    DataError
        When the file holds another network.
    """
    layers, weights = read_layers(path), {}
    try:
        for name, shape in CONVOLUTIONS.items():
            weights[f"{name}.weight"], weights[f"{name}.bias"] = _fold_affine(shape, next(layers), next(layers))
        weights["head.weight"] = _expect(next(layers), "fc", 256 * 128).reshape(256, 128).T.copy()
    except StopIteration:
        raise DataError(f"{path}: ends before the last of the network's layers") from None
    except (IndexError, ValueError) as error:
        raise DataError(f"{path}: not dlib's face recognition network ({error})") from None
    return weights


def backbone_weights(content: bytes, name: object) -> dict[str, Floats]:
    """Return the weights of a backbone. It has no embedding: the last matrix is 0.

    Parameters
    ----------
    content : bytes
        Of the backbone's .npz file.
    name : str
        The file's name, for errors.

    Returns
    -------
    dict
        As for `dlib_weights`.

    Raises
    ------
    DataError
        When the content is no backbone.
    """
    try:
        weights = {key: array.astype(np.float32) for key, array in read_content(content).items()}
        differing = {key: array.shape for key, array in weights.items()}.items() ^ SHAPES.items()
        if differing:
            raise ValueError(f"other weights than expected: {min(differing)[0]}")
        if not all(np.isfinite(array).all() for array in weights.values()):
            raise ValueError("its weights are not all numbers")
    except ValueError as error:
        raise DataError(f"{name}: not a backbone ({error}); `featfer finetune` makes one") from None
    return {**weights, **{key: np.zeros(shape, np.float32) for key, shape in HEAD.items()}}


def read_layers(path: Path) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield (kind, float32 values) of each layer in dlib's .dat file; kind: "con" (convolution), "affine" or "fc" (matrix)."""
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    at = 0
    while match := LAYER.search(data, at):
        kind = match[1].decode().partition("_")[0]
        at = match.end()
        for _ in range(2 if kind == "fc" else 0):  # number of outputs and of inputs
            _, at = _read_integer(data, at)
        values, at = _read_tensor(data, at)
        yield kind, values


def _read_integer(data: mmap.mmap, at: int) -> tuple[int, int]:
    """Read a serialised integer: one length byte (its top bit is the sign), then little-endian bytes."""
    size = data[at] & 0x7F
    value = int.from_bytes(data[at + 1:at + 1 + size], "little")
    return (-value if data[at] & 0x80 else value), at + 1 + size


def _read_tensor(data: mmap.mmap, at: int) -> tuple[NDArray[np.float32], int]:
    """Return the values of a serialised tensor, and where they end."""
    header = []
    for _ in range(5):  # version, then four dimensions
        value, at = _read_integer(data, at)
        header.append(value)
    if header[0] != 2:
        raise ValueError(f"tensor version {header[0]}")
    values = np.frombuffer(data, "<f4", count=int(np.prod(header[1:])), offset=at)
    return values, at + values.nbytes


def _expect(layer: tuple[str, NDArray[np.float32]], kind: str, size: int) -> NDArray[np.float32]:
    if layer[0] != kind or layer[1].size != size:
        raise ValueError(f"expected {kind} of {size:,} values, found {layer[0]} of {layer[1].size:,}")
    return layer[1]


def _fold_affine(shape: tuple[int, int, int, int], con: tuple[str, NDArray[np.float32]],
                 affine: tuple[str, NDArray[np.float32]]) -> tuple[Floats, Floats]:
    """Return (weight, bias) of a convolution with the affine layer after it folded in: (w x + b) gamma + beta."""
    outputs = shape[0]
    values = _expect(con, "con", int(np.prod(shape)) + outputs)
    gamma, beta = _expect(affine, "affine", 2 * outputs).reshape(2, outputs)
    return values[:-outputs].reshape(shape) * gamma[:, None, None, None], values[-outputs:] * gamma + beta
