"""The weights of dlib's network, and none out of a damaged file."""

import io
import re

import numpy as np
import pytest

from featfer.errors import DataError
from featfer.faces.dlib_models import find_model_file
from featfer.features.dlibnet.feature import NETWORK_FILE
from featfer.features.dlibnet.weights import SHAPES, backbone_weights, count_levels, cut_levels, dlib_weights


@pytest.fixture(scope="module")
def content():
    """The bytes of the network's file."""
    return find_model_file(NETWORK_FILE).read_bytes()


@pytest.fixture(scope="module")
def places(content):
    """Where each layer's name starts in the file."""
    return [match.start() for match in re.finditer(rb"\x01[\x04-\x07](con_4|affine_|fc_2)", content)]


# -- damaged files ----------------------------------------------------------------------------------------------------

def test_file_that_ends_at_any_place(tmp_path, content, places):
    path = tmp_path / "net.dat"
    after = (0, 5, 6, 9, 12, 30, 500)
    for end in (0, 100, *(places[5] + n for n in after), *(places[-1] + n for n in after)):
        path.write_bytes(content[:end])
        with pytest.raises(DataError, match=r"net\.dat: (ends before the last|not dlib's face recognition network)"):
            dlib_weights(path)


@pytest.mark.parametrize("layer", [0, 1, 17, 40])
def test_layer_missing(tmp_path, content, places, layer):
    path = tmp_path / "net.dat"
    path.write_bytes(content[:places[layer]] + content[places[layer + 1]:])
    with pytest.raises(DataError, match=r"net\.dat: not dlib's face recognition network \(expected (con|affine) of "):
        dlib_weights(path)


def test_last_layer_missing(tmp_path, content, places):
    path = tmp_path / "net.dat"
    path.write_bytes(content[:places[-1]])
    with pytest.raises(DataError, match=r"net\.dat: ends before the last of the network's layers"):
        dlib_weights(path)


def test_tensor_of_another_version(tmp_path, content, places):
    path = tmp_path / "net.dat"
    at = content.index(b"\x01\x02", places[3] + 8)
    path.write_bytes(content[:at + 1] + b"\x03" + content[at + 2:])
    with pytest.raises(DataError, match=r"net\.dat: not dlib's face recognition network \(tensor version 3\)"):
        dlib_weights(path)


def test_file_of_another_model(tmp_path):
    with pytest.raises(DataError, match=r"shape_predictor_5_face_landmarks\.dat: ends before the last"):
        dlib_weights(find_model_file("shape_predictor_5_face_landmarks.dat"))


# -- backbones --------------------------------------------------------------------------------------------------------

def backbone(**changes):
    arrays = {name: np.ones(shape, np.float16) for name, shape in SHAPES.items()} | changes
    buffer = io.BytesIO()
    np.savez(buffer, **{name: array for name, array in arrays.items() if array is not None})
    return buffer.getvalue()


def test_a_backbone_is_read_as_float32_without_an_embedding():
    weights = backbone_weights(backbone(), "mine.npz")
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float32)}
    assert weights["levels.1.0.first.weight"].shape == (64, 32, 3, 3) and weights["stem.bias"].tolist() == [1] * 32
    assert "head.weight" not in weights


def test_a_backbone_may_end_after_any_level():
    whole = backbone_weights(backbone(), "mine.npz")
    for levels in range(1, 6):
        cut = cut_levels(whole, levels)
        assert count_levels(cut) == levels and count_levels([*cut, "head.weight"]) == levels
        content = backbone(**{name: None for name in SHAPES if name not in cut})
        assert backbone_weights(content, "mine.npz").keys() == cut.keys()
    assert "levels.2.2.second.bias" in cut_levels(whole, 3) and "levels.3.0.first.bias" not in cut_levels(whole, 3)


def test_a_backbone_without_a_level_is_refused():
    content = backbone(**{name: None for name in SHAPES if name.startswith("levels")})
    with pytest.raises(DataError, match=r"not a backbone \(other weights than expected: levels\.0"):
        backbone_weights(content, "mine.npz")


@pytest.mark.parametrize("changes", [{"stem.bias": None}, {"stem.bias": np.ones(31)}, {"other": np.ones(1)}])
def test_a_backbone_with_other_weights_is_refused(changes):
    (name, _), = changes.items()
    with pytest.raises(DataError, match=rf"mine\.npz: not a backbone \(other weights than expected: {name}\)"):
        backbone_weights(backbone(**changes), "mine.npz")
