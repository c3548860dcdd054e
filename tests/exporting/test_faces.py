"""Models whose ONNX form begins with the picture of a face."""

import numpy as np
import pytest

from featfer.classifiers import make_classifier
from featfer.errors import ParameterError
from featfer.exporting.checking import find_test_faces
from featfer.exporting.onnx import make_inputs, make_onnx_model, run_onnx
from featfer.features import make_features
from featfer.labels import FER7
from featfer.recognizer import Recognizer


@pytest.fixture(scope="module")
def faces():
    return find_test_faces()


@pytest.mark.parametrize(("names", "params"), [
    ("embedding", {}), ("embedding", {"align": "none"}), ("stage:128x8x8", {"view": "flip"}), ("stage:128x8x8/3x4", {}),
    ("stage:64x17x17/5x5,stage:256x2x2,embedding", {}), ("crop:64/rgb", {"view": "flip"})], ids=str)
def test_pictures_answer_the_same(names, params, faces):
    features = make_features(names, **params)
    values = make_inputs(Recognizer(None, features, FER7), "features", faces)
    noise = values.mean(axis=0) + values.std(axis=0) * np.random.default_rng(0).normal(size=(70, values.shape[1]))
    classifier = make_classifier("logistic", pca=5).fit(noise.astype(np.float32), np.arange(70) % 7)
    recognizer = Recognizer(classifier, features, FER7)
    found = run_onnx(make_onnx_model(recognizer), make_inputs(recognizer, "faces", faces))
    np.testing.assert_allclose(found, recognizer.predict_rows(values), atol=1e-5)


def test_pictures_are_read_without_their_colours(faces):
    rng = np.random.default_rng(0)
    coloured = [face.replace(chips={"5": rng.integers(0, 256, (150, 150, 3), np.uint8)}) for face in faces[:2]]
    features = make_features("stage:256x2x2")
    classifier = make_classifier("lda").fit(rng.normal(size=(70, 1024)).astype(np.float32), np.arange(70) % 7)
    recognizer = Recognizer(classifier, features, FER7)
    plain = recognizer.predict_rows(recognizer.compute_features(coloured))
    recognizer.grey = True
    grey = recognizer.predict_rows(recognizer.compute_features(coloured))
    found = run_onnx(make_onnx_model(recognizer), make_inputs(recognizer, "faces", coloured))
    np.testing.assert_allclose(found, grey, atol=1e-5)
    assert np.abs(grey - plain).max() > 0.001


@pytest.mark.parametrize(("names", "params", "what"), [
    ("hog", {}, "feature 'hog'"), ("embedding", {"view": "turn:8"}, "view 'turn:8'"),
    ("embedding", {"backend": "dlib"}, "feature 'embedding'"), ("embedding,crop", {}, "made of different pictures")])
def test_unsupported_features_and_views_are_named(names, params, what):
    rows = np.random.default_rng(3).normal(size=(70, 128)).astype(np.float32), np.arange(70) % 7
    with pytest.raises(ParameterError, match=rf"{what}.* cannot be exported to ONNX; take --input features"):
        make_onnx_model(Recognizer(make_classifier("lda").fit(*rows), make_features(names, **params), FER7))
