"""The networks of super-resolution, after Ledig et al. 2017: a generator that enlarges four times, and a discriminator.

Three things differ from the paper's SRResNet, for the sake of small faces on a processor: no batch normalisation in the
generator (Lim et al. 2017), leaky rectifiers instead of parametric ones, which took a third of the time, and what it gives is
added to the bicubic enlargement.
"""

import torch
from torch import nn

from featfer.superres.generators import SCALE

LEAK = 0.2
GRID = 3  # the discriminator sees its last maps as so many by so many means, whatever the side of the images


class Generator(nn.Module):
    """Grey images float32 (n, 1, h, w) in [0, 1] -> the same four times as high and wide, about in [0, 1].

    width: channels of the residual blocks, half as many after each of the two pixel shuffles; blocks: how many
    """

    def __init__(self, width=32, blocks=8):
        super().__init__()
        narrow = width // 2
        self.first = nn.Conv2d(1, width, 9, padding=4)
        self.blocks = nn.Sequential(*[ResidualBlock(width) for _ in range(blocks)])
        self.last = nn.Conv2d(width, width, 3, padding=1)
        self.up = nn.Sequential(Doubling(width, narrow), Doubling(narrow, narrow))
        self.paint = nn.Conv2d(narrow, 1, 3, padding=1)
        self.act = nn.LeakyReLU(LEAK)

    def forward(self, x):                                 # 1 x 12 x 12
        y = (2 * x - 1).to(self.first.weight.dtype)
        y = self.act(self.first(y))                       # 32 x 12 x 12
        y = self.up(y + self.last(self.blocks(y)))        # 16 x 48 x 48
        enlarged = nn.functional.interpolate(x.float(), scale_factor=SCALE, mode="bicubic")
        return enlarged + self.paint(y).float()           # 1 x 48 x 48


class ResidualBlock(nn.Module):
    """x + two convolutions of x."""

    def __init__(self, width):
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1), nn.LeakyReLU(LEAK), nn.Conv2d(width, width, 3, padding=1))

    def forward(self, x):
        return x + self.branch(x)


class Doubling(nn.Sequential):
    """Maps (n, inputs, h, w) -> (n, width, 2h, 2w): four times as many maps, shuffled into space (Shi et al. 2016)."""

    def __init__(self, inputs, width):
        super().__init__(nn.Conv2d(inputs, 4 * width, 3, padding=1), nn.PixelShuffle(2), nn.LeakyReLU(LEAK))


class Discriminator(nn.Module):
    """Grey images float32 (n, 1, h, w) in [0, 1] -> how real they look, logits (n,); width: channels of the first maps."""

    def __init__(self, width=16):
        super().__init__()
        wide = 8 * width
        self.maps = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1), nn.LeakyReLU(LEAK),                                        # 16 x 48 x 48
            _normalised(width, width, 2),                                                                 # 16 x 24 x 24
            _normalised(width, 2 * width, 1), _normalised(2 * width, 2 * width, 2),                       # 32 x 12 x 12
            _normalised(2 * width, 4 * width, 1), _normalised(4 * width, 4 * width, 2),                   # 64 x 6 x 6
            _normalised(4 * width, wide, 1), _normalised(wide, wide, 2), nn.AdaptiveAvgPool2d(GRID))      # 128 x 3 x 3
        self.judge = nn.Sequential(nn.Flatten(), nn.Linear(wide * GRID**2, wide), nn.LeakyReLU(LEAK), nn.Linear(wide, 1))

    def forward(self, x):
        return self.judge(self.maps(2 * x - 1)).flatten()


def _normalised(inputs, width, stride):
    return nn.Sequential(nn.Conv2d(inputs, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.LeakyReLU(LEAK))


def design_of(weights):
    """Return {width, blocks} of the Generator that an array or tensor for each of its weights, by name, belongs to."""
    blocks = {name.split(".")[1] for name in weights if name.startswith("blocks.")}
    return {"width": weights["first.weight"].shape[0], "blocks": len(blocks)}


def load_generator(weights):
    """Return the Generator with these weights, float32 arrays by name; raise ValueError where they are none's."""
    with torch.device("meta"):  # draws no weights
        net = Generator(**design_of(weights))
    expected = {name: tuple(value.shape) for name, value in net.state_dict().items()}
    differing = {name: value.shape for name, value in weights.items()}.items() ^ expected.items()
    if differing:
        raise ValueError(f"other weights than expected: {min(differing)[0]}")
    net.load_state_dict({name: torch.tensor(value, dtype=torch.float32) for name, value in weights.items()}, assign=True)
    return net.eval().requires_grad_(False)
