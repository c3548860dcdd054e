"""dlib's network in torch: the same numbers as dlib's own, and no network out of a damaged file."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from featfer.errors import DataError
from featfer.faces import ALIGNMENTS, find_faces
from featfer.faces.dlib_models import model_file
from featfer.features import Embedding
from featfer.features.dlibnet import _fill, _integer, add, load_network, read_layers
from featfer.features.embedding import NETWORK_FILE
from featfer.images import read_image


@pytest.fixture(scope="module")
def faces(crops, photo):
    """Four faces of crops and one of the photo."""
    return [find_faces(crop)[0] for crop in crops[:4]] + find_faces(read_image(photo))


@pytest.fixture(scope="module")
def chips(faces):
    return torch.from_numpy(np.stack([face.chip() for face in faces]))


@pytest.fixture(scope="module")
def network():
    return load_network(model_file(NETWORK_FILE))


@pytest.fixture(scope="module")
def content():
    """The bytes of the network's file."""
    return model_file(NETWORK_FILE).read_bytes()


@pytest.fixture(scope="module")
def places(content):
    """Where each layer's name starts in the file."""
    return [match.start() for match in re.finditer(rb"\x01[\x04-\x07](con_4|affine_|fc_2)", content)]


# -- the same numbers -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("align", ALIGNMENTS)
def test_torch_equals_dlib(faces, align):
    by_torch = Embedding(align=align, backend="torch").transform(faces)
    by_dlib = Embedding(align=align, backend="dlib").transform(faces)
    assert np.abs(by_dlib).max() > 0.1
    np.testing.assert_allclose(by_torch, by_dlib, rtol=0, atol=1e-5)


def test_bf16_is_near(faces):
    exact, rough = (Embedding(precision=precision).transform(faces) for precision in ("float32", "bf16"))
    assert rough.dtype == np.float32
    assert 0 < np.abs(exact - rough).max() < 0.02


@pytest.mark.parametrize("batch", [1, 3, 1000])
def test_batch_size_changes_nothing(faces, batch):
    np.testing.assert_allclose(Embedding(batch=batch).transform(faces), Embedding(batch=2).transform(faces), rtol=0, atol=1e-6)


def test_black_and_white_chips_equal_dlib(network):
    from featfer.features.embedding import _dlib_network
    chips = np.zeros((2, 150, 150, 3), np.uint8)
    chips[1] = 255
    by_dlib = np.array(_dlib_network().compute_face_descriptor(list(chips)))
    np.testing.assert_allclose(network(torch.from_numpy(chips))["embedding"].numpy(), by_dlib, rtol=0, atol=1e-5)


def test_colours_are_red_green_blue(network, chips):
    forwards, backwards = (network(some)["embedding"] for some in (chips[-1:], chips[-1:].flip(3)))
    assert (forwards - backwards).abs().max() > 0.01


def test_stages_have_the_shapes_that_they_are_named_by(network, chips):
    names = ("32x35x35", "64x17x17", "128x8x8", "256x4x4", "256x2x2", "embedding")
    found = network(chips[:2], names)
    assert {name: tuple(stage.shape) for name, stage in found.items()} == {
        "32x35x35": (2, 32, 35, 35), "64x17x17": (2, 64, 17, 17), "128x8x8": (2, 128, 8, 8), "256x4x4": (2, 256, 4, 4),
        "256x2x2": (2, 256, 2, 2), "embedding": (2, 128)}
    assert {stage.dtype for stage in found.values()} == {torch.float32}


def test_the_embedding_is_the_last_map_s_mean_through_the_head(network, chips):
    found = network(chips[:2], ("256x2x2", "embedding"))
    expected = found["256x2x2"].mean(dim=(2, 3)) @ network.head.weight.T
    torch.testing.assert_close(found["embedding"], expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("stage", "levels"), [("32x35x35", 1), ("128x8x8", 3), ("256x2x2", 5)])
def test_levels_above_the_last_stage_asked_for_are_not_computed(network, chips, stage, levels):
    computed = []
    hooks = [level.register_forward_hook(lambda *_: computed.append(1)) for level in network.levels]
    network(chips[:1], (stage,))
    for hook in hooks:
        hook.remove()
    assert len(computed) == levels


