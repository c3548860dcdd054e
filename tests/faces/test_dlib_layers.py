"""Layers read from dlib's files of networks."""

import numpy as np
import pytest

from featfer.faces.detectors.mmod import DETECTOR_FILE
from featfer.faces.dlib_layers import _read_integer, _read_normalisation, fold_affine, read_layers, split_convolution
from featfer.faces.dlib_models import find_model_file
from featfer.features.dlibnet.feature import NETWORK_FILE

CON, AFFINE = ("con", np.array([2, 3, 10, 20], np.float32)), ("affine", np.array([0.5, -1, 7, 8], np.float32))


def integer(value):
    """Return a number below 128 as dlib writes it."""
    return bytes([0x81 if value < 0 else 1, abs(value)])


def tensor(*values):
    return b"".join(map(integer, (2, 1, len(values), 1, 1))) + np.array(values, "<f4").tobytes()


def test_affine_layer_folds_into_the_convolution():
    weight, bias = fold_affine((2, 1, 1, 1), CON, AFFINE)
    by_hand = [(2 * 4 + 10) * 0.5 + 7, (3 * 4 + 20) * -1 + 8]
    assert (weight.ravel() * 4 + bias).tolist() == by_hand


def test_a_convolution_without_an_affine_layer_has_its_own_bias():
    weight, bias = split_convolution((2, 1, 1, 1), CON)
    assert (weight.shape, weight.ravel().tolist(), bias.tolist()) == ((2, 1, 1, 1), [2, 3], [10, 20])


@pytest.mark.parametrize(("con", "affine", "says"), [
    (AFFINE, CON, "expected con of 4 values, found affine of 4"),
    (CON, ("affine", np.ones(3, np.float32)), "expected affine of 4 values, found affine of 3")])
def test_another_layer_than_expected_is_refused(con, affine, says):
    with pytest.raises(ValueError, match=says):
        fold_affine((2, 1, 1, 1), con, affine)


@pytest.mark.parametrize(("data", "value", "end"), [
    (b"\x01\x05", 5, 2), (b"\x02\x01\x02", 513, 3), (b"\x81\x05", -5, 2), (b"\x00", 0, 1),
])
def test_serialised_integers(data, value, end):
    assert _read_integer(data, 0) == (value, end)
    assert _read_integer(b"??" + data, 2) == (value, end + 2)


def test_a_normalisation_is_the_affine_layer_that_its_running_statistics_make():
    shapes, training, floats = (b"".join(map(integer, values)) for values in ([1, 1, 2, 1, 1] * 2, [100, 100], [1, 0] * 4))
    data = (tensor(6, 8, 1, 2) + shapes + tensor(90, 91) + tensor(92, 93) + tensor(5, 7) + tensor(3.5, 15.5)
            + training + floats + integer(16) + integer(-5))  # epsilon: 16 / 2^5
    values, end = _read_normalisation(b"??" + data, 2)
    assert values.tolist() == [6 / 2, 8 / 4, 1 - 3 * 5, 2 - 2 * 7]
    assert (values.dtype, end) == (np.float32, 2 + len(data))


def test_layers_of_the_face_recognition_network():
    layers = list(read_layers(find_model_file(NETWORK_FILE)))
    assert [kind for kind, _ in layers] == ["con", "affine"] * 29 + ["fc"]
    assert [values.size for _, values in layers[:3]] == [32 * 3 * 7 * 7 + 32, 2 * 32, 32 * 32 * 3 * 3 + 32]
    assert layers[-1][1].size == 256 * 128


def test_layers_of_the_face_detector():
    layers = list(read_layers(find_model_file(DETECTOR_FILE)))
    assert [kind for kind, _ in layers] == ["con", "affine"] * 6 + ["con"]
    assert [values.size for _, values in layers[::12]] == [16 * 3 * 5 * 5 + 16, 45 * 9 * 9 + 1]
