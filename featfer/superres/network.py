"""The networks of super-resolution: a generator that enlarges four times, and a discriminator.

Three things differ from the SRResNet of the paper (Ledig et al. 2017), for small faces on a CPU: the generator has no batch
normalisation (Lim et al. 2017); it has leaky rectifiers instead of parametric ones, which took a third of the time; and its
output is added to the bicubic enlargement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from featfer.superres.generators import SCALE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from featfer.typing import Floats

LEAK = 0.2
GRID = 3  # the discriminator averages its last feature maps to GRID x GRID, whatever the side of the images


class Generator(nn.Module):
    """A network that enlarges grey images four times: float32 (n, 1, h, w) in [0, 1] -> (n, 1, 4h, 4w), about in [0, 1].

    Parameters
    ----------
    width : int
        Channels of the residual blocks; half as many after the pixel shuffles.
    blocks : int
        The number of residual blocks.

    References
    ----------
    Ledig et al. 2017, SRResNet; without batch normalisation: Lim et al. 2017.
    """

    def __init__(self, width: int = 32, blocks: int = 8) -> None:
        super().__init__()
        narrow = width // 2
        self.first = nn.Conv2d(1, width, 9, padding=4)
        self.blocks = nn.Sequential(*[ResidualBlock(width) for _ in range(blocks)])
        self.last = nn.Conv2d(width, width, 3, padding=1)
        self.up = nn.Sequential(Doubling(width, narrow), Doubling(narrow, narrow))
        self.paint = nn.Conv2d(narrow, 1, 3, padding=1)
        self.act = nn.LeakyReLU(LEAK)

    def forward(self, x: torch.Tensor) -> torch.Tensor:                                 # 1 x 12 x 12
        y = (2 * x - 1).to(self.first.weight.dtype)
        y = self.act(self.first(y))                       # 32 x 12 x 12
        y = self.up(y + self.last(self.blocks(y)))        # 16 x 48 x 48
        enlarged = nn.functional.interpolate(x.float(), scale_factor=SCALE, mode="bicubic")
        return enlarged + self.paint(y).float()           # 1 x 48 x 48


class ResidualBlock(nn.Module):
    """x + two convolutions of x.

    Parameters
    ----------
    width : int
        Channels.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1), nn.LeakyReLU(LEAK), nn.Conv2d(width, width, 3, padding=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.branch(x)


class Doubling(nn.Sequential):
    """Feature maps (n, inputs, h, w) -> (n, width, 2h, 2w): four times as many maps, shuffled into space.

    Parameters
    ----------
    inputs, width : int
        Input and output channels.

    References
    ----------
    Shi et al. 2016.
    """

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__(nn.Conv2d(inputs, 4 * width, 3, padding=1), nn.PixelShuffle(2), nn.LeakyReLU(LEAK))


class Discriminator(nn.Module):
    """A network that tells real images from enlarged ones: float32 (n, 1, h, w) in [0, 1] -> logits (n,), high for real ones.

    Parameters
    ----------
    width : int
        Channels of the first feature maps.

    References
    ----------
    Ledig et al. 2017, SRGAN.
    """

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        wide = 8 * width
        self.maps = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1), nn.LeakyReLU(LEAK),                                        # 16 x 48 x 48
            _make_unit(width, width, 2),                                                                 # 16 x 24 x 24
            _make_unit(width, 2 * width, 1), _make_unit(2 * width, 2 * width, 2),                       # 32 x 12 x 12
            _make_unit(2 * width, 4 * width, 1), _make_unit(4 * width, 4 * width, 2),                   # 64 x 6 x 6
            _make_unit(4 * width, wide, 1), _make_unit(wide, wide, 2), nn.AdaptiveAvgPool2d(GRID))      # 128 x 3 x 3
        self.judge = nn.Sequential(nn.Flatten(), nn.Linear(wide * GRID**2, wide), nn.LeakyReLU(LEAK), nn.Linear(wide, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.judge(self.maps(2 * x - 1)).flatten()


def _make_unit(inputs: int, width: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.LeakyReLU(LEAK))


def find_design(weights: Mapping[str, Any]) -> dict[str, int]:
    """Find the parameters of the Generator to which weights belong.

    Parameters
    ----------
    weights : dict of array or tensor

    Returns
    -------
    dict
        {"width": int, "blocks": int}
    """
    blocks = {name.split(".")[1] for name in weights if name.startswith("blocks.")}
    return {"width": weights["first.weight"].shape[0], "blocks": len(blocks)}


def load_generator(weights: Mapping[str, Floats]) -> Generator:
    """Make a Generator with given weights, in evaluation mode.

    Parameters
    ----------
    weights : dict of float32 array

    Returns
    -------
    Generator

    Raises
    ------
    ValueError
        If they are not the weights of a Generator.
    """
    with torch.device("meta"):  # initialises no weights
        net = Generator(**find_design(weights))
    expected = {name: tuple(value.shape) for name, value in net.state_dict().items()}
    differing = {name: value.shape for name, value in weights.items()}.items() ^ expected.items()
    if differing:
        raise ValueError(f"other weights than expected: {min(differing)[0]}")
    net.load_state_dict({name: torch.tensor(value, dtype=torch.float32) for name, value in weights.items()}, assign=True)
    return net.eval().requires_grad_(False)
