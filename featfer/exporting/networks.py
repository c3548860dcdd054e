"""Networks as ONNX operators: dlib's, which features are stages of, and those of featfer.cnn."""

import io
import warnings
from copy import deepcopy

import numpy as np

from featfer.errors import library_errors
from featfer.exporting.graph import OPSET
from featfer.features.dlibnet.weights import LEVELS, MEAN
from featfer.utils.environment import needs


def stages(graph, weights, chips, wanted):
    """Add a pass through dlib's network; return {stage: name}, as featfer.features.dlibnet.torch_net.DlibFaceNet does.

    weights: {name: float32 array}, of featfer.features.dlibnet.weights; chips: the name of chips, float32 (n, 150, 150, 3)
    wanted: names of stages; what lies above the last of them is left out
    """
    found = {}
    x = graph("Div", graph("Sub", chips, np.array(MEAN, np.float32)), np.float32(256))
    x = graph("Transpose", x, perm=[0, 3, 1, 2])                                    # 3 x 150 x 150
    x = graph("Relu", _convolved(graph, weights, "stem", x, stride=2))              # 32 x 72 x 72
    x = graph("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])                    # 32 x 35 x 35
    shape = 32, 35
    for i, (_, blocks, halves) in enumerate(LEVELS):
        if len(found) == len(wanted):
            break
        for j in range(blocks):
            x, shape = _block(graph, weights, f"levels.{i}.{j}", x, shape, halves and j == 0)
        found |= {name: x for name in wanted if name == f"{shape[0]}x{shape[1]}x{shape[1]}"}
    if "embedding" in wanted:
        found["embedding"] = graph("MatMul", graph("ReduceMean", x, np.array([2, 3]), keepdims=0), weights["head.weight"].T)
    return found


def _block(graph, weights, name, x, shape, halves):
    """Add a block; shape: (channels, side) of what comes in. Returns (name, shape) of what comes out."""
    y = graph("Relu", _convolved(graph, weights, f"{name}.first", x, *((2, 0) if halves else (1, 1))))
    y = _convolved(graph, weights, f"{name}.second", y, 1, 1)
    if not halves:
        return graph("Relu", graph("Add", x, y)), shape
    channels, side = len(weights[f"{name}.second.bias"]), (shape[1] - 3) // 2 + 1
    around = graph("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    shapes = (shape[0], shape[1] // 2), (channels, side)
    whole = tuple(map(max, *shapes))
    return graph("Relu", graph("Add", *(_padded(graph, *part, whole) for part in zip((around, y), shapes, strict=True)))), whole


def _padded(graph, x, shape, whole):
    """Add zeros at the last channels, bottom and right of maps of one shape (channels, side), up to another."""
    channels, side = np.subtract(whole, shape)
    return graph("Pad", x, np.array([0, 0, 0, 0, 0, channels, side, side])) if channels or side else x


def _convolved(graph, weights, name, x, stride=1, padding=0):
    return graph("Conv", x, weights[f"{name}.weight"], weights[f"{name}.bias"], strides=[stride] * 2, pads=[padding] * 4)


def cnn_scores(graph, cnn, x):
    """Add the scores of a trained featfer.cnn.CNN, float32 (n, classes); x: the name of crops in rows, from 0 to 255."""
    import torch

    needs("onnx", "export")
    import onnx
    shape = cnn.channels, cnn.side_, cnn.side_
    images = graph("Div", graph("Reshape", x, np.array([-1, *shape])), np.float32(255))
    content = io.BytesIO()
    with warnings.catch_warnings(), library_errors(f"network {cnn.network} cannot be exported to ONNX", "export to .skops"):
        warnings.simplefilter("ignore")  # this way to ONNX is torch's older one; the newer needs two more packages
        torch.onnx.export(deepcopy(cnn.net()).cpu(), torch.zeros(2, *shape), content, dynamo=False, opset_version=OPSET,
                          input_names=["images"], dynamic_axes={"images": {0: "n"}})
    return graph.inline(onnx.load_from_string(content.getvalue()), images)