def test_network_is_ready_to_use(network):
    assert not network.training
    assert not any(weights.requires_grad for weights in network.parameters())
    assert sum(isinstance(layer, nn.Conv2d) for layer in network.modules()) == 29


# -- the parts --------------------------------------------------------------------------------------------------------

def test_add_pads_the_last_channels_the_bottom_and_the_right():
    x = torch.tensor([[[[1., 2.], [3., 4.]]]])
    y = torch.tensor([[[[10., 20., 30.]], [[40., 50., 60.]]]])
    expected = [[[[11., 22., 30.], [3., 4., 0.]], [[40., 50., 60.], [0., 0., 0.]]]]
    assert add(x, y).tolist() == add(y, x).tolist() == expected


def test_add_of_equal_sizes_is_a_sum():
    x = torch.arange(12.).reshape(1, 3, 2, 2)
    assert torch.equal(add(x, x), 2 * x)


def test_affine_layer_folds_into_the_convolution():
    conv = nn.Conv2d(1, 2, 1)
    _fill(conv, ("con", np.array([2, 3, 10, 20], np.float32)), ("affine", np.array([0.5, -1, 7, 8], np.float32)))
    by_hand = [(2 * 4 + 10) * 0.5 + 7, (3 * 4 + 20) * -1 + 8]
    assert conv(torch.full((1, 1, 1, 1), 4.)).flatten().tolist() == by_hand


@pytest.mark.parametrize(("data", "value", "end"), [
    (b"\x01\x05", 5, 2), (b"\x02\x01\x02", 513, 3), (b"\x81\x05", -5, 2), (b"\x00", 0, 1),
])
def test_serialised_integers(data, value, end):
    assert _integer(data, 0) == (value, end)
    assert _integer(b"??" + data, 2) == (value, end + 2)


def test_layers_in_the_file():
    layers = list(read_layers(model_file(NETWORK_FILE)))
    assert [kind for kind, _ in layers] == ["con", "affine"] * 29 + ["fc"]
    assert [values.size for _, values in layers[:3]] == [32 * 3 * 7 * 7 + 32, 2 * 32, 32 * 32 * 3 * 3 + 32]
    assert layers[-1][1].size == 256 * 128


# -- damaged files ----------------------------------------------------------------------------------------------------

def test_file_that_ends_at_any_place(tmp_path, content, places):
    path = tmp_path / "net.dat"
    after = (0, 5, 6, 9, 12, 30, 500)
    for end in (0, 100, *(places[5] + n for n in after), *(places[-1] + n for n in after)):
        path.write_bytes(content[:end])
        with pytest.raises(DataError, match=r"net\.dat: (ends before the last|not dlib's face recognition network)"):
            load_network(path)


@pytest.mark.parametrize("layer", [0, 1, 17, 40])
def test_layer_missing(tmp_path, content, places, layer):
    path = tmp_path / "net.dat"
    path.write_bytes(content[:places[layer]] + content[places[layer + 1]:])
    with pytest.raises(DataError, match=r"net\.dat: not dlib's face recognition network \(expected (con|affine) of "):
        load_network(path)


def test_last_layer_missing(tmp_path, content, places):
    path = tmp_path / "net.dat"
    path.write_bytes(content[:places[-1]])
    with pytest.raises(DataError, match=r"net\.dat: ends before the last of the network's layers"):
        load_network(path)


def test_tensor_of_another_version(tmp_path, content, places):
    path = tmp_path / "net.dat"
    at = content.index(b"\x01\x02", places[3] + 8)
    path.write_bytes(content[:at + 1] + b"\x03" + content[at + 2:])
    with pytest.raises(DataError, match=r"net\.dat: not dlib's face recognition network \(tensor version 3\)"):
        load_network(path)


def test_file_of_another_model(tmp_path):
    with pytest.raises(DataError, match=r"shape_predictor_5_face_landmarks\.dat: ends before the last"):
        load_network(model_file("shape_predictor_5_face_landmarks.dat"))
