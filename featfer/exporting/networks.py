"""Networks as ONNX operators, exported by torch: dlib's, whose stages are features, and those of featfer.cnn."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.exporting.graph import OPSET, Graph, make_refusal
from featfer.faces import CHIP_SIDE
from featfer.features import Embedding, Stage
from featfer.utils.environment import import_extra

if TYPE_CHECKING:
    import torch

    from featfer.cnn import CNN


def add_stages(graph: Graph, features: Sequence[Stage | Embedding], chips: str) -> list[str]:
    """Add a forward pass of dlib's network or a backbone.

    Parameters
    ----------
    graph : Graph
    features : list of (Stage or Embedding)
        All with the same network and view.
    chips : str
        Name of the chips, float32 (n, 150, 150, 3).

    Returns
    -------
    list of str
        Names of the values of each feature, float32 (n, size).
    """
    import_extra("onnxscript", "export")
    from featfer.exporting.stages import StageValues
    return graph.inline(_export(StageValues(features), (CHIP_SIDE, CHIP_SIDE, 3), "dlib"), chips)


def add_cnn_scores(graph: Graph, cnn: CNN, x: str) -> str:
    """Add the scores of a trained CNN.

    Parameters
    ----------
    graph : Graph
    cnn : featfer.cnn.CNN
    x : str
        Name of crops in rows, from 0 to 255.

    Returns
    -------
    str
        Name of the scores, float32 (n, classes).
    """
    import_extra("onnxscript", "export")
    shape = cnn.channels, cnn.side_, cnn.side_
    images = graph("Div", graph("Reshape", x, np.array([-1, *shape])), np.float32(255))
    [scores] = graph.inline(_export(deepcopy(cnn.net()).cpu(), shape, cnn.network), images)
    return scores


def _export(net: torch.nn.Module, shape: tuple[int, ...], name: str) -> Any:
    """Return a torch network as an ONNX model; shape: of one image; name: of the network, for errors."""
    import torch

    try:
        program: Any = torch.onnx.export(net.eval(), (torch.zeros(2, *shape),), dynamo=True, opset_version=OPSET, verbose=False,
                                    dynamic_shapes=({0: torch.export.Dim("n")},))
    except torch.onnx.OnnxExporterError as error:
        raise make_refusal(f"network {name} ({type(error.__cause__).__name__})", "export to .skops") from error
    return program.model_proto
