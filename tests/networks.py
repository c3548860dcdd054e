"""What the tests of networks share."""

import torch

from featfer.cnn.networks import make_network


def on_paper(name, *args, **params):
    """Return a network that has shapes and no numbers, and so costs nothing."""
    with torch.device("meta"):
        return make_network(name, *args, **params)


def layers(net, kind):
    return [layer for layer in net.modules() if isinstance(layer, kind)]


def alike(one, other):
    return torch.allclose(one, other, rtol=1e-4, atol=1e-5)
