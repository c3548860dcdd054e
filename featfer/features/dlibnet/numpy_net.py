"""dlib's face recognition network in NumPy, for a few chips: loading torch takes longer than they take here."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from featfer.features.dlibnet.weights import LEVELS, MEAN


class NumpyFaceNet:
    """What featfer.features.dlibnet.torch_net.DlibFaceNet computes, but of one chip after the other, so that the values of a
    chip do not depend on how many there are.

    weights: {name: float32 array}, of featfer.features.dlibnet.weights
    """

    def __init__(self, weights):
        self._weights = weights
        self._matrices = {}  # of the convolutions computed so far

    def __call__(self, chips, stages=("embedding",)):
        """Return {stage: float32 (n, channels, height, width), or (n, 128)}; chips: uint8 (n, 150, 150, 3), RGB, n > 0."""
        found = [self._forward(chip, stages) for chip in chips]
        return {stage: np.stack([values[stage] for values in found]) for stage in found[0]}

    def _forward(self, chip, stages):
        found = {}
        x = (chip.astype(np.float32) - np.array(MEAN, np.float32)) / 256  # 150 x 150 x 3, channels last here
        x = np.maximum(self._convolved("stem", x, stride=2), 0)           # 72 x 72 x 32
        x = sliding_window_view(x, (3, 3), axis=(0, 1))[::2, ::2].max(axis=(3, 4))  # 35 x 35 x 32
        for i, (_, blocks, halves) in enumerate(LEVELS):
            if len(found) == len(stages):
                break
            for j in range(blocks):
                x = self._block(f"levels.{i}.{j}", x, halves and j == 0)
            name = "x".join(map(str, (x.shape[2], *x.shape[:2])))
            if name in stages:
                found[name] = x.transpose(2, 0, 1)
        if "embedding" in stages:
            found["embedding"] = x.mean(axis=(0, 1)) @ self._weights["head.weight"].T
        return found

    def _block(self, name, x, halves):
        y = np.maximum(self._convolved(f"{name}.first", x, *((2, 0) if halves else (1, 1))), 0)
        y = self._convolved(f"{name}.second", y, 1, 1)
        return np.maximum(_added(_averaged(x), y) if halves else x + y, 0)

    def _convolved(self, name, x, stride=1, padding=0):
        """Convolve a map (height, width, channels)."""
        sides = self._weights[f"{name}.weight"].shape[2:]
        padded = np.pad(x, ((padding,) * 2, (padding,) * 2, (0, 0)))
        windows = sliding_window_view(padded, sides, axis=(0, 1))[::stride, ::stride].transpose(0, 1, 3, 4, 2)
        rows = windows.reshape(windows.shape[0] * windows.shape[1], -1)  # a place each: its height x width x channels
        return (rows @ self._matrix(name) + self._weights[f"{name}.bias"]).reshape(*windows.shape[:2], -1)

    def _matrix(self, name):
        """Return the weights of a convolution as a matrix (height x width x inputs, outputs)."""
        if name not in self._matrices:
            weight = self._weights[f"{name}.weight"]
            self._matrices[name] = weight.transpose(0, 2, 3, 1).reshape(len(weight), -1).T
        return self._matrices[name]


def _averaged(x):
    """Average over squares of two pixels; an odd row or column at the end is left out."""
    height, width = (side // 2 * 2 for side in x.shape[:2])
    return x[:height, :width].reshape(height // 2, 2, width // 2, 2, -1).mean(axis=(1, 3))


def _added(x, y):
    """Sum maps of different size: each is zero-padded at its bottom, right and last channels."""
    total = np.zeros(np.maximum(x.shape, y.shape), np.float32)
    for part in (x, y):
        total[tuple(map(slice, part.shape))] += part
    return total
