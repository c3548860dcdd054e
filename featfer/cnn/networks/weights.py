"""Weights of torchvision's networks: found, read and put in."""

import http.client
import os
import pickle
import re
from pathlib import Path

import torch

from featfer.errors import DataError, MissingError, ParameterError, make_transient
from featfer.utils.files import open_regular
from featfer.utils.npz import DAMAGE, is_machine_fault


def torchvision_models():
    """Return torchvision.models; raise MissingError where it cannot be imported."""
    try:
        import torchvision
    except (ImportError, OSError, RuntimeError) as error:  # the last two: a torchvision built for another torch
        raise MissingError(f"this network needs torchvision, which cannot be imported ({error}); "
                           "pip install 'featfer[cnn]'") from None
    return torchvision.models


def load_weights(net, maker, last, weights):
    """Set the weights of a network, all but those of its last layer.

    net: from the function `maker` of torchvision.models; last: path of its last layer; weights: "imagenet" or a path
    Auxiliary heads that the weights have and the network has not are left out. Raises DataError when they do not fit.
    """
    state = download(maker) if weights == "imagenet" else read_state(weights)
    kept = {new_name(name): values for name, values in state.items() if not name.startswith((f"{last}.", "aux1.", "aux2."))}
    try:
        missing, unknown = net.load_state_dict(kept, strict=False)
    except RuntimeError as error:
        raise DataError(f"weights {str(weights)!r} do not fit {maker}: {str(error).splitlines()[-1].strip()}") from None
    missing = [name for name in missing if not name.startswith(f"{last}.")]
    if missing or unknown:
        what = f"has no {missing[0]}" if missing else f"has {unknown[0]}"
        raise DataError(f"weights {str(weights)!r} do not fit {maker}: the file {what}")


def new_name(name):
    """Return what a value of DenseNet's older files is called today: denselayer1.norm.1 is denselayer1.norm1; others stay."""
    return re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)", r"\1\2", name)


def download(maker):
    """Return the state dict of torchvision's best ImageNet weights, from its cache or the network; raise MissingError."""
    weights = torchvision_models().get_model_weights(maker).DEFAULT
    try:
        return weights.get_state_dict(progress=False, check_hash=True)
    except (OSError, RuntimeError, http.client.HTTPException) as error:
        raise MissingError(f"weights 'imagenet': {weights.url} cannot be downloaded ({error}); fetch that file elsewhere and "
                           "give its path as weights") from None


def read_state(path):
    """Return the state dict in a file; raise MissingError when it is not there, DataError when it is something else,
    TransientError where it cannot be read at this time."""
    if not isinstance(path, (str, os.PathLike)):
        raise ParameterError(f"weights {path!r} is neither 'imagenet' nor the path of a state dict")
    if not Path(path).is_file():
        raise MissingError(f"weights {str(path)!r}: no such file; give 'imagenet' or the path of a state dict")
    try:
        with open_regular(path) as file:
            state = torch.load(file, map_location="cpu", weights_only=True)
    except (*DAMAGE, pickle.UnpicklingError) as error:
        if is_machine_fault(error):
            raise make_transient(path, error) from None
        raise DataError(f"weights {str(path)!r}: not a file of torch ({str(error).partition(chr(10))[0]})") from None
    if not isinstance(state, dict) or not all(isinstance(k, str) and isinstance(v, torch.Tensor) for k, v in state.items()):
        raise DataError(f"weights {str(path)!r}: not a state dict; make one by torch.save(net.state_dict(), path)")
    return state
