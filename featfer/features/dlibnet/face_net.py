"""dlib's face recognition network on a processor, run by OpenVINO in the precision of choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from featfer.features.dlibnet.graph import build_graph
from featfer.utils.environment import has_processor_flag
from featfer.utils.openvino import compile_graph, load_core

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from featfer.typing import Pixels

# What OpenVINO calls the precisions. The convolutions in 8 bits stand in the graph; what remains is in floats.
HINTS = {"float32": "f32", "bf16": "bf16", "int8": "f32"}


class FaceNet:
    """dlib's face recognition network. The values of a chip have the same bits whatever other chips are computed with it.

    Parameters
    ----------
    weights : dict
        {name: float32 array}, as from `featfer.features.dlibnet.weights`.
    stages : sequence of str
        As for `featfer.features.dlibnet.graph.build_graph`.
    precision : {"float32", "bf16", "int8"}
    threads : int
        On which it computes.
    ranges : dict, optional
        As for `featfer.features.dlibnet.graph.build_graph`; int8 needs them.
    """

    def __init__(self, weights: Mapping[str, np.ndarray], stages: Sequence[str], precision: str = "float32",
                 threads: int = 1, ranges: Mapping[str, float] | None = None) -> None:
        graph = build_graph(weights, stages, ranges)
        self._network, self.stages = compile_graph(graph, threads, HINTS[precision]), tuple(stages)

    def __call__(self, chips: Pixels) -> dict[str, np.ndarray]:
        """Run the network.

        Parameters
        ----------
        chips : uint8 array (n, 150, 150, 3)
            RGB.

        Returns
        -------
        dict
            {stage: float32 array (n, channels, height, width)}, or (n, 128) for "embedding".
        """
        outputs = self._network.create_infer_request().infer([np.ascontiguousarray(chips)])
        return {stage: np.array(outputs[stage]) for stage in self.stages}


def fastest_precision(among: Sequence[str] = tuple(HINTS)) -> str:
    """Return the fastest precision, out of some, that this processor has instructions for (str); float32 if it has none.

    OpenVINO computes int8 on any processor. Without instructions that add products of 8 bits in 32 (VNNI, AMX or ARM's dot
    product), it is not much faster, and was not measured.
    """
    has = {"int8": has_processor_flag("vnni", "amx_int8", "asimddp"),
           "bf16": "BF16" in load_core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")}
    return next((precision for precision, is_there in has.items() if is_there and precision in among), "float32")
