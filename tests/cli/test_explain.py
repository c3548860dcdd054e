import json
import re

import numpy as np
import pytest
from helpers.commands import refused, succeeded
from PIL import Image
from sklearn.dummy import DummyClassifier

from featfer.bundle.persist import save
from featfer.features.pixels import Pixels
from featfer.labels import FER7
from featfer.recognizer import Recognizer

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def light(tmp_path_factory):
    """Path of a bundle that predicts the same for every face, and needs no network."""
    path = tmp_path_factory.mktemp("light") / "prior.joblib"
    classifier = DummyClassifier(strategy="prior").fit(np.zeros((9, Pixels().size)), [0, 1, 2, 3, 4, 5, 6, 6, 6])
    save(Recognizer(classifier, [Pixels()], FER7), path, {"classifier": "prior"})
    return path


@pytest.fixture(scope="module")
def explained(tmp_path_factory, photo, small_store):
    """The folder that the command wrote to, and the lines that it printed."""
    out = tmp_path_factory.mktemp("cli") / "out"
    text = succeeded("explain", photo, "--out", out, "--model", "svm", "--store", small_store, "--landmarks", "68",
                     "--maps", "64x17x17", "--images", small_store.parent / "fer2013.csv")
    return out, text.splitlines()


def test_lines_describe_the_explanation(explained, photo):
    out, lines = explained
    assert re.fullmatch(re.escape(f"{photo}: face 1 at ") + r"\d+,\d+ to \d+,\d+: \w+ \d+%(, \w+ \d+%)+", lines[0])
    label = re.search(r": (\w+) \d+%", lines[0])[1]
    costs = r"\(points when covered: [\w ]+ -\d+(, [\w ]+ [+-]\d+){2}\)"
    assert re.fullmatch(rf"{label} hangs most on the [\w ]+ {costs}", lines[1])
    assert lines[2] == "nearest training faces by the embedding:"
    assert all(re.fullmatch(r"  \w+, distance \d+\.\d+: fer2013:\d+", line) for line in lines[3:9])
    assert lines[9:] == [f"written: {', '.join(str(out / f'{what}.png') for what in ('chip', 'maps', 'regions', 'nearest'))}"]


def test_pictures_are_there(explained):
    out, _ = explained
    assert sorted(path.name for path in out.iterdir()) == ["chip.png", "maps.png", "nearest.png", "regions.png"]
    for path in out.iterdir():
        assert np.asarray(Image.open(path).convert("L")).std() > 20
    dots = (np.asarray(Image.open(out / "chip.png")) == (213, 94, 0)).all(axis=2)
    assert dots.sum() > 2000  # 68 of them


def test_json_says_the_same(tmp_path, light, crops, small_store):
    Image.fromarray(crops[4]).save(tmp_path / "face.png")
    found = json.loads(succeeded("explain", tmp_path / "face.png", "--out", tmp_path / "out", "--model", light,
                                 "--store", small_store, "--json"))
    assert (found["image"], found["face"], found["nearest_by"]) == (str(tmp_path / "face.png"), 1, "the embedding")
    assert found["nearest"][0] == {"id": "fer2013:6", "label": "sad", "distance": 0.0, "copy": True}
    assert (found["label"], found["probabilities"]["neutral"], found["matters_most"]) == ("neutral", 0.333333, None)
    assert set(found["regions"].values()) == {0.0} and len(found["regions"]) > 8
    assert found["maps"]["shape"] == [128, 8, 8]
    assert found["pictures"] == {what: str(tmp_path / "out" / f"{what}.png") for what in ("chip", "maps", "regions", "nearest")}


def test_impossible_requests_are_refused(tmp_path, light, photo, small_store):
    words = ("explain", photo, "--out", tmp_path / "out", "--model", light)
    assert refused(*words, "--face", 2) == f"Error: face 2: {photo} has 1 face, numbered from 1, best detection first"
    assert "maps 'nowhere' is none of 32x35x35" in refused(*words, "--maps", "nowhere")
    assert "'eyes' is none of hog" in refused(*words, "--detector", "eyes")
    assert "give --store too" in refused(*words, "--images", photo)
    assert "'7' is none of 5, 68" in refused(*words, "--landmarks", "7")
    assert "was extracted from" in refused(*words, "--store", small_store, "--images", photo)
    assert "no such file" in refused("explain", tmp_path / "none.jpg", "--out", tmp_path / "out", "--model", light)
    assert not (tmp_path / "out").exists()


def test_a_picture_without_a_face_is_refused_or_taken_whole(tmp_path, light):
    Image.fromarray(np.full((300, 300), 90, np.uint8)).save(tmp_path / "grey.png")
    words = ("explain", tmp_path / "grey.png", "--out", tmp_path / "out", "--model", light)
    assert refused(*words).startswith(f"Error: {tmp_path / 'grey.png'}: no face found; --no-face whole takes")
    assert not (tmp_path / "out").exists()
    text = succeeded(*words, "--no-face", "whole")
    assert f"{tmp_path / 'grey.png'}: no face found, whole image taken: " in text
    assert "\ncovered, no part of the face alone costs neutral a point\n" in text
