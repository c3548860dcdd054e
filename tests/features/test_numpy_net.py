import subprocess
import sys

import numpy as np
import pytest
import torch

from featfer.faces import find_faces
from featfer.faces.dlib_models import find_model_file
from featfer.features.dlibnet.feature import FEW, NETWORK_FILE
from featfer.features.dlibnet.numpy_net import NumpyFaceNet
from featfer.features.dlibnet.torch_net import load_network
from featfer.features.dlibnet.weights import dlib_weights

STAGES = ("32x35x35", "64x17x17", "128x8x8", "256x4x4", "256x2x2", "embedding")
PREDICT = """
import sys
from featfer_cli.main import main
main({words!r}, standalone_mode=False)
print("torch" in sys.modules)
"""


@pytest.fixture(scope="module")
def chips(crops):
    return np.stack([find_faces(crop)[0].chip() for crop in crops[:3]])


def test_every_stage_equals_that_of_torch(chips):
    path = find_model_file(NETWORK_FILE)
    plain = NumpyFaceNet(dlib_weights(path))(chips, STAGES)
    by_torch = load_network(path)(torch.from_numpy(chips), STAGES)
    assert list(plain) == list(by_torch)
    for stage in STAGES:
        assert plain[stage].shape == by_torch[stage].shape and plain[stage].dtype == np.float32
        largest = float(by_torch[stage].abs().max())
        np.testing.assert_allclose(plain[stage], by_torch[stage].numpy(), rtol=0, atol=2e-5 * largest)


def test_levels_above_the_last_stage_are_not_computed(chips):
    weights = dlib_weights(find_model_file(NETWORK_FILE))
    low = {name: array for name, array in weights.items() if name.startswith(("stem", "levels.0"))}
    assert NumpyFaceNet(low)(chips[:1], ("32x35x35",))["32x35x35"].shape == (1, 32, 35, 35)


@pytest.mark.parametrize(("photos", "loads_torch"), [(1, False), (FEW, False), (FEW + 1, True)])
def test_torch_is_loaded_only_for_many_photos(photo, bundle, photos, loads_torch):
    words = ["predict", *[str(photo)] * photos, "--model", str(bundle)]
    done = subprocess.run([sys.executable, "-c", PREDICT.format(words=words)], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == photos + 1 and lines[-1] == str(loads_torch)
    assert len(set(lines[:-1])) == 1
