"""dlib's face recognition network in NumPy, for a few chips: it takes less time than loading torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from featfer.features.dlibnet.weights import LEVELS, MEAN

if TYPE_CHECKING:
    from featfer.typing import Floats, Pixels


class NumpyFaceNet:
    """The network of `featfer.features.dlibnet.torch_net.DlibFaceNet`, for one chip after the other.

    The values of a chip therefore do not depend on the number of chips.

    Parameters
    ----------
    weights : dict
        {name: float32 array}, as from `featfer.features.dlibnet.weights`.
    """

    def __init__(self, weights: dict[str, Floats]) -> None:
        self._weights = weights
        self._matrices: dict[str, Floats] = {}  # of the convolutions that have run

    def __call__(self, chips: Pixels, stages: tuple[str, ...] = ("embedding",)) -> dict[str, Floats]:
        """Run the network.

        Parameters
        ----------
        chips : uint8 array (n, 150, 150, 3)
            RGB, at least one.
        stages : tuple of str
            As for `DlibFaceNet.forward`.

        Returns
        -------
        dict
            {stage: float32 array (n, channels, height, width)}, or (n, 128) for "embedding".
        """
        found = [self._forward(chip, stages) for chip in chips]
        return {stage: np.stack([values[stage] for values in found]) for stage in found[0]}

    def _forward(self, chip: Pixels, stages: tuple[str, ...]) -> dict[str, Floats]:
        found: dict[str, Floats] = {}
        x: Floats = (chip.astype(np.float32) - np.array(MEAN, np.float32)) / 256  # 150 x 150 x 3, channels last here
        x = np.maximum(self._convolve("stem", x, stride=2), 0)           # 72 x 72 x 32
        x = sliding_window_view(x, (3, 3), axis=(0, 1))[::2, ::2].max(axis=(3, 4))  # 35 x 35 x 32
        for i, (_, blocks, halves) in enumerate(LEVELS):
            if len(found) == len(stages):
                break
            for j in range(blocks):
                x = self._run_block(f"levels.{i}.{j}", x, halves and j == 0)
            name = "x".join(map(str, (x.shape[2], *x.shape[:2])))
            if name in stages:
                found[name] = x.transpose(2, 0, 1)
        if "embedding" in stages:
            found["embedding"] = x.mean(axis=(0, 1)) @ self._weights["head.weight"].T
        return found

    def _run_block(self, name: str, x: Floats, halves: bool) -> Floats:
        y = np.maximum(self._convolve(f"{name}.first", x, *((2, 0) if halves else (1, 1))), 0)
        y = self._convolve(f"{name}.second", y, 1, 1)
        return np.maximum(_add(_average_pool(x), y) if halves else x + y, 0)

    def _convolve(self, name: str, x: Floats, stride: int = 1, padding: int = 0) -> Floats:
        """Convolve feature maps (height, width, channels)."""
        sides = self._weights[f"{name}.weight"].shape[2:]
        padded = np.pad(x, ((padding,) * 2, (padding,) * 2, (0, 0)))
        windows = sliding_window_view(padded, sides, axis=(0, 1))[::stride, ::stride].transpose(0, 1, 3, 4, 2)
        rows = windows.reshape(windows.shape[0] * windows.shape[1], -1)  # one per position: height x width x channels
        return (rows @ self._as_matrix(name) + self._weights[f"{name}.bias"]).reshape(*windows.shape[:2], -1)

    def _as_matrix(self, name: str) -> Floats:
        """Return the weights of a convolution as a matrix (height x width x inputs, outputs)."""
        if name not in self._matrices:
            weight = self._weights[f"{name}.weight"]
            self._matrices[name] = weight.transpose(0, 2, 3, 1).reshape(len(weight), -1).T
        return self._matrices[name]


def _average_pool(x: Floats) -> Floats:
    """Average over squares of 2x2; an odd row or column at the end is left out."""
    height, width = (side // 2 * 2 for side in x.shape[:2])
    return x[:height, :width].reshape(height // 2, 2, width // 2, 2, -1).mean(axis=(1, 3))


def _add(x: Floats, y: Floats) -> Floats:
    """Sum maps of different size: each is zero-padded at its bottom, right and last channels."""
    total = np.zeros(np.maximum(x.shape, y.shape), np.float32)
    for part in (x, y):
        total[tuple(map(slice, part.shape))] += part
    return total
