"""The weights of dlib's face recognition network, read from its .dat file or from a backbone fine-tuned from it.

The network is the 29-layer ResNet of dlib's dnn_face_recognition_ex.cpp (D. King, 2017), trained to tell people
apart. We read the convolutions, the affine layers (folded into the convolutions before them) and the last matrix.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from featfer.errors import DataError
from featfer.faces.dlib_layers import expect_layer, fold_affine, read_layers
from featfer.utils.npz import read_content

if TYPE_CHECKING:
    from pathlib import Path

    from featfer.typing import Floats

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
            weights[f"{name}.weight"], weights[f"{name}.bias"] = fold_affine(shape, next(layers), next(layers))
        weights["head.weight"] = expect_layer(next(layers), "fc", 256 * 128).reshape(256, 128).T.copy()
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
