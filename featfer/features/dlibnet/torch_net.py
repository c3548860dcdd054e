"""dlib's face recognition network in torch."""

import torch
from torch import nn
from torch.nn import functional as F

from featfer.features.dlibnet.weights import LEVELS, MEAN, backbone_weights, dlib_weights


class DlibFaceNet(nn.Module):
    """Chips uint8 (n, 150, 150, 3), RGB -> {stage: float32 (n, channels, height, width), or (n, 128) for "embedding"}."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 7, stride=2)
        self.levels = nn.ModuleList()
        inputs = 32
        for width, blocks, halves in LEVELS:
            widths = [inputs] + [width] * (blocks - 1)
            self.levels.append(nn.Sequential(*(
                Block(before, width, halves and i == 0) for i, before in enumerate(widths))))
            inputs = width
        self.head = nn.Linear(256, 128, bias=False)

    def forward(self, chips, stages=("embedding",)):
        """Return the stages asked for: maps after a level, named by their shape (channels x height x width), and the
        embedding at the end; what lies above the last of them is not computed."""
        found = {}
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
    """Two convolutions and a way round them; a block that halves takes stride 2 and averages the way round."""

    def __init__(self, inputs, width, halves):
        super().__init__()
        self.halves = halves
        self.first = nn.Conv2d(inputs, width, 3, stride=2 if halves else 1, padding=0 if halves else 1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x):
        y = self.second(F.relu(self.first(x)))
        return F.relu(add(F.avg_pool2d(x, 2), y) if self.halves else x + y)


def add(x, y):
    """Sum two maps of different size: each is zero-padded at its last channels, bottom and right (dlib's add_prev)."""
    channels, height, width = (max(a, b) for a, b in zip(x.shape[1:], y.shape[1:], strict=True))
    return sum(F.pad(m, (0, width - m.shape[3], 0, height - m.shape[2], 0, channels - m.shape[1])) for m in (x, y))


def load_network(path):
    """Return a DlibFaceNet with the weights of a dlib .dat file; raise DataError when the file holds another network."""
    return network_of(dlib_weights(path))


def load_backbone(content, name):
    """Return a DlibFaceNet with the weights of a backbone, fine-tuned from it; content: bytes of the .npz; name: for errors.

    It has maps, but no embedding. Raises DataError when the content is something else.
    """
    return network_of(backbone_weights(content, name))


def network_of(weights):
    """Return a DlibFaceNet with these weights, {name: float32 array} of featfer.features.dlibnet.weights."""
    net = DlibFaceNet()
    net.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return net.eval().requires_grad_(False)
