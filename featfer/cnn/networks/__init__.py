"""Networks: images in, a score for each class out. To add one: a file, and a line in NETWORKS."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any

from featfer.errors import ParameterError
from featfer.utils.registry import Registry

if TYPE_CHECKING:
    from torch import nn

    from featfer.typing import Path

TORCHVISION = ("alexnet", "densenet121", "googlenet", "mobilenetv3", "resnet18", "resnet34", "resnet50", "vgg11", "vgg16",
               "resnet18-dropout", "resnet34-dropout", "googlenet-dropout")

# Functions (classes, channels=1, **parameters) -> a torch module: images float32 (n, channels, side, side) in [0, 1] -> scores
# (n, classes).
NETWORKS = Registry({
    "residual": "featfer.cnn.networks.residual:Residual",
    "blocks": "featfer.cnn.networks.blocks:custom_blocks",
    "blocks15": "featfer.cnn.networks.blocks:blocks15",
    "blocks15-3x3": "featfer.cnn.networks.blocks:blocks15_3x3",
    "blocks10": "featfer.cnn.networks.blocks:blocks10",
    "blocks9": "featfer.cnn.networks.blocks:blocks9",
    "deep-minus-shallow": "featfer.cnn.networks.difference:DeepMinusShallow",
    "groups9": "featfer.cnn.networks.groups:groups9",
    "groups-shallow": "featfer.cnn.networks.groups:groups_shallow",
    "widening": "featfer.cnn.networks.widening:Widening",
    **{name: f"featfer.cnn.networks.pretrained:PRETRAINED:{name}" for name in TORCHVISION},
})
_COUNTS = Registry({
    "count_multiply_adds": "featfer.cnn.networks.count:count_multiply_adds",
    "count_parameters": "featfer.cnn.networks.count:count_parameters",
})
CHANNELS = (1, 3)

__all__ = ["NETWORKS", "make_network", "list_parameters", *_COUNTS]


def __getattr__(name: str) -> Any:
    return _COUNTS.attribute(__name__, name)


def list_parameters(name: str) -> list[str]:
    """List the parameters of a network, without classes and channels.

    Parameters
    ----------
    name : str

    Returns
    -------
    list of str

    Raises
    ------
    ParameterError
        If there is no such network.
    """
    if name not in NETWORKS:
        raise ParameterError(f"network {name!r} is none of {', '.join(NETWORKS)}")
    return [k for k in signature(NETWORKS[name]).parameters if k not in ("classes", "channels")]


def make_network(name: str, classes: int, channels: int = 1, weights: Path | None = None, trainable: str = "all",
                 **params: Any) -> nn.Module:
    """Make a network by name, with random weights from torch's generator or with given ones.

    Parameters
    ----------
    name : str
        A name in NETWORKS.
    classes : int
    channels : int
        1 for grey, 3 for colours.
    weights, trainable
        Of torchvision's networks only, see `featfer.cnn.networks.pretrained.make_pretrained`.
    **params
        Parameters of the network.

    Returns
    -------
    torch.nn.Module
        Images float32 (n, channels, side, side) in [0, 1] -> scores (n, classes).

    Raises
    ------
    ParameterError, MissingError
        If a name or a value is not valid; if torchvision is needed and not installed.
    """
    from featfer.cnn.networks.checks import check_whole
    known = list_parameters(name)
    check_whole("classes", classes, 2)
    if channels not in CHANNELS:
        raise ParameterError(f"channels {channels!r} is neither 1, for grey, nor 3, for colours")
    if weights is not None:
        params["weights"] = weights
    if trainable != "all":
        params["trainable"] = trainable
    for k in params:
        if k not in known:
            raise ParameterError(f"network {name!r} has no parameter {k!r}; it takes {', '.join(known) or 'none'}")
    return NETWORKS[name](classes, channels, **params)
