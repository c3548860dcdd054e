"""The cost of a network: its parameters and its multiply-adds."""

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn


def count_parameters(net: nn.Module) -> int:
    """Count the parameters of a network, frozen ones included.

    Parameters
    ----------
    net : torch.nn.Module

    Returns
    -------
    int
    """
    return sum(values.numel() for values in net.parameters())


def count_multiply_adds(net: nn.Module, channels: int = 1, side: int = 48) -> int:
    """Count the multiply-adds of convolutions and linear layers for one image.

    Parameters
    ----------
    net : torch.nn.Module
        Its mode (training or evaluation) is left as it is.
    channels, side : int
        Of the image.

    Returns
    -------
    int
    """
    counts, training = list[int](), net.training
    layers = [layer for layer in net.modules() if isinstance(layer, (nn.Conv2d, nn.Linear))]
    hooks = [layer.register_forward_hook(partial(_count, counts)) for layer in layers]
    try:
        with torch.no_grad():
            net.eval()(torch.zeros(1, channels, side, side, device=next(net.parameters()).device))
    finally:
        net.train(training)
        for hook in hooks:
            hook.remove()
    return sum(counts)


def _count(counts: list[int], layer: nn.Conv2d | nn.Linear, _: Any, output: Tensor) -> None:
    counts.append(output.numel() * layer.weight[0].numel())  # every output value is the sum of one filter's products
