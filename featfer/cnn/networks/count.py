"""What a network costs: its parameters and its multiply-adds."""

import torch
from torch import nn


def parameters(net):
    """Return how many numbers a network learns, frozen ones with them (int)."""
    return sum(values.numel() for values in net.parameters())


def multiply_adds(net, channels=1, side=48):
    """Return the multiply-adds of convolutions and linear layers for one image (int); the net is left in the mode it was in."""
    total = 0

    def count(layer, _, output):
        nonlocal total
        total += output.numel() * layer.weight[0].numel()  # each output value is one filter's products

    counted = [layer for layer in net.modules() if isinstance(layer, (nn.Conv2d, nn.Linear))]
    hooks = [layer.register_forward_hook(count) for layer in counted]
    training = net.training
    try:
        with torch.no_grad():
            net.eval()(torch.zeros(1, channels, side, side, device=next(net.parameters()).device))
    finally:
        net.train(training)
        for hook in hooks:
            hook.remove()
    return total
