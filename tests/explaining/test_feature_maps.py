"""Feature maps of dlib's network and of a recognizer's own."""

import numpy as np
import pytest
import torch
from helpers.watching import Watching
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from featfer.classifiers import ViewAverage
from featfer.classifiers.wrappers.blend import Blend
from featfer.cnn import CNN
from featfer.errors import ParameterError
from featfer.explaining import explain
from featfer.explaining.feature_maps import find_cnn, make_feature_maps
from featfer.explaining.pictures import MOST_MAPS
from featfer.faces import find_faces
from featfer.features import Embedding, Stage
from featfer.features.crop import Crop
from featfer.features.geometry import Geometry
from featfer.features.pixels import Pixels
from featfer.images.pixels import read_image
from featfer.labels import FER7
from featfer.recognizer import Recognizer

pytestmark = pytest.mark.usefixtures("one_thread")

SMALL = {"blocks": [[1, 4, 3, 0.0], [1, 8, 3, 0.0]], "hidden": 8, "dropout": 0.0}


@pytest.fixture(scope="module")
def face(photo):
    return find_faces(read_image(photo))[0]


@pytest.fixture(scope="module")
def cnn_recognizer(crops, fer_rows):
    """A Recognizer around a small network that was trained on crops."""
    cnn = CNN("blocks", options=SMALL, random_state=0, changes={"epochs": 1, "batch": 21, "average": 0.0, "augment": {}})
    cnn.fit(crops.reshape(len(crops), -1).astype(np.float32), np.array([label for label, _, _ in fer_rows]))
    return Recognizer(cnn, [Crop("48")], FER7)


def test_maps_are_those_of_the_stage_strongest_first(face):
    recognizer = Recognizer(None, [Stage("256x4x4/2x2", view="flip")], FER7)
    found = make_feature_maps(recognizer, face)
    assert (found.layer, found.is_of_model, found.values.shape) == ("256x4x4", False, (256, 4, 4))
    strength = found.values.mean(axis=(1, 2))
    assert (np.diff(strength) <= 0).all() and strength[0] > 2 * strength[-1]
    np.testing.assert_array_equal(np.sort(found.values.ravel()), np.sort(Stage("256x4x4").transform([face])[0]))
    np.testing.assert_array_equal(found.pixels, face.chip())
    assert make_feature_maps(recognizer, face, "64x17x17").values.shape == (64, 17, 17)


@pytest.mark.parametrize("feature", [Embedding(), Pixels(), Geometry()])
def test_maps_of_models_without_a_stage(face, feature):
    assert make_feature_maps(Recognizer(None, [feature], FER7), face).layer == "128x8x8"


def test_an_unknown_stage_is_refused(face):
    with pytest.raises(ParameterError, match=r"maps 'groups\.1' is none of 32x35x35, .*no network of its own"):
        make_feature_maps(Recognizer(None, [Pixels()], FER7), face, "groups.1")


def test_a_stage_that_the_models_network_has_not_is_refused(face):
    with pytest.raises(ParameterError, match=r"'256x4x4' is beyond the last stage of network 'expression', 128x8x8"):
        make_feature_maps(Recognizer(None, [Stage(network="expression")], FER7), face, "256x4x4")


def test_maps_of_a_network_of_the_models_own(face, cnn_recognizer):
    found = make_feature_maps(cnn_recognizer, face, "blocks.0")
    crop = Crop("48").transform([face]).reshape(1, 1, 48, 48)
    net = cnn_recognizer.classifier.net()
    with torch.inference_mode():
        expected = net.blocks[0](torch.from_numpy(crop / 255))[0].numpy()
    assert found.is_of_model and found.values.shape == (4, 24, 24)
    order = np.argsort(-np.abs(expected).mean(axis=(1, 2)))
    np.testing.assert_allclose(found.values, expected[order], atol=1e-5)
    np.testing.assert_array_equal(found.pixels, crop[0, 0])
    assert make_feature_maps(cnn_recognizer, face).layer == "pool"
    assert make_feature_maps(cnn_recognizer, face, "128x8x8").is_of_model is False
    assert not net.blocks[0]._forward_hooks


def test_maps_are_taken_before_a_layer_changes_them_in_place(face, cnn_recognizer):
    relu = torch.nn.ReLU(inplace=True)
    net = cnn_recognizer.classifier.net()
    elu, net.blocks[0][1] = net.blocks[0][1], relu
    try:
        assert make_feature_maps(cnn_recognizer, face, "blocks.0.0").values.min() < 0
    finally:
        net.blocks[0][1] = elu


def test_an_unknown_layer_is_refused(face, cnn_recognizer):
    with pytest.raises(ParameterError, match=r"maps 'conv9' is no layer .*: blocks\.0\.0, .*blocks\.0, .*blocks, pool$"):
        make_feature_maps(cnn_recognizer, face, "conv9")


def test_a_network_is_found_however_it_is_wrapped(cnn_recognizer, crops, fer_rows):
    cnn = cnn_recognizer.classifier
    views = ViewAverage(CNN(), 1, 2)
    views.estimator_, views.classes_, views.size_ = cnn, cnn.classes_, 48 * 48
    calibrated = CalibratedClassifierCV(FrozenEstimator(views), method="temperature")
    labels = np.array([label for label, _, _ in fer_rows])
    values = crops.reshape(len(crops), -1).astype(np.float32)
    calibrated.fit(np.hstack([values, values]), labels)
    assert find_cnn(calibrated) is cnn
    assert find_cnn(Blend([Watching(0), calibrated], [slice(0, 1), slice(1, None)])) is cnn
    assert find_cnn(Watching(0)) is None


def test_a_network_of_the_models_own_is_explained(tmp_path, photo, cnn_recognizer):
    found = explain(cnn_recognizer, photo, tmp_path)
    assert (found.maps.layer, len(found.maps.values) <= MOST_MAPS, found.feature) == ("pool", True, None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chip.png", "maps.png", "regions.png"]
