"""From the picture of a face, as featfer cuts it out, to feature values: as ONNX operators."""

import numpy as np

from featfer.exporting.graph import cannot
from featfer.exporting.networks import stages
from featfer.faces import CHIP_SIDE, PLAIN
from featfer.features import Embedding, Stage
from featfer.features.crop import Crop
from featfer.features.dlibnet.feature import network_weights

INSTEAD = "take --input features, which begins where the features are computed"


def taken(features):
    """Return (name, shape) of the pictures that features are made of: uint8 (n, height, width, channels).

    "chips" are turned upright by landmarks, "crops" are as the data set shows the face. Raises ParameterError for features that
    have no ONNX form, or that are made of different pictures.
    """
    pictures = {_picture(feature) for feature in features}
    if len(pictures) > 1:
        raise cannot("a model whose features are made of different pictures of a face", INSTEAD)
    (name, shape, _), = pictures
    return name, ["n", *shape]


def pictures_of(features, faces):
    """Return the picture of each Face that features are made of, uint8 (n, height, width, channels)."""
    feature = features[0]
    if isinstance(feature, Crop):
        channels, side, _ = feature.shape
        values = Crop(feature.crop).transform(faces).reshape(-1, channels, side, side)
        return values.transpose(0, 2, 3, 1).astype(np.uint8)
    return np.stack([face.chip(feature.align) for face in faces])


def values(graph, features, pictures):
    """Add the values of features, side by side; return their name, float32 (n, d). pictures: the name of the input."""
    pictures, shown, passed = graph.cast(pictures, np.float32), {}, {}
    parts = []
    for feature in features:
        view = feature.view
        if view not in shown:
            shown[view] = _seen(graph, pictures, view)
        if isinstance(feature, Crop):
            found = graph("Transpose", shown[view], perm=[0, 3, 1, 2])
        else:
            key = view, feature.network
            if key not in passed:
                wanted = {other.output for other in features if (other.view, other.network) == key}
                passed[key] = stages(graph, network_weights(feature.network), shown[view], wanted)
            found = _pooled(graph, feature, passed[key][feature.output])
        parts.append(graph("Reshape", found, np.array([0, feature.size])))
    return parts[0] if len(parts) == 1 else graph("Concat", *parts, axis=1)


def _picture(feature):
    if isinstance(feature, Crop):
        channels, side, _ = feature.shape
        return "crops", (side, side, channels), ""
    if isinstance(feature, (Stage, Embedding)) and feature.output:
        return "chips", (CHIP_SIDE, CHIP_SIDE, 3), feature.align
    raise cannot(f"feature {feature.name!r}", INSTEAD)


def _seen(graph, pictures, view):
    """Add a view of pictures (n, height, width, channels)."""
    if view == PLAIN:
        return pictures
    if view == "flip":
        return graph("Slice", pictures, np.array([-1]), np.array([-2**31]), np.array([2]), np.array([-1]))
    raise cannot(f"view {view!r}", INSTEAD)


def _pooled(graph, feature, maps):
    """Add the means of maps over the grid of a Stage, as far as it has one."""
    if not (isinstance(feature, Stage) and feature.grid):
        return maps
    channels, height, width = map(int, feature.output.split("x"))
    over = [_means(side, parts) for side, parts in zip((height, width), feature.grid, strict=True)]
    flat = graph("Reshape", maps, np.array([0, channels, height * width]))
    return graph("MatMul", flat, np.kron(*over).T.astype(np.float32))


def _means(side, parts):
    """Return the matrix (parts, side) that averages over parts as torch's adaptive_avg_pool2d does: parts that do not divide
    the side overlap."""
    means = np.zeros((parts, side))
    for i in range(parts):
        first, end = i * side // parts, -(-(i + 1) * side // parts)
        means[i, first:end] = 1 / (end - first)
    return means
