import logging

import numpy as np
import pytest
from helpers.networks import small_cnn
from sklearn.dummy import DummyClassifier, DummyRegressor

from featfer.affect.recognizer import AffectRecognizer
from featfer.bundle.devices import use_device, use_precision
from featfer.bundle.persist import load, load_recognizer, save
from featfer.errors import MissingError, ParameterError
from featfer.features import Embedding, Landmarks, Stage, make_features
from featfer.features.precision import CHOICES, find_precision
from featfer.labels import FER7
from featfer.recognizer import Recognizer


@pytest.fixture
def light(tmp_path):
    """Path of a bundle of which torch computes nothing."""
    classifier = DummyClassifier(strategy="prior").fit(np.zeros((7, Landmarks().size)), range(7))
    save(Recognizer(classifier, [Landmarks()], FER7), tmp_path / "light.joblib", {"classifier": "prior"})
    return tmp_path / "light.joblib"


@pytest.fixture
def any_device(monkeypatch):
    monkeypatch.setattr("featfer.bundle.devices.check_device", lambda device: None)


def test_features_and_their_enlarging_are_moved(any_device):
    features = make_features("embedding,landmarks,stage:256x2x2", superres="srgan")
    assert use_device(Recognizer(None, features, FER7), "cuda:1")
    assert [getattr(feature, "device", None) for feature in features] == ["cuda:1", None, "cuda:1"]
    assert features[0].enlargement.device == "cuda:1"


def test_resampling_and_dlib_s_own_embedding_have_no_device(any_device):
    features = make_features("embedding", superres="bicubic", backend="dlib")
    assert not use_device(Recognizer(None, features, FER7), "cuda")
    assert features[0].device == "cpu"


def test_a_network_inside_its_wrappers_is_moved(any_device, tmp_path, fer_rows):
    _, path = small_cnn(tmp_path, fer_rows)
    model = load(path)
    found = list(_find_cnns(model))
    assert found and use_device(model.relabel(FER7).with_prior("uniform"), "cuda")
    assert {cnn.device for cnn in found} == {"cuda"} and {cnn._net for cnn in found} == {None}


def _find_cnns(model):
    from featfer.bundle import devices
    return devices._find_cnns([part for name, part in vars(model).items() if name != "features"])


def test_on_the_cpu_the_answers_stay(bundle, photo):
    assert load(bundle, device="cpu").predict(photo) == load(bundle).predict(photo)


def test_a_device_that_is_not_there_is_an_error(bundle):
    with pytest.raises(MissingError, match="device 'cuda:77' is not usable"):
        load_recognizer(bundle, device="cuda:77")


def test_a_device_without_effect_is_said(any_device, light, caplog):
    with caplog.at_level(logging.WARNING, "featfer"):
        load(light, device="cuda")
        load(light, device="cpu")
    assert [record.getMessage() for record in caplog.records] == [
        f"{light}: torch computes no part of this model, so device cuda changes nothing"]


@pytest.mark.parametrize("precision", CHOICES)
def test_the_precision_of_a_loaded_model(bundle, photo, precision):
    own, model = load(bundle), load_recognizer(bundle, precision=precision)
    assert {feature.precision for feature in model.features} == {find_precision(precision, own.features)}
    assert [feature.key for feature in model.features] == [Embedding(precision=model.features[0].precision).key]
    ((before,),), ((after,),) = own.predict([photo]), model.predict([photo])
    assert after.probabilities == pytest.approx(before.probabilities, abs=0.05)
    assert (after.probabilities == before.probabilities) == (precision == "float32")


def test_the_default_is_as_it_was_trained(tmp_path):
    classifier = DummyClassifier(strategy="prior").fit(np.zeros((7, 128)), range(7))
    save(Recognizer(classifier, [Embedding(precision="int8")], FER7), tmp_path / "rough.joblib")
    assert load(tmp_path / "rough.joblib").features[0].precision == "int8"
    assert load(tmp_path / "rough.joblib", precision="float32").features[0].precision == "float32"


def test_models_of_affect_have_a_precision_too(tmp_path, photo):
    regressor = DummyRegressor(strategy="constant", constant=[0.5]).fit(np.zeros((2, 128)), [0, 1])
    save(AffectRecognizer(regressor, [Embedding()], ("valence",)), tmp_path / "affect.joblib", {})
    model = load(tmp_path / "affect.joblib", precision="int8")
    assert [feature.precision for feature in model.features] == ["int8"] and model.predict([photo])[0][0].valence == 0.5


def test_only_features_that_featfer_computes_by_a_network_have_a_precision():
    features = make_features("embedding,stage:256x2x2,landmarks", superres="srgan")
    features.append(Embedding(backend="dlib", superres=features[0].superres))
    assert use_precision(Recognizer(None, features, FER7), "bf16")
    assert [getattr(feature, "precision", None) for feature in features] == ["bf16", "bf16", None, "float32"]
    assert features[0].enlargement.precision == "float32"
    assert not use_precision(Recognizer(None, features[2:], FER7), "int8")


def test_auto_is_what_all_features_have(any_device, tmp_path):
    (tmp_path / "own.npz").write_bytes(b"any")
    features = [Embedding(), Stage(network=str(tmp_path / "own.npz"))]
    model = Recognizer(None, features, FER7)
    use_precision(model, "auto")
    assert {feature.precision for feature in features} <= {"bf16", "float32"}
    use_device(model, "cuda")
    use_precision(model, "auto")
    assert [feature.precision for feature in features] == ["bf16", "bf16"]


def test_a_precision_that_a_model_cannot_have_is_an_error(any_device, bundle, light):
    for path in (bundle, light):
        with pytest.raises(ParameterError, match="precision 'half' is none of auto, float32, bf16, int8"):
            load(path, precision="half")
    with pytest.raises(ParameterError, match=r"precision 'int8' is for the networks that ship, .* on a processor; use 'bf16'"):
        load(bundle, device="cuda", precision="int8")


def test_a_precision_without_effect_is_said(light, caplog):
    with caplog.at_level(logging.WARNING, "featfer"):
        for precision in CHOICES:
            load(light, precision=precision)
    assert [record.getMessage() for record in caplog.records] == [
        f"{light}: dlib's network computes no part of this model, so precision {precision} changes nothing"
        for precision in ("bf16", "int8")]
