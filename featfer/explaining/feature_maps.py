"""Feature maps of a face inside a network: dlib's, or a recognizer's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.cnn import CNN
from featfer.errors import ParameterError
from featfer.faces.face import Face
from featfer.features import Stage
from featfer.features.base import Feature
from featfer.features.crop import Crop
from featfer.features.dlibnet.feature import NetworkFeature, network_outputs
from featfer.features.dlibnet.weights import MAPS
from featfer.typing import Floats, Pixels

if TYPE_CHECKING:
    import torch

    from featfer.recognizer import Recognizer

DEFAULT = "128x8x8"  # the stage for recognizers that use no network
LEAST_SIDE = 4       # of the feature maps that are chosen by default: smaller ones are no pictures


@dataclass(frozen=True)
class FeatureMaps:
    """The feature maps of a face in one layer.

    Attributes
    ----------
    layer : str
    is_of_model : bool
        Whether the layer is in the recognizer's own network, not in dlib's.
    values : float array (channels, h, w)
        Strongest channel first, by mean absolute value.
    pixels : uint8 array (h, w) or (h, w, 3)
        The input of the network.
    """

    layer: str
    is_of_model: bool
    values: Floats
    pixels: Pixels


def make_feature_maps(recognizer: Recognizer, face: Face, name: str | None = None) -> FeatureMaps:
    """Compute the feature maps of a face in one layer.

    Parameters
    ----------
    recognizer : Recognizer
    face : Face
    name : str, optional
        A stage of dlib's network, such as "128x8x8", or the path of a layer in the recognizer's own network. By default the
        stage that the recognizer uses, or the last layer of its network with maps of a fair size.

    Returns
    -------
    FeatureMaps

    Raises
    ------
    ParameterError
        If there is no such stage or layer.
    """
    cnn = find_cnn(recognizer.classifier)
    if cnn is not None and name not in MAPS:
        return _make_cnn_maps(cnn, recognizer.features, face, name)
    used = next((feature for feature in recognizer.features if isinstance(feature, NetworkFeature)), Stage())
    name = name or (used.output if used.output in MAPS else DEFAULT)
    if name not in MAPS:
        raise ParameterError(f"maps {name!r} is none of {', '.join(MAPS)}, the stages of dlib's network; the model has no "
                             "network of its own")
    stage = Stage(name, used.align, network=used.network, precision=used.precision, device=used.device)
    stage.check()
    maps, = stage.select_stage([face], network_outputs([stage], [face]))
    return FeatureMaps(name, False, _sort_by_strength(maps), face.chip(used.align))


def find_cnn(classifier: Any) -> CNN | None:
    """Find the first fitted CNN in a classifier, however it is wrapped.

    Parameters
    ----------
    classifier : object

    Returns
    -------
    CNN or None
    """
    if isinstance(classifier, CNN):
        return classifier
    inner = getattr(classifier, "estimator_", None) or getattr(classifier, "estimator", None)
    inside = [*getattr(classifier, "members", ()), *([inner] if inner is not None else [])]
    return next((cnn for cnn in map(find_cnn, inside) if cnn is not None), None)


def _make_cnn_maps(cnn: CNN, features: Sequence[Feature], face: Face, name: str | None) -> FeatureMaps:
    """Return the FeatureMaps of a layer in a CNN; raise ParameterError if there is no such layer."""
    crop = next(feature for feature in features if isinstance(feature, Crop)
                and feature.shape == (cnn.channels, cnn.side_, cnn.side_))
    image = crop.transform([face]).reshape(crop.shape)
    layers = _collect_maps(cnn.net(), image)
    if name is None:
        large = [layer for layer, maps in layers.items() if min(maps.shape[1:]) >= LEAST_SIDE]
        name = (large or list(layers))[-1]
    if name not in layers:
        raise ParameterError(f"maps {name!r} is no layer of the model's network, nor a stage of dlib's ({', '.join(MAPS)}); "
                             f"its layers with maps: {', '.join(layers)}")
    pixels = image[0] if crop.shape[0] == 1 else image.transpose(1, 2, 0)
    return FeatureMaps(name, True, _sort_by_strength(layers[name]), pixels.astype(np.uint8))


def _collect_maps(net: torch.nn.Module, image: Floats) -> dict[str, Floats]:
    """Return the feature maps of every layer that has some, {path: float32 (channels, h, w)}, in order.

    image: float array (channels, h, w), from 0 to 255
    """
    import torch

    found: dict[str, Floats] = {}
    hooks = [layer.register_forward_hook(partial(_keep, found, path)) for path, layer in net.named_modules() if path]
    try:
        with torch.inference_mode():
            net(torch.from_numpy(image / 255).float()[None].to(next(net.parameters()).device))
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _keep(found: dict[str, Floats], path: str, layer: torch.nn.Module, inputs: Any, output: Any) -> None:
    if getattr(output, "ndim", None) == 4:
        found[path] = output[0].float().cpu().clone().numpy()  # a later layer may change the output in place


def _sort_by_strength(maps: Floats) -> Floats:
    return maps[np.argsort(-np.abs(maps).mean(axis=(1, 2)), kind="stable")]
