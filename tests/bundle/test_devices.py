import logging

import numpy as np
import pytest
from helpers.networks import small_cnn
from sklearn.dummy import DummyClassifier

from featfer.bundle.devices import use_device
from featfer.bundle.persist import load, load_recognizer, save
from featfer.errors import MissingError
from featfer.features import Landmarks, make_features
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
