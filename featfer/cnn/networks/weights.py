"""Weights of torchvision's networks: finding, reading and loading them."""

import http.client
import os
import pickle
import re
from pathlib import Path
from types import ModuleType

import torch

from featfer.errors import DataError, MissingError, ParameterError, make_transient
from featfer.typing import Path as AnyPath
from featfer.utils.environment import name_install_command
from featfer.utils.files import open_regular
from featfer.utils.npz import DAMAGE, is_machine_fault


def torchvision_models() -> ModuleType:
    """Import torchvision's networks.

    Returns
    -------
    module
        torchvision.models

    Raises
    ------
    MissingError
        If it cannot be imported.
    """
    try:
        import torchvision
    except (ImportError, OSError, RuntimeError) as error:  # the last two: a torchvision built for another torch
        raise MissingError(f"this network needs torchvision, which cannot be imported ({error}); "
                           f"{name_install_command('cnn')}") from None
    return torchvision.models


def load_weights(net: torch.nn.Module, maker: str, last: str, weights: AnyPath) -> None:
    """Load the weights of a network, except those of its last layer and of auxiliary heads that it does not have.

    Parameters
    ----------
    net : torch.nn.Module
    maker : str
        The function in torchvision.models that made it.
    last : str
        Path of its last layer.
    weights : str or Path
        "imagenet", or the path of a state dict.

    Raises
    ------
    DataError
        If they do not fit, or the file is not a state dict.
    MissingError
        If they cannot be downloaded, or there is no such file.
    """
    state = download(maker) if weights == "imagenet" else read_state(weights)
    kept = {rename_value(name): values for name, values in state.items() if not name.startswith((f"{last}.", "aux1.", "aux2."))}
    try:
        missing, unknown = net.load_state_dict(kept, strict=False)
    except RuntimeError as error:
        raise DataError(f"weights {str(weights)!r} do not fit {maker}: {str(error).splitlines()[-1].strip()}") from None
    missing = [name for name in missing if not name.startswith(f"{last}.")]
    if missing or unknown:
        what = f"has no {missing[0]}" if missing else f"has {unknown[0]}"
        raise DataError(f"weights {str(weights)!r} do not fit {maker}: the file {what}")


def rename_value(name: str) -> str:
    """Return today's name of a value in older files of DenseNet: denselayer1.norm.1 is now denselayer1.norm1.

    Parameters
    ----------
    name : str

    Returns
    -------
    str
        Other names are returned as they are.
    """
    return re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)", r"\1\2", name)


def download(maker: str) -> dict[str, torch.Tensor]:
    """Return torchvision's best ImageNet weights, from its cache or the network.

    Parameters
    ----------
    maker : str
        The function in torchvision.models.

    Returns
    -------
    dict of tensor

    Raises
    ------
    MissingError
        If they cannot be downloaded.
    """
    weights = torchvision_models().get_model_weights(maker).DEFAULT
    try:
        return weights.get_state_dict(progress=False, check_hash=True)
    except (OSError, RuntimeError, http.client.HTTPException) as error:
        raise MissingError(f"weights 'imagenet': {weights.url} cannot be downloaded ({error}); fetch that file elsewhere and "
                           "give its path as weights") from None


def read_state(path: AnyPath) -> dict[str, torch.Tensor]:
    """Read a state dict from a file.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict of tensor

    Raises
    ------
    ParameterError
        If it is not a path.
    MissingError
        If there is no such file.
    DataError
        If it is not a state dict.
    TransientError
        If it cannot be read just now, for instance for lack of memory.
    """
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
