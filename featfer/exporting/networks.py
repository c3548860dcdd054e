"""Networks as ONNX operators, as torch exports them: dlib's, whose stages are features, and those of featfer.cnn."""

from copy import deepcopy

import numpy as np

from featfer.exporting.graph import OPSET, cannot
from featfer.faces import CHIP_SIDE
from featfer.utils.environment import import_extra


def stages(graph, features, chips):
    """Add one pass through dlib's network, or a backbone; return the name of each feature's values, float32 (n, size).

    features: list of Stage or Embedding, of one network and one view; chips: the name of chips, float32 (n, 150, 150, 3)
    """
    import_extra("onnxscript", "export")
    from featfer.exporting.stages import StageValues
    return graph.inline(_exported(StageValues(features), (CHIP_SIDE, CHIP_SIDE, 3), "dlib"), chips)


def cnn_scores(graph, cnn, x):
    """Add the scores of a trained featfer.cnn.CNN, float32 (n, classes); x: the name of crops in rows, from 0 to 255."""
    import_extra("onnxscript", "export")
    shape = cnn.channels, cnn.side_, cnn.side_
    images = graph("Div", graph("Reshape", x, np.array([-1, *shape])), np.float32(255))
    [scores] = graph.inline(_exported(deepcopy(cnn.net()).cpu(), shape, cnn.network), images)
    return scores


def _exported(net, shape, name):
    """Return a torch network as an ONNX model; shape: of one image; name: of the network, for errors."""
    import torch

    try:
        program = torch.onnx.export(net.eval(), (torch.zeros(2, *shape),), dynamo=True, opset_version=OPSET, verbose=False,
                                    dynamic_shapes=({0: torch.export.Dim("n")},))
    except torch.onnx.OnnxExporterError as error:
        raise cannot(f"network {name} ({type(error.__cause__).__name__})", "export to .skops") from error
    return program.model_proto
