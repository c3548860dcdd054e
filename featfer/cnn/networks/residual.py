"""Featfer's own network for small faces: residual, with squeeze and excitation.

A face of 48x48 pixels has little to lose: two 3x3 convolutions without pooling lead to the first blocks, at half the side.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from featfer.cnn.networks.blocks import init_he_normal
from featfer.cnn.networks.checks import check_fraction, check_whole
from featfer.errors import ParameterError

SQUEEZE = 8  # by how much squeeze-and-excitation narrows


class Residual(nn.Module):
    """A residual network with squeeze and excitation, whose blocks are skipped at random in training (stochastic depth).

    Images float32 (n, channels, side, side) in [0, 1] -> scores (n, classes).

    Parameters
    ----------
    classes, channels : int
    width : int, from 8
        Channels of the first level; each further level has twice as many, at half the side.
    depth : tuple of int
        The number of blocks on each level.
    drop : float, from 0 to below 1
        How often the last block is skipped in training; less for earlier blocks, never for the first.
    dropout : float, from 0 to below 1
        Dropout rate before the last layer.

    References
    ----------
    Pre-activation residual blocks: He et al. 2016. Squeeze and excitation: Hu et al. 2018. Stochastic depth: Huang et al. 2016.
    """

    def __init__(self, classes: int, channels: int = 1, width: int = 64, depth: Sequence[int] = (2, 2, 3, 1), drop: float = 0.1,
                 dropout: float = 0.3) -> None:
        super().__init__()
        check_parameters(width, depth, drop, dropout)
        widths = [width << level for level, blocks in enumerate(depth) for _ in range(blocks)]
        drops = torch.linspace(0, drop, len(widths), device="cpu").tolist()
        self.stem = nn.Sequential(
            nn.Conv2d(channels, width // 2, 3, padding=1, bias=False), nn.BatchNorm2d(width // 2), nn.ReLU(),
            nn.Conv2d(width // 2, width, 3, stride=2, padding=1, bias=False))
        self.blocks = nn.Sequential(*map(Block, [width, *widths], widths, drops))
        self.head = nn.Sequential(
            nn.BatchNorm2d(widths[-1]), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout),
            nn.Linear(widths[-1], classes))
        self.apply(init_he_normal)

    def forward(self, x: Tensor) -> Tensor:                 # channels x 48 x 48
        """Return the scores (n, classes) of images (n, channels, side, side)."""
        x = self.stem((x - 0.5) / 0.25)   # 64 x 24 x 24
        x = self.blocks(x)                # 64 x 24 x 24, 128 x 12 x 12, 256 x 6 x 6, 512 x 3 x 3
        return self.head(x)


class Block(nn.Module):
    """x + excited convolutions of x. Where the width changes, the side halves, and the shortcut is averaged and projected.

    Parameters
    ----------
    inputs, width : int
        Input and output channels.
    drop : float
        How often the convolutions are skipped in training.
    """

    def __init__(self, inputs: int, width: int, drop: float) -> None:
        super().__init__()
        halves = inputs != width
        self.drop = drop
        self.before = nn.Sequential(nn.BatchNorm2d(inputs), nn.ReLU())
        self.branch = nn.Sequential(
            nn.Conv2d(inputs, width, 3, stride=2 if halves else 1, padding=1, bias=False),
            nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1, bias=False))
        self.excite = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, width // SQUEEZE, 1), nn.ReLU(),
            nn.Conv2d(width // SQUEEZE, width, 1), nn.Sigmoid())
        self.way_round = nn.Sequential(
            nn.AvgPool2d(2, ceil_mode=True), nn.Conv2d(inputs, width, 1, bias=False)) if halves else None

    def forward(self, x: Tensor) -> Tensor:
        """Return maps (n, width, h, w), of half the side where the width changes."""
        y = self.before(x)
        if self.way_round is not None:
            x = self.way_round(y)
        y = self.branch(y)
        return x + drop_blocks(y * self.excite(y), self.drop if self.training else 0)


def drop_blocks(y: Tensor, rate: float) -> Tensor:
    """Set the feature maps of some images to zero at random, and scale the others up to keep the mean.

    Parameters
    ----------
    y : float32 tensor (n, c, h, w)
    rate : float
        The probability of zero.

    Returns
    -------
    float32 tensor (n, c, h, w)

    References
    ----------
    Stochastic depth: Huang et al. 2016.
    """
    if not rate:
        return y
    keep = torch.rand(len(y), 1, 1, 1, device=y.device) >= rate
    return y * keep / (1 - rate)


def check_parameters(width: int, depth: Sequence[int], drop: float, dropout: float) -> None:
    """Check the parameters of `Residual`.

    Parameters
    ----------
    width, depth, drop, dropout
        As for `Residual`.

    Raises
    ------
    ParameterError
        If one is not valid.
    """
    check_whole("width", width, SQUEEZE)
    if not isinstance(depth, (list, tuple)) or not depth:
        raise ParameterError(f"depth {depth!r} is not a list of the blocks on each level, such as [2, 2, 3, 1]")
    for blocks in depth:
        check_whole("depth", blocks, 1)
    check_fraction("drop", drop)
    check_fraction("dropout", dropout)
