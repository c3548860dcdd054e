"""Features: sizes and dtypes, parameters that are refused, and fingerprints that say what the output depends on."""

import json
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from featfer.errors import BundleError, MissingError, ParameterError
from featfer.faces import DETECTION, FOUND, Face, find_faces
from featfer.faces.dlib_models import MODEL_FILES
from featfer.features import FEATURES, Embedding, Landmarks, make_features, restore_feature
from featfer.images.pixels import read_image


def has_cuda():
    import torch
    return torch.cuda.is_available()


@pytest.fixture(scope="module")
def faces(crops, photo):
    """Three faces of crops, one of the photo and one blank."""
    return [find_faces(image)[0] for image in (*crops[:3], read_image(photo), np.zeros((48, 48), np.uint8))]


class OneFace(Face):
    """A face with given landmarks."""

    def __init__(self):
        self.box = (10.0, 20.0, 30.0, 60.0)

    def points(self, count):
        points = np.zeros((count, 2), np.float32)
        points[:4] = [(10, 20), (30, 60), (20, 30), (40, 10)]
        return points


# -- vectors ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("feature", "size"), [
    (Embedding(), 128), (Embedding(align="68"), 128), (Embedding(align="none"), 128), (Embedding(backend="dlib"), 128),
    (Embedding(precision="bf16"), 128), (Landmarks(), 136),
])
def test_transform_gives_a_float32_row_for_each_face(faces, feature, size):
    vectors = feature.transform(faces)
    assert vectors.shape == (5, size) == (5, feature.size)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()


@pytest.mark.parametrize("feature", [Embedding(), Embedding(backend="dlib"), Landmarks()])
def test_no_faces_give_no_rows(feature):
    vectors = feature.transform([])
    assert vectors.shape == (0, feature.size)
    assert vectors.dtype == np.float32


@pytest.mark.parametrize("feature", [Embedding(), Landmarks()])
def test_rows_do_not_depend_on_other_faces(faces, feature):
    np.testing.assert_allclose(feature.transform(faces[::-1])[::-1], feature.transform(faces), rtol=0, atol=1e-6)


def test_embeddings_of_one_person_are_near(faces):
    vectors = Embedding().transform(faces[:4])
    assert np.linalg.norm(vectors[:, None] - vectors, axis=2).max() < 0.6  # dlib's threshold for one person


def test_embeddings_of_two_people_are_far(faces):
    astronaut = pytest.importorskip("skimage.data").astronaut()
    one, other = Embedding().transform([faces[3], find_faces(astronaut)[0]])
    assert np.linalg.norm(one - other) > 0.6


def test_landmarks_are_in_units_of_the_box():
    vector = Landmarks().transform([OneFace()])[0]
    np.testing.assert_allclose(vector[:8], [0, 0, 1, 1, 0.5, 0.25, 1.5, -0.25], atol=1e-7)


def test_landmarks_are_the_points_of_the_face(faces):
    for face, vector in zip(faces, Landmarks().transform(faces), strict=True):
        left, top, right, bottom = face.box
        points = vector.reshape(68, 2) * (right - left, bottom - top) + (left, top)
        np.testing.assert_allclose(points, face.points(68), atol=1e-2)
        if face.status == FOUND:
            assert -0.3 < vector.min() < vector.max() < 1.3


# -- parameters -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("params", "said"), [
    ({"align": "7"}, "'7' is none of '5', '68', 'none'"),
    ({"align": 5}, "5 is none of '5', '68', 'none'"),
    ({"align": None}, "None is none of '5', '68', 'none'"),
    ({"backend": "onnx"}, "'onnx' is none of 'featfer', 'dlib'"),
    ({"precision": "float16"}, "'float16' is none of 'float32', 'bf16', 'int8'"),
    ({"precision": "auto"}, "'auto' is none of 'float32', 'bf16', 'int8'"),
    ({"backend": "dlib", "precision": "bf16"}, "the dlib backend has no precision or device to choose"),
    ({"backend": "dlib", "device": "cuda"}, "the dlib backend has no precision or device to choose"),
    ({"batch": 0}, "batch 0 is not a whole number above 0"),
    ({"batch": -3}, "batch -3 is not a whole number above 0"),
    ({"batch": 2.5}, "batch 2.5 is not a whole number above 0"),
    ({"batch": "32"}, "batch '32' is not a whole number above 0"),
])
def test_bad_parameter_is_shown(params, said):
    feature = Embedding(**params)
    for use in (feature.check, lambda: feature.transform([])):
        with pytest.raises(ParameterError) as caught:
            use()
        assert said in str(caught.value)


def test_batch_may_be_a_numpy_integer(faces):
    assert Embedding(batch=np.int64(2)).transform(faces).shape == (5, 128)


@pytest.mark.parametrize("device", ["cuda", "cuda:99", "tpu", ""])
@pytest.mark.skipif(has_cuda(), reason="there is a GPU here")
def test_missing_device_is_refused(device):
    with pytest.raises(MissingError, match=f"device '{device}' is not usable") as caught:
        Embedding(device=device).transform([])
    assert "featfer doctor" in str(caught.value)


@pytest.mark.parametrize("feature", [Embedding(align="68", batch=7), Landmarks()])
def test_sklearn_clones_it(feature):
    copy = clone(feature)
    assert copy is not feature
    assert copy.get_params() == feature.get_params()
    assert copy.key == feature.key


def test_set_params_changes_the_key():
    feature = Embedding()
    before = feature.key
    assert feature.set_params(align="none").key != before


