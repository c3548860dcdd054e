"""The network on a processor: dlib's numbers, in each precision, and the same bits for a chip whatever is beside it."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from featfer.faces import find_faces
from featfer.features import Stage
from featfer.features.dlibnet import face_net
from featfer.features.dlibnet.face_net import HINTS, FaceNet, fastest_precision
from featfer.features.dlibnet.feature import DLIB, network_weights
from featfer.features.dlibnet.graph import build_observed_graph
from featfer.features.dlibnet.ranges import RANGES, read_ranges
from featfer.features.dlibnet.torch_net import build_network

WITHOUT_TORCH = """
import sys
import numpy as np
from featfer.features.dlibnet.face_net import FaceNet
from featfer.features.dlibnet.feature import DLIB, network_weights
found = FaceNet(network_weights(DLIB), ("128x8x8",))(np.zeros((1, 150, 150, 3), np.uint8))
print(found["128x8x8"].shape, "torch" in sys.modules)
"""
BESIDE_INTELEX = """
import numpy as np
from featfer.features.dlibnet.face_net import FaceNet
from featfer.features.dlibnet.feature import DLIB, network_weights
FaceNet(network_weights(DLIB), ("128x8x8",))(np.zeros((1, 150, 150, 3), np.uint8))
from sklearnex.svm import SVC
print(SVC().fit([[0.0], [1.0]] * 20, [0, 1] * 20).predict([[1.0]]))
"""
STAGES = ("32x35x35", "64x17x17", "128x8x8", "256x4x4", "256x2x2", "embedding")
NEAR = {"float32": 1e-6, "bf16": 0.01, "int8": 0.06}  # length of the difference, in lengths of the vector


@pytest.fixture(scope="module")
def chips(crops, photo):
    return np.stack([find_faces(image, single=True)[0].chip() for image in (*crops[:4], photo)])


def _make_net(stages, precision, threads=1):
    ranges = read_ranges(RANGES[DLIB]) if precision == "int8" else None
    return FaceNet(network_weights(DLIB), stages, precision, threads, ranges)


@pytest.fixture(scope="module", params=HINTS)
def network(request):
    return request.param, _make_net(STAGES, request.param, threads=2)


def test_every_stage_is_near_that_of_torch(chips, network):
    precision, net = network
    found, expected = net(chips), build_network(network_weights(DLIB))(torch.from_numpy(chips), STAGES)
    assert list(found) == list(STAGES)
    for stage in STAGES:
        values = expected[stage].numpy()
        assert found[stage].shape == values.shape and found[stage].dtype == np.float32
        assert np.linalg.norm(found[stage] - values) < NEAR[precision] * np.linalg.norm(values)


def test_the_precisions_differ(chips):
    found = [_make_net(("embedding",), precision)(chips)["embedding"] for precision in HINTS]
    assert np.abs(found[0] - found[1]).max() > 1e-4 and np.abs(found[0] - found[2]).max() > 1e-3


def test_a_chip_has_the_same_bits_alone_and_among_others_and_with_any_number_of_threads(chips, network):
    precision, net = network
    together = net(chips)
    other = _make_net(STAGES, precision, threads=1)
    for stage in STAGES:
        alone = np.concatenate([other(chips[i:i + 1])[stage] for i in range(len(chips))])
        np.testing.assert_array_equal(alone, together[stage])


def test_levels_above_the_last_stage_are_not_computed(chips):
    low = {name: array for name, array in network_weights(DLIB).items() if name.startswith(("stem", "levels.0"))}
    assert FaceNet(low, ("32x35x35",))(chips[:1])["32x35x35"].shape == (1, 32, 35, 35)


@pytest.mark.parametrize(("network", "file"), RANGES.items())
def test_every_map_has_a_range(network, file):
    _, names = build_observed_graph(network_weights(network))
    ranges = read_ranges(file)
    assert list(ranges) == names and min(ranges.values()) > 0


def test_eight_bits_of_the_network_that_ships_are_near_its_floats(chips):
    exact, rounded = (Stage(network="expression", precision=precision) for precision in ("float32", "int8"))
    faces = [find_faces(chip, single=True)[0] for chip in chips]
    expected = exact.transform(faces)
    difference = np.linalg.norm(rounded.transform(faces) - expected)
    assert 0 < difference < NEAR["int8"] * np.linalg.norm(expected)


@pytest.mark.parametrize(("flags", "capabilities", "fastest"), [
    (True, ["BF16"], "int8"), (False, ["FP32", "BF16", "INT8"], "bf16"), (False, ["FP32", "INT8"], "float32")])
def test_the_fastest_precision_is_one_that_the_processor_has_instructions_for(monkeypatch, flags, capabilities, fastest):
    class Core:
        def get_property(self, device, name):
            return capabilities
    monkeypatch.setattr(face_net, "has_processor_flag", lambda *names: flags)
    monkeypatch.setattr(face_net, "load_core", Core)
    assert fastest_precision() == fastest
    assert fastest_precision(["float32"]) == "float32"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_forked_process_computes_too(chips):
    net = FaceNet(network_weights(DLIB), ("embedding",), threads=2)
    expected = net(chips)["embedding"]
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(net(chips)["embedding"], expected) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_the_network_is_computed_without_torch():
    done = subprocess.run([sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(1, 128, 8, 8) False"


def test_scikit_learn_intelex_can_be_imported_afterwards():
    pytest.importorskip("sklearnex")
    done = subprocess.run([sys.executable, "-c", BESIDE_INTELEX], capture_output=True, text=True)
    assert done.stdout.strip() == "[1]", done.stderr[-500:]
