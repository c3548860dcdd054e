"""From the picture of a face, as featfer cuts it out, to feature values: as ONNX operators."""

import numpy as np

from featfer.exporting.graph import cannot
from featfer.exporting.networks import stages
from featfer.faces import CHIP_SIDE, PLAIN
from featfer.features import Embedding, Stage
from featfer.features.crop import Crop

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
    pictures, passes, found = graph.cast(pictures, np.float32), {}, {}
    for place, feature in enumerate(features):
        passes.setdefault((feature.view, getattr(feature, "network", None)), []).append(place)
    for (view, network), places in passes.items():
        seen = _seen(graph, pictures, view)
        if network is None:
            found |= {place: _row(graph, seen, features[place]) for place in places}
        else:
            found |= zip(places, stages(graph, [features[place] for place in places], seen), strict=True)
    parts = [found[place] for place in range(len(features))]
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


def _row(graph, pictures, crop):
    """Add the values of a Crop: its picture with the channels first, in a row."""
    return graph("Reshape", graph("Transpose", pictures, perm=[0, 3, 1, 2]), np.array([0, crop.size]))
