"""From the picture of a face to feature values, as ONNX operators."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from featfer.exporting.graph import Graph, make_refusal
from featfer.exporting.networks import add_stages
from featfer.faces import CHIP_SIDE, PLAIN
from featfer.faces.face import Face
from featfer.features import Embedding, Stage
from featfer.features.base import Feature
from featfer.features.crop import Crop
from featfer.typing import Pixels

LUMA, LUMA_UNIT = (19595, 38470, 7471), 65536  # the weights of red, green and blue with which Pillow computes grey
INSTEAD = "take --input features, which begins where the features are computed"


def describe_input(features: Sequence[Feature]) -> tuple[str, list[Any]]:
    """Describe the pictures from which features are computed.

    Parameters
    ----------
    features : list of Feature

    Returns
    -------
    name : str
        "chips" (aligned by landmarks) or "crops" (as in the data set).
    shape : list
        ["n", height, width, channels], of uint8 values.

    Raises
    ------
    ParameterError
        If the features have no ONNX form, or need different pictures.
    """
    pictures = {_find_picture(feature) for feature in features}
    if len(pictures) > 1:
        raise make_refusal("a model whose features are made of different pictures of a face", INSTEAD)
    (name, shape, _), = pictures
    return name, ["n", *shape]


def cut_pictures(features: Sequence[Feature], faces: list[Face]) -> Pixels:
    """Cut the picture of each face from which features are computed.

    Parameters
    ----------
    features : list of Feature
    faces : list of Face

    Returns
    -------
    uint8 array (n, height, width, channels)
    """
    feature: Any = features[0]
    if isinstance(feature, Crop):
        channels, side, _ = feature.shape
        values = Crop(feature.crop).transform(faces).reshape(-1, channels, side, side)
        return values.transpose(0, 2, 3, 1).astype(np.uint8)
    return np.stack([face.chip(feature.align) for face in faces])


def add_values(graph: Graph, features: Sequence[Feature], pictures: str, grey: bool = False) -> str:
    """Add the values of features, side by side.

    Parameters
    ----------
    graph : Graph
    features : list of Feature
    pictures : str
        Name of the input.
    grey : bool
        Whether their colours are left out, as by `featfer.images.pixels.to_grey`.

    Returns
    -------
    str
        Name of the values, float32 (n, d).
    """
    passes, found = dict[Any, list[int]](), dict[int, str]()
    pictures = graph.cast(pictures, np.float32)
    pictures = _add_grey(graph, pictures) if grey else pictures
    for place, feature in enumerate(features):
        passes.setdefault(tuple(getattr(feature, name, None) for name in ("view", "network")), []).append(place)
    for (view, network), places in passes.items():
        viewed = _add_view(graph, pictures, view)
        if network is None:
            found |= {place: _add_row(graph, viewed, features[place]) for place in places}
        else:
            found |= zip(places, add_stages(graph, [features[place] for place in places], viewed), strict=True)
    parts = [found[place] for place in range(len(features))]
    return parts[0] if len(parts) == 1 else graph("Concat", *parts, axis=1)


def _find_picture(feature: Feature) -> tuple[str, tuple[int, ...], str]:
    if isinstance(feature, Crop):
        channels, side, _ = feature.shape
        return "crops", (side, side, channels), ""
    if isinstance(feature, (Stage, Embedding)) and feature.output:
        return "chips", (CHIP_SIDE, CHIP_SIDE, 3), feature.align
    raise make_refusal(f"feature {feature.name!r}", INSTEAD)


def _add_view(graph: Graph, pictures: str, view: str) -> str:
    """Add a view of pictures (n, height, width, channels)."""
    if view == PLAIN:
        return pictures
    if view == "flip":
        return graph("Slice", pictures, np.array([-1]), np.array([-2**31]), np.array([2]), np.array([-1]))
    raise make_refusal(f"view {view!r}", INSTEAD)


def _add_grey(graph: Graph, pictures: str) -> str:
    """Add pictures (n, height, width, 3) without their colours. All numbers are whole and below 2**24, so float32 is exact."""
    weighed = graph("ReduceSum", graph("Mul", pictures, np.array(LUMA, np.float32)), np.array([3]), keepdims=1)
    luma = graph("Floor", graph("Div", graph("Add", weighed, np.float32(LUMA_UNIT / 2)), np.float32(LUMA_UNIT)))
    return graph("Concat", luma, luma, luma, axis=3)


def _add_row(graph: Graph, pictures: str, crop: Any) -> str:
    """Add the values of a Crop: its pixels in a row, channel after channel."""
    return graph("Reshape", graph("Transpose", pictures, perm=[0, 3, 1, 2]), np.array([0, crop.size]))
