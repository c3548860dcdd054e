"""OpenVINO, imported so that scikit-learn-intelex can be imported after it.

Both bring the library TBB. A process has only one: that which is loaded first. The one of OpenVINO is older, and
scikit-learn-intelex cannot use it; both can use the newer one, of the package `tbb`.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.metadata
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from openvino import CompiledModel


def _load_newer_tbb() -> None:
    """Load the library of the package `tbb`, if it is installed."""
    try:
        files = importlib.metadata.files("tbb") or []
    except importlib.metadata.PackageNotFoundError:
        return
    for file in files:
        if file.name == "libtbb.so.12":
            ctypes.CDLL(str(file.locate()))


if sys.platform == "linux":
    _load_newer_tbb()

from openvino import Core, Model, opset13  # noqa: E402

__all__ = ["Core", "Model", "add_convolution", "add_floats", "compile_graph", "load_core", "opset13"]


@functools.cache
def load_core() -> Core:
    """Return OpenVINO's core, which compiles graphs and knows the processor."""
    return Core()


def compile_graph(graph: Model, threads: int, precision: str = "f32") -> CompiledModel:
    """Make a network for the processor out of a graph.

    Parameters
    ----------
    graph : openvino.Model
    threads : int
        On which it computes; it answers one request after the other.
    precision : {"f32", "bf16"}
        Of what the graph computes in floats.

    Returns
    -------
    openvino.CompiledModel
        It is of no use in a process that is forked later, which has no threads of its parent.
    """
    settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": precision,
                "ENABLE_CPU_PINNING": False}  # else several processes would share the first core
    return load_core().compile_model(graph, "CPU", settings)


def add_floats(values: Any) -> Any:
    """Return a node of a graph that holds float32 values, given as an array or number."""
    return opset13.constant(np.asarray(values, np.float32, order="C"))


def add_convolution(x: Any, kernel: Any, bias: Any, stride: int, padding: int) -> Any:
    """Return the node of a convolution.

    Parameters
    ----------
    x, kernel : nodes
        float32 (n, inputs, height, width) and (outputs, inputs, rows, columns).
    bias : float array (outputs,)
    stride, padding : int
        In pixels, in both directions; the padding is 0.
    """
    y = opset13.convolution(x, kernel, [stride] * 2, [padding] * 2, [padding] * 2, [1, 1])
    return opset13.add(y, add_floats(bias.reshape(1, -1, 1, 1)))
