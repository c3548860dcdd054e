import numpy as np
import pytest
import torch

from featfer.errors import ParameterError
from featfer.extraction.run import extract
from featfer.faces import find_faces
from featfer.features import Embedding, Stage, make_features, restore_feature, values_of
from featfer.features.dlibnet.face_net import FaceNet
from featfer.features.dlibnet.feature import DLIB, _load_torch_network
from featfer.store.opening import open_table
from featfer.training.classifier import train

SIZES = {"32x35x35": 39200, "64x17x17": 18496, "128x8x8": 8192, "256x4x4": 4096, "256x2x2": 1024,
         "128x8x8/4x4": 2048, "256x2x2/1x1": 256, "64x17x17/2x3": 384}
NO_STAGES = ["128x8", "embedding", "", "512x8x8", "128x8x8/9x9", "128x8x8/0x2", "128x8x8/4", "128x8x8/axb", "128x8x8/",
             "128x8x8/4x4x4"]


@pytest.fixture
def faces(crops):
    return [find_faces(image)[0] for image in crops[:3]]


@pytest.fixture
def passes(monkeypatch):
    """The stages of each forward pass."""
    asked, call = [], FaceNet.__call__

    def spy(network, chips):
        asked.append(network.stages)
        return call(network, chips)
    monkeypatch.setattr(FaceNet, "__call__", spy)
    return asked


@pytest.mark.parametrize(("stage", "size"), SIZES.items())
def test_a_stage_has_its_size(faces, stage, size):
    feature = Stage(stage)
    values = feature.transform(faces)
    assert feature.size == size
    assert values.shape == (3, size)
    assert values.dtype == np.float32


def test_a_stage_is_the_flattened_feature_maps(faces):
    chips = torch.from_numpy(np.stack([face.chip() for face in faces]))
    maps = _load_torch_network("float32", "cpu", DLIB)(chips, ("256x4x4",))["256x4x4"].numpy()
    np.testing.assert_allclose(Stage("256x4x4").transform(faces), maps.reshape(3, -1), rtol=0, atol=1e-6)


def test_a_grid_gives_the_means_of_the_feature_maps(faces):
    whole = Stage("128x8x8").transform(faces).reshape(3, 128, 4, 2, 4, 2)
    np.testing.assert_allclose(Stage("128x8x8/4x4").transform(faces), whole.mean(axis=(3, 5)).reshape(3, -1), atol=1e-5)


@pytest.mark.parametrize("stage", NO_STAGES)
def test_an_unknown_stage_is_refused(stage):
    with pytest.raises(ParameterError, match="stage: "):
        Stage(stage).check()


def test_make_features_reads_the_stage_after_the_colon():
    first, second, embedding = make_features("stage:128x8x8,stage:256x4x4/2x2,embedding", align="68")
    assert (first.stage, second.stage, embedding.align) == ("128x8x8", "256x4x4/2x2", "68")
    assert len({first.key, second.key, embedding.key}) == 3


def test_a_stage_is_made_again_from_its_fingerprint():
    feature = Stage("256x4x4/2x2", align="68")
    assert restore_feature(feature.fingerprint).get_params() == feature.get_params()


def test_features_with_the_same_settings_share_a_forward_pass(faces, passes):
    features = [Embedding(), Stage("128x8x8"), Stage("128x8x8/2x2"), Stage("256x2x2")]
    values = values_of(features, faces)
    assert passes == [("embedding", "128x8x8", "256x2x2")]
    assert values.shape == (3, 128 + 8192 + 512 + 1024)


def test_other_settings_take_another_forward_pass(faces, passes):
    values_of([Stage(), Stage(align="none")], faces)
    assert passes == [("128x8x8",), ("128x8x8",)]


def test_sharing_changes_no_value(faces):
    features = [Embedding(), Stage(), Stage("128x8x8/2x2")]
    alone = np.concatenate([feature.transform(faces) for feature in features], axis=1)
    np.testing.assert_array_equal(values_of(features, faces), alone)


def test_extraction_takes_one_forward_pass_and_stores_half_precision(tmp_path, fer_csv, passes):
    features = [Embedding(), Stage("256x2x2")]
    extract(fer_csv, tmp_path / "store", features, jobs=1)
    assert set(passes) == {("embedding", "256x2x2")} and len(passes) == 2
    stage, both = open_table(tmp_path / "store", features[1:]), open_table(tmp_path / "store", features)
    assert stage.features.dtype == np.float16
    assert both.features.shape == (42, 128 + 1024)
    assert stage.split("train").features.dtype == np.float32


def test_stored_stage_equals_the_one_of_the_images(tmp_path, fer_csv, crops):
    extract(fer_csv, tmp_path / "store", [Stage("256x2x2")], jobs=1)
    table = open_table(tmp_path / "store", [Stage("256x2x2")])
    own = Stage("256x2x2").transform([find_faces(image)[0] for image in crops])
    np.testing.assert_allclose(table.features.astype(np.float32), own, rtol=1e-3, atol=1e-3)


def test_a_recognizer_of_a_stage_predicts_from_images_as_from_the_store(tmp_path, fer_csv, crops):
    features = make_features("stage:256x2x2")
    extract(fer_csv, tmp_path / "store", features, jobs=1)
    table = open_table(tmp_path / "store", features)
    recognizer, _ = train(table, "svm", {"pca": 5})
    from_images = [list(faces[0].probabilities.values()) for faces in recognizer.predict(crops)]
    np.testing.assert_allclose(from_images, recognizer.probabilities(table.features.astype(np.float32)), atol=0.01)