def test_feature_works_in_a_pipeline(faces):
    vectors = make_pipeline(Landmarks(), StandardScaler()).fit_transform(faces)
    np.testing.assert_allclose(vectors.mean(axis=0), 0, atol=1e-5)


# -- by name ----------------------------------------------------------------------------------------------------------

def test_features_are_listed_by_their_names():
    assert list(FEATURES) == [feature.name for feature in FEATURES.values()] == [
        "embedding", "stage", "landmarks", "geometry", "action-units", "hog", "lbp", "gabor", "pixels", "bovw", "crop"]


@pytest.mark.parametrize("names", ["landmarks, embedding", ["landmarks", "embedding"]])
def test_make_features_gives_each_feature_its_parameters(names):
    landmarks, embedding = make_features(names, align="68", batch=4)
    assert isinstance(landmarks, Landmarks)
    assert embedding.get_params() == {**Embedding().get_params(), "align": "68", "batch": 4}


@pytest.mark.parametrize("names", ["sift", "embedding,sift", "embedding,embedding", "", [], "embedding,", "embedding:68"])
def test_make_features_refuses_a_bad_list(names):
    shown = names if isinstance(names, str) else ",".join(names)
    with pytest.raises(ParameterError) as caught:
        make_features(names)
    assert str(caught.value) == (f"features {shown!r}: give each at most once, out of embedding, stage:STAGE, landmarks, "
                                 "geometry, action-units, hog:CELL, lbp:GRID, gabor:GRID, pixels:PIXELS, "
                                 "bovw:CODEBOOK, crop:CROP")


def test_make_features_refuses_a_bad_parameter():
    with pytest.raises(ParameterError, match="'7' is none of '5', '68', 'none'"):
        make_features("embedding", align="7")


# -- fingerprints -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("params", [{"align": "68"}, {"align": "none"}, {"backend": "dlib"}, {"precision": "bf16"}])
def test_fingerprint_changes_with_what_changes_the_output(params):
    assert Embedding(**params).fingerprint != Embedding().fingerprint
    assert Embedding(**params).key != Embedding().key


@pytest.mark.parametrize("params", [{"device": "cuda"}, {"batch": 7}])
def test_fingerprint_does_not_depend_on_how_it_is_computed(params):
    assert Embedding(**params).fingerprint == Embedding().fingerprint
    assert Embedding(**params).key == Embedding().key


def test_fingerprint_has_everything_that_the_output_depends_on():
    network, points = "dlib_face_recognition_resnet_model_v1.dat", "shape_predictor_68_face_landmarks.dat"
    assert Embedding(align="68").fingerprint == {
        "feature": "embedding", "version": Embedding.version, "faces": DETECTION,
        "params": {"align": "68", "backend": "torch", "precision": "float32"},
        "models": {network: MODEL_FILES[network], points: MODEL_FILES[points]}}


@pytest.mark.parametrize(("align", "models"), [("5", 2), ("none", 1)])
def test_fingerprint_leaves_out_models_that_are_not_used(align, models):
    assert len(Embedding(align=align).fingerprint["models"]) == models


def test_key_changes_with_the_version_the_detector_and_a_model(monkeypatch):
    keys = {Embedding().key}
    with monkeypatch.context() as changed:
        changed.setattr(Embedding, "version", Embedding.version + 1)
        keys.add(Embedding().key)
    with monkeypatch.context() as changed:
        changed.setitem(DETECTION, "version", DETECTION["version"] + 1)
        keys.add(Embedding().key)
    with monkeypatch.context() as changed:
        changed.setitem(MODEL_FILES, "shape_predictor_5_face_landmarks.dat", "0" * 64)
        keys.add(Embedding().key)
    assert len(keys) == 4


def test_key_is_the_same_in_another_process():
    code = "from featfer.features import Embedding, Landmarks; print(Embedding(batch=3).key, Landmarks().key)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONHASHSEED": "12345"})
    assert done.stdout.split() == [Embedding().key, Landmarks().key]
    assert Embedding().key.startswith("embedding-")


def test_the_former_name_of_the_backend_makes_the_same_feature():
    former, key = Embedding(backend="torch"), "embedding-4a8daab3c2c1ff26"
    former.check()
    assert [clone(former).get_params()["backend"], pickle.loads(pickle.dumps(former)).backend] == ["torch", "torch"]
    assert {feature.key for feature in (Embedding(), former, clone(former), restore_feature(former.fingerprint))} == {key}
    assert restore_feature(former.fingerprint).backend == "featfer" and former.output == Embedding().output


@pytest.mark.parametrize("feature", [Embedding(), Embedding(align="none", backend="dlib"), Landmarks()])
def test_feature_is_made_from_its_fingerprint(feature):
    again = restore_feature(json.loads(json.dumps(feature.fingerprint)))
    assert type(again) is type(feature)
    assert again.get_params() == feature.get_params()


@pytest.mark.parametrize("change", [
    {"version": 99}, {"feature": "sift"}, {"faces": {"detector": "hog", "version": 99}}, {"models": {}}, {"params": {}},
    {"params": {"align": "5", "backend": "torch", "precision": "float32", "flips": True}},
    {"params": {"align": "7", "backend": "torch", "precision": "float32"}},
    {"params": {"align": "all", "backend": "torch", "precision": "float32"}},
])
def test_feature_of_another_version_is_refused(change):
    fingerprint = {**Embedding().fingerprint, **change}
    with pytest.raises(BundleError) as caught:
        restore_feature(fingerprint)
    assert f"feature {fingerprint['feature']!r} of version {fingerprint['version']} is not what" in str(caught.value)
