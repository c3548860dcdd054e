"""The weights of dlib's face recognition network, read from its .dat file or from a backbone fine-tuned from it.

The network is the 29-layer ResNet of dlib's dnn_face_recognition_ex.cpp (D. King, 2017), trained to tell people
apart. We read the convolutions, the affine layers (folded into the convolutions before them) and the last matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from featfer.errors import DataError
from featfer.faces.dlib_layers import expect_layer, fold_affine, read_layers
from featfer.utils.npz import read_content

if TYPE_CHECKING:
    from pathlib import Path

    from featfer.typing import Floats

Array = TypeVar("Array")
LEVELS = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))  # width, blocks, first halves
MAPS = ("32x35x35", "64x17x17", "128x8x8", "256x4x4", "256x2x2")  # after each level


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
            weights[f"{name}.weight"], weights[f"{name}.bias"] = fold_affine(shape, next(layers), next(layers))
        weights["head.weight"] = expect_layer(next(layers), "fc", 256 * 128).reshape(256, 128).T.copy()
    except StopIteration:
        raise DataError(f"{path}: ends before the last of the network's layers") from None
    except (IndexError, ValueError) as error:
        raise DataError(f"{path}: not dlib's face recognition network ({error})") from None
    return weights


def backbone_weights(content: bytes, name: object) -> dict[str, Floats]:
    """Return the weights of a backbone, which may end after any level. It has no embedding.

    Parameters
    ----------
    content : bytes
        Of the backbone's .npz file.
    name : str
        The file's name, for errors.

    Returns
    -------
    dict
        As for `dlib_weights`, without the last matrix and the levels that it has not.

    Raises
    ------
    DataError
        When the content is no backbone.
    """
    try:
        weights = {key: array.astype(np.float32) for key, array in read_content(content).items()}
        expected = {name: shape for name, shape in SHAPES.items() if not _is_beyond(name, max(count_levels(weights), 1))}
        differing = {key: array.shape for key, array in weights.items()}.items() ^ expected.items()
        if differing:
            raise ValueError(f"other weights than expected: {min(differing)[0]}")
        if not all(np.isfinite(array).all() for array in weights.values()):
            raise ValueError("its weights are not all numbers")
    except ValueError as error:
        raise DataError(f"{name}: not a backbone ({error}); `featfer finetune` makes one") from None
    return weights


def count_levels(weights: Iterable[str]) -> int:
    """Count the levels of a network.

    Parameters
    ----------
    weights : iterable of str
        Names of its weights, as in SHAPES.

    Returns
    -------
    int
    """
    return 1 + max((int(name.split(".")[1]) for name in weights if name in SHAPES and name.startswith("levels.")), default=-1)


def cut_levels(weights: Mapping[str, Array], levels: int) -> dict[str, Array]:
    """Return the weights of a network without its head and without the levels beyond the first (dict).

    Parameters
    ----------
    weights : dict
        By name, as in SHAPES.
    levels : int
        Number of levels to keep.
    """
    return {name: array for name, array in weights.items() if name in SHAPES and not _is_beyond(name, levels)}


def _is_beyond(name: str, levels: int) -> bool:
    return name.startswith("levels.") and int(name.split(".")[1]) >= levels
