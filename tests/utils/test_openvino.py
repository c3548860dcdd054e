"""Networks that OpenVINO computes on a processor."""

import numpy as np
import pytest

from featfer.utils.openvino import Model, add_convolution, add_floats, compile_graph, load_core, opset13


def convolution(stride, padding):
    """Return a graph that sums 3 x 3 values and adds 100."""
    x = opset13.parameter([1, 1, -1, -1], np.float32, "x")
    y = add_convolution(x, add_floats(np.ones((1, 1, 3, 3))), np.array([100.0]), stride, padding)
    return Model([opset13.result(y)], [x], "sums")


@pytest.mark.parametrize(("stride", "padding", "expected"), [
    (1, 0, [[145, 154], [181, 190]]), (2, 0, [[145]]), (2, 1, [[110, 124], [151, 190]])])
def test_a_convolution_has_its_stride_padding_and_bias(stride, padding, expected):
    x = np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4)
    assert compile_graph(convolution(stride, padding), threads=1)([x])[0][0, 0].tolist() == expected


@pytest.mark.parametrize(("threads", "precision"), [(1, "f32"), (2, "f32"), (1, "bf16")])
def test_a_network_has_its_threads_and_precision(threads, precision):
    if precision == "bf16" and "BF16" not in load_core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        pytest.skip("this processor has no bf16")
    network = compile_graph(convolution(1, 0), threads, precision)
    assert network.get_property("INFERENCE_NUM_THREADS") == threads
    assert network.get_property("NUM_STREAMS") == 1
    assert network.get_property("INFERENCE_PRECISION_HINT").get_type_name() == precision
    assert network.get_property("ENABLE_CPU_PINNING") is False


def test_numbers_become_float32():
    assert add_floats(0.5).get_element_type().get_type_name() == "f32"
    assert add_floats(np.ones((2, 3))[::-1]).get_data().tolist() == [[1.0] * 3] * 2
