"""dlib's face recognition network in torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional as F

from featfer.faces.dlib_layers import MEAN
from featfer.features.dlibnet.weights import LEVELS, count_levels

if TYPE_CHECKING:
    from featfer.typing import Floats


class DlibFaceNet(nn.Module):
    """dlib's face recognition network: a ResNet with 29 layers, see `featfer.features.dlibnet.weights`.

    Parameters
    ----------
    levels : int
        Number of its levels, from the first.
    """

    def __init__(self, levels: int = len(LEVELS)) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 7, stride=2)
        self.levels = nn.ModuleList()
        inputs = 32
        for width, blocks, halves in LEVELS[:levels]:
            widths = [inputs] + [width] * (blocks - 1)
            self.levels.append(nn.Sequential(*(
                Block(before, width, halves and i == 0) for i, before in enumerate(widths))))
            inputs = width
        self.head = nn.Linear(256, 128, bias=False)

    def forward(self, chips: torch.Tensor, stages: tuple[str, ...] = ("embedding",)) -> dict[str, torch.Tensor]:
        """Run the network up to the last of the stages.

        Parameters
        ----------
        chips : uint8 tensor (n, 150, 150, 3)
            RGB.
        stages : tuple of str
            "embedding", the output; or the feature maps after a level, named by their shape, such as "128x8x8".

        Returns
        -------
        dict
            {stage: float32 tensor (n, channels, height, width)}, or (n, 128) for "embedding".
        """
        found: dict[str, torch.Tensor] = {}
        x = (chips - torch.tensor(MEAN, device=chips.device)) / 256
        x = x.to(self.head.weight.dtype).permute(0, 3, 1, 2)  # 3 x 150 x 150, channels last in memory
        x = F.relu(self.stem(x))                             # 32 x 72 x 72
        x = F.max_pool2d(x, 3, stride=2)                     # 32 x 35 x 35
        for level in self.levels:                            # 32x35x35, 64x17x17, 128x8x8, 256x4x4, 256x2x2
            if len(found) == len(stages):
                break
            x = level(x)
            name = "x".join(map(str, x.shape[1:]))
            if name in stages:
                found[name] = x.float()
        if "embedding" in stages:
            found["embedding"] = self.head(x.mean(dim=(2, 3))).float()  # 128
        return found


class Block(nn.Module):
    """Two convolutions and a shortcut around them; a block that halves has stride 2, and average pooling in the shortcut."""

    def __init__(self, inputs: int, width: int, halves: bool) -> None:
        super().__init__()
        self.halves = halves
        self.first = nn.Conv2d(inputs, width, 3, stride=2 if halves else 1, padding=0 if halves else 1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the output of the block for feature maps (n, channels, height, width)."""
        y = self.second(F.relu(self.first(x)))
        return F.relu(add(F.avg_pool2d(x, 2), y) if self.halves else x + y)


def add(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Add feature maps of different size, zero-padded at their last channels, bottom and right (dlib's add_prev)."""
    channels, height, width = (max(a, b) for a, b in zip(x.shape[1:], y.shape[1:], strict=True))
    one, other = (F.pad(m, (0, width - m.shape[3], 0, height - m.shape[2], 0, channels - m.shape[1])) for m in (x, y))
    return one + other


def build_network(weights: dict[str, Floats]) -> DlibFaceNet:
    """Return a DlibFaceNet with these weights, {name: float32 array} of featfer.features.dlibnet.weights."""
    net = DlibFaceNet(count_levels(weights))
    head = {} if "head.weight" in weights else {"head.weight": torch.zeros_like(net.head.weight)}
    net.load_state_dict({**{name: torch.from_numpy(array) for name, array in weights.items()}, **head})
    return net.eval().requires_grad_(False)
