"""Networks: images in, a score for each class out. To add one: a file, and a line in NETWORKS."""

from functools import partial
from inspect import signature

from featfer.cnn.networks.blocks import BLOCKS9, BLOCKS10, BLOCKS15, BLOCKS15_3X3, BlockNet, custom_blocks
from featfer.cnn.networks.checks import check_whole
from featfer.cnn.networks.count import multiply_adds, parameters
from featfer.cnn.networks.difference import DeepMinusShallow
from featfer.cnn.networks.groups import groups9, groups_shallow
from featfer.cnn.networks.pretrained import CLASSICS, DROPOUT_CLASSICS, pretrained, with_dropout
from featfer.cnn.networks.residual import Residual
from featfer.cnn.networks.widening import Widening
from featfer.errors import ParameterError

# Functions (classes, channels=1, **parameters) -> a torch module: images float32 (n, channels, side, side) in [0, 1] -> scores
# (n, classes).
NETWORKS = {
    "residual": Residual,
    "blocks": custom_blocks,
    "blocks15": partial(BlockNet, BLOCKS15, 128, 0.5),
    "blocks15-3x3": partial(BlockNet, BLOCKS15_3X3, 128, 0.5),
    "blocks10": partial(BlockNet, BLOCKS10, 128, 0.6),
    "blocks9": partial(BlockNet, BLOCKS9, 128, 0.6),
    "deep-minus-shallow": DeepMinusShallow,
    "groups9": groups9,
    "groups-shallow": groups_shallow,
    "widening": Widening,
    **{name: partial(pretrained, classic) for name, classic in CLASSICS.items()},
    **{name: partial(with_dropout, classic) for name, classic in DROPOUT_CLASSICS.items()},
}
CHANNELS = (1, 3)

__all__ = ["NETWORKS", "make_network", "multiply_adds", "parameters", "parameters_of"]


def parameters_of(name):
    """Return the names of the parameters that a network takes, a list of str; raise ParameterError for a name that there is
    not."""
    if name not in NETWORKS:
        raise ParameterError(f"network {name!r} is none of {', '.join(NETWORKS)}")
    return [k for k in signature(NETWORKS[name]).parameters if k not in ("classes", "channels")]


def make_network(name, classes, channels=1, weights=None, trainable="all", **params):
    """Return a network by name, its weights drawn by torch's random numbers.

    classes: how many; channels: 1 for grey or 3 for colours; weights, trainable: of torchvision's networks alone, see
    featfer.cnn.networks.pretrained
    Raises ParameterError for a name, a parameter or a value that there is not, MissingError where torchvision is needed and
    missing.
    """
    known = parameters_of(name)
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
