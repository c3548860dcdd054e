"""dlib's network in torch: the same numbers as dlib's own."""

import numpy as np
import pytest
import torch
from torch import nn

from featfer.faces import ALIGNMENTS, find_faces
from featfer.features import Embedding
from featfer.features.dlibnet.feature import DLIB, network_weights
from featfer.features.dlibnet.torch_net import add, build_network
from featfer.images.pixels import read_image


@pytest.fixture(scope="module")
def faces(crops, photo):
    """Four faces of crops and one of the photo."""
    return [find_faces(crop)[0] for crop in crops[:4]] + find_faces(read_image(photo))


@pytest.fixture(scope="module")
def chips(faces):
    return torch.from_numpy(np.stack([face.chip() for face in faces]))


@pytest.fixture(scope="module")
def network():
    return build_network(network_weights(DLIB))


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
    from featfer.features.embedding import _load_dlib_network
    chips = np.zeros((2, 150, 150, 3), np.uint8)
    chips[1] = 255
    by_dlib = np.array(_load_dlib_network().compute_face_descriptor(list(chips)))
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


def test_the_embedding_is_the_mean_of_the_last_maps_times_the_head(network, chips):
    found = network(chips[:2], ("256x2x2", "embedding"))
    expected = found["256x2x2"].mean(dim=(2, 3)) @ network.head.weight.T
    torch.testing.assert_close(found["embedding"], expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("stage", "levels"), [("32x35x35", 1), ("128x8x8", 3), ("256x2x2", 5)])
def test_levels_above_the_last_stage_are_not_computed(network, chips, stage, levels):
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
