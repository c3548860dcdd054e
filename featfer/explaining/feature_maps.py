"""What a network makes of a face inside: the maps of dlib's network, or of a recognizer's own."""

from dataclasses import dataclass

import numpy as np

from featfer.cnn import CNN
from featfer.errors import ParameterError
from featfer.features import Stage
from featfer.features.crop import Crop
from featfer.features.dlibnet.feature import NetworkFeature, network_outputs
from featfer.features.stage import MAPS

DEFAULT = "128x8x8"  # of recognizers without a network
LEAST_SIDE = 4       # of the maps that are shown unless told: smaller ones are no pictures


@dataclass(frozen=True)
class Maps:
    """The maps that a layer makes of a face.

    layer: its name; of_model: whether it is one of the recognizer's own network, not of dlib's; values: float (channels, h, w),
    strongest first, by their mean absolute value; pixels: uint8 (h, w) or (h, w, 3), what the network was given
    """

    layer: str
    of_model: bool
    values: np.ndarray
    pixels: np.ndarray


def face_maps(recognizer, face, name=None):
    """Return the Maps of a Face.

    name: a stage of dlib's network, such as "128x8x8", or of a recognizer with a network of its own the path of a layer in it;
    by default the stage that the recognizer is trained on, or its network's last layer with maps of a fair size. Raises
    ParameterError for another name.
    """
    cnn = find_cnn(recognizer.classifier)
    if cnn is not None and name not in MAPS:
        return _of_cnn(cnn, recognizer.features, face, name)
    used = next((feature for feature in recognizer.features if isinstance(feature, NetworkFeature)), Stage())
    name = name or (used.output if used.output in MAPS else DEFAULT)
    if name not in MAPS:
        raise ParameterError(f"maps {name!r} is none of {', '.join(MAPS)}, the stages of dlib's network; the model has no "
                             "network of its own")
    stage = Stage(name, used.align, network=used.network, precision=used.precision, device=used.device)
    maps, = stage.select_stage([face], network_outputs([stage], [face]))
    return Maps(name, False, _strongest(maps), face.chip(used.align))


def find_cnn(classifier):
    """Return the first fitted CNN in a classifier, however it is wrapped; None where there is none."""
    if isinstance(classifier, CNN):
        return classifier
    inner = getattr(classifier, "estimator_", None) or getattr(classifier, "estimator", None)
    inside = [*getattr(classifier, "members", ()), *([inner] if inner is not None else [])]
    return next((cnn for cnn in map(find_cnn, inside) if cnn is not None), None)


def _of_cnn(cnn, features, face, name):
    """Return the Maps of a layer in a CNN; raise ParameterError where it has no such layer."""
    crop = next(feature for feature in features if isinstance(feature, Crop)
                and feature.shape == (cnn.channels, cnn.side_, cnn.side_))
    seen = crop.transform([face]).reshape(crop.shape)
    layers = _layers(cnn.net(), seen)
    if name is None:
        fair = [layer for layer, maps in layers.items() if min(maps.shape[1:]) >= LEAST_SIDE]
        name = (fair or list(layers))[-1]
    if name not in layers:
        raise ParameterError(f"maps {name!r} is no layer of the model's network, nor a stage of dlib's ({', '.join(MAPS)}); "
                             f"its layers with maps: {', '.join(layers)}")
    pixels = seen.astype(np.uint8)
    return Maps(name, True, _strongest(layers[name]), pixels[0] if crop.shape[0] == 1 else pixels.transpose(1, 2, 0))


def _layers(net, image):
    """Return the maps of every layer of a torch Module that makes some, {path: float32 (channels, h, w)}, in their order.

    image: float (channels, h, w), from 0 to 255
    """
    import torch

    found = {}

    def keep(path):
        def hook(module, inputs, output):
            if isinstance(output, torch.Tensor) and output.ndim == 4:
                found[path] = output[0].float().cpu().clone().numpy()  # a layer after it may change it in place
        return hook
    hooks = [layer.register_forward_hook(keep(path)) for path, layer in net.named_modules() if path]
    try:
        with torch.inference_mode():
            net(torch.from_numpy(image / 255).float()[None].to(next(net.parameters()).device))
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _strongest(maps):
    return maps[np.argsort(-np.abs(maps).mean(axis=(1, 2)), kind="stable")]
