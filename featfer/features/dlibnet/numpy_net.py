"""dlib's face recognition network in NumPy, for a few chips: loading torch takes longer than they take here."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from featfer.features.dlibnet.weights import LEVELS, MEAN


def forward(weights, chips, stages=("embedding",)):
    """Return {stage: float32 (n, channels, height, width), or (n, 128)} as featfer.features.dlibnet.torch_net.DlibFaceNet does.

    weights: {name: float32 array}, of featfer.features.dlibnet.weights; chips: uint8 (n, 150, 150, 3), RGB
    """
    found = {}
    x = (chips.astype(np.float32) - np.array(MEAN, np.float32)) / 256  # n x 150 x 150 x 3, channels last here
    x = np.maximum(_convolved(weights, "stem", x, stride=2), 0)        # 72 x 72 x 32
    x = sliding_window_view(x, (3, 3), axis=(1, 2))[:, ::2, ::2].max(axis=(4, 5))  # 35 x 35 x 32
    for i, (_, blocks, halves) in enumerate(LEVELS):
        if len(found) == len(stages):
            break
        for j in range(blocks):
            x = _block(weights, f"levels.{i}.{j}", x, halves and j == 0)
        name = "x".join(map(str, (x.shape[3], *x.shape[1:3])))
        if name in stages:
            found[name] = x.transpose(0, 3, 1, 2).copy()
    if "embedding" in stages:
        found["embedding"] = x.mean(axis=(1, 2)) @ weights["head.weight"].T
    return found


def _block(weights, name, x, halves):
    y = np.maximum(_convolved(weights, f"{name}.first", x, *((2, 0) if halves else (1, 1))), 0)
    y = _convolved(weights, f"{name}.second", y, 1, 1)
    return np.maximum(_added(_averaged(x), y) if halves else x + y, 0)


def _convolved(weights, name, x, stride=1, padding=0):
    """Convolve maps (n, height, width, channels)."""
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    padded = np.pad(x, ((0, 0), (padding,) * 2, (padding,) * 2, (0, 0)))
    windows = sliding_window_view(padded, weight.shape[2:], axis=(1, 2))[:, ::stride, ::stride]
    rows = windows.reshape(-1, weight[0].size)  # a place each: its channels x height x width
    return (rows @ weight.reshape(len(weight), -1).T + bias).reshape(*windows.shape[:3], len(weight))


def _averaged(x):
    """Average over squares of two pixels; an odd row or column at the end is left out."""
    height, width = (side // 2 * 2 for side in x.shape[1:3])
    return x[:, :height, :width].reshape(len(x), height // 2, 2, width // 2, 2, -1).mean(axis=(2, 4))


def _added(x, y):
    """Sum maps of different size: each is zero-padded at its bottom, right and last channels."""
    shape = np.maximum(x.shape, y.shape)
    total = np.zeros(shape, np.float32)
    for part in (x, y):
        total[tuple(map(slice, part.shape))] += part
    return total
