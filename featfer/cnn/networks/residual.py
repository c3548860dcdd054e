"""Featfer's own network for small faces: residual, with squeeze and excitation.

Pre-activation residual blocks (He et al. 2016) with squeeze-and-excitation (Hu et al. 2018), each left out at random in
training (stochastic depth, Huang et al. 2016). A face of 48x48 has little to lose: two 3x3 convolutions and no pooling lead to
the first blocks, at half the side.
"""

import torch
from torch import nn

from featfer.cnn.networks.blocks import he_normal
from featfer.cnn.networks.checks import check_share, check_whole
from featfer.errors import ParameterError

SQUEEZE = 8  # by how much squeeze-and-excitation narrows


class Residual(nn.Module):
    """Images float32 (n, channels, side, side) in [0, 1] -> scores (n, classes).

    width: channels of the first level; each further level has twice as many and half the side
    depth: blocks on each level
    drop: share of training in which the last block is left out; the others less, the first not at all
    dropout: share, before the last layer
    """

    def __init__(self, classes, channels=1, width=64, depth=(2, 2, 3, 1), drop=0.1, dropout=0.3):
        super().__init__()
        check(width, depth, drop, dropout)
        widths = [width << level for level, blocks in enumerate(depth) for _ in range(blocks)]
        drops = torch.linspace(0, drop, len(widths), device="cpu").tolist()
        self.stem = nn.Sequential(
            nn.Conv2d(channels, width // 2, 3, padding=1, bias=False), nn.BatchNorm2d(width // 2), nn.ReLU(),
            nn.Conv2d(width // 2, width, 3, stride=2, padding=1, bias=False))
        self.blocks = nn.Sequential(*map(Block, [width, *widths], widths, drops))
        self.head = nn.Sequential(
            nn.BatchNorm2d(widths[-1]), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout),
            nn.Linear(widths[-1], classes))
        self.apply(he_normal)

    def forward(self, x):                 # channels x 48 x 48
        x = self.stem((x - 0.5) / 0.25)   # 64 x 24 x 24
        x = self.blocks(x)                # 64 x 24 x 24, 128 x 12 x 12, 256 x 6 x 6, 512 x 3 x 3
        return self.head(x)


class Block(nn.Module):
    """x + excited convolutions of x; where the width changes, the side halves, and the way round is averaged and projected."""

    def __init__(self, inputs, width, drop):
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

    def forward(self, x):
        y = self.before(x)
        if self.way_round is not None:
            x = self.way_round(y)
        y = self.branch(y)
        return x + leave_out(y * self.excite(y), self.drop if self.training else 0)


def leave_out(y, share):
    """Return maps (n, c, h, w) with this share of the n set to zero at random, and the others enlarged to make up for it."""
    if not share:
        return y
    keep = torch.rand(len(y), 1, 1, 1, device=y.device) >= share
    return y * keep / (1 - share)


def check(width, depth, drop, dropout):
    """Raise ParameterError for a value that a Residual cannot have."""
    check_whole("width", width, SQUEEZE)
    if not isinstance(depth, (list, tuple)) or not depth:
        raise ParameterError(f"depth {depth!r} is not a list of the blocks on each level, such as [2, 2, 3, 1]")
    for blocks in depth:
        check_whole("depth", blocks, 1)
    check_share("drop", drop)
    check_share("dropout", dropout)
