"""dlib's face recognition network, read from its .dat file into torch.

The network is the 29-layer ResNet of dlib's dnn_face_recognition_ex.cpp (D. King, 2017), trained to tell people
apart. Its file holds, from input to output, each layer's name and weights; we read the convolutions, the affine
layers (folded into the convolution before them) and the last matrix.
"""

import io
import re
import zipfile
import zlib

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from featfer.errors import DataError

MEAN = (122.782, 117.001, 104.298)  # of red, green, blue
LEVELS = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))  # width, blocks, first halves


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
    net = DlibFaceNet()
    layers = read_layers(path)
    try:
        for conv in [net.stem] + [c for level in net.levels for block in level for c in (block.first, block.second)]:
            _fill(conv, next(layers), next(layers))
        net.head.weight.data = torch.from_numpy(_expect(next(layers), "fc", 256 * 128).reshape(256, 128).T.copy())
    except StopIteration:
        raise DataError(f"{path}: ends before the last of the network's layers") from None
    except (IndexError, ValueError) as error:
        raise DataError(f"{path}: not dlib's face recognition network ({error})") from None
    return net.eval().requires_grad_(False)


def load_backbone(content, name):
    """Return a DlibFaceNet with the weights of a backbone, fine-tuned from it; content: bytes of the .npz; name: for errors.

    It has maps, but no embedding. Raises DataError when the content is something else.
    """
    net = DlibFaceNet()
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            weights = {key: torch.from_numpy(arrays[key]).float() for key in arrays}
        net.load_state_dict({**weights, "head.weight": torch.zeros_like(net.head.weight)})
    except (OSError, RuntimeError, TypeError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"{name}: not a backbone ({reason}); `featfer finetune` makes one") from None
    return net.eval().requires_grad_(False)


def read_layers(path):
    """Yield (kind, float32 values) of each convolution, affine and fully connected layer in a dlib .dat file."""
    data = path.read_bytes()
    for match in re.finditer(rb"\x01[\x04-\x07](con_4|affine_|fc_2)", data):  # a serialised string: its length, its letters
        kind = match[1].decode().partition("_")[0]
        at = match.end()
        for _ in range(2 if kind == "fc" else 0):  # number of outputs and of inputs
            _, at = _integer(data, at)
        yield kind, _tensor(data, at)


def _integer(data, at):
    """Read a serialised integer: one length byte (its top bit is the sign), then little-endian bytes."""
    size = data[at] & 0x7F
    value = int.from_bytes(data[at + 1:at + 1 + size], "little")
    return (-value if data[at] & 0x80 else value), at + 1 + size


def _tensor(data, at):
    header = []
    for _ in range(5):  # version, then four dimensions
        value, at = _integer(data, at)
        header.append(value)
    if header[0] != 2:
        raise ValueError(f"tensor version {header[0]}")
    return np.frombuffer(data, "<f4", count=int(np.prod(header[1:])), offset=at)


def _expect(layer, kind, size):
    if layer[0] != kind or layer[1].size != size:
        raise ValueError(f"expected {kind} of {size:,} values, found {layer[0]} of {layer[1].size:,}")
    return layer[1]


def _fill(conv, con, affine):
    """Set a convolution from dlib's convolution and the affine layer after it: (w x + b) gamma + beta."""
    outputs = conv.out_channels
    values = _expect(con, "con", conv.weight.numel() + outputs)
    gamma, beta = _expect(affine, "affine", 2 * outputs).reshape(2, outputs)
    weight = values[:-outputs].reshape(conv.weight.shape) * gamma[:, None, None, None]
    conv.weight.data = torch.from_numpy(weight)
    conv.bias.data = torch.from_numpy(values[-outputs:] * gamma + beta)
