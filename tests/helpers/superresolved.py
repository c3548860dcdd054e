"""Generators for tests: small, and drawn at random."""

import numpy as np
import torch

from featfer.superres.network import Generator


def save_generator(path, seed=0, width=4, blocks=1):
    """Write a generator whose weights are drawn at random; return its path."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = Generator(width, blocks)
    np.savez(path, **{name: value.numpy() for name, value in net.state_dict().items()})
    return path
