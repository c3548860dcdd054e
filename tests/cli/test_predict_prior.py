"""featfer predict where the shares of the expressions are stated, or estimated from all faces together."""

import csv
import json
import re

import numpy as np
import pytest
from helpers.commands import read_lines, refused, run, succeeded
from PIL import Image

from featfer.bundle.persist import load
from featfer.labels import FER7

STATED = {"angry": 1, "disgust": 0, "fear": 1, "happy": 2, "sad": 1, "surprise": 1, "neutral": 4}
WORDS = ",".join(f"{name}={share}" for name, share in STATED.items())


@pytest.fixture
def photos(tmp_path, photo):
    """A folder of a face, the same one mirrored, a room without a face, and a text that is called a photo."""
    folder = tmp_path / "photos"
    folder.mkdir()
    image = Image.open(photo)
    image.save(folder / "a.png")
    image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(folder / "b.png")
    Image.fromarray(np.full((300, 300), 90, np.uint8)).save(folder / "c.png")
    (folder / "d.png").write_text("no photo")
    return folder


def rows_of(printed):
    """Return the probabilities of the faces in JSON, float (faces, 7)."""
    return np.array([list(face["probabilities"].values()) for image in read_lines(printed) for face in image["faces"]])


def weigh(rows, prior):
    """Return rows of a model that was trained on equal shares, corrected for a prior."""
    weighed = rows * [prior[name] for name in FER7.names]
    return weighed / weighed.sum(axis=1, keepdims=True)


def test_probabilities_are_corrected_for_a_stated_prior(bundle, photo, tmp_path):
    (tmp_path / "shares.json").write_text(json.dumps(STATED))
    plain = rows_of(succeeded("predict", photo, "--model", bundle, "--json"))
    for prior in (WORDS, tmp_path / "shares.json"):
        found = rows_of(succeeded("predict", photo, "--model", bundle, "--json", "--prior", prior))
        np.testing.assert_allclose(found, weigh(plain, STATED), atol=3e-6)
        assert found[0, FER7.index("disgust")] == 0
    np.testing.assert_allclose(rows_of(succeeded("predict", photo, "--model", bundle, "--json", "--prior", "uniform")), plain,
                               atol=2e-6)


def test_a_prior_is_estimated_from_all_faces(bundle, photos, tmp_path):
    words = "predict", photos, "--model", bundle, "--json"
    plain = rows_of(run(*words).stdout)
    done = run(*words, "--prior", "estimate", "--csv", tmp_path / "t.csv")
    recognizer = load(bundle)
    estimated = recognizer.estimate_prior(plain)
    np.testing.assert_allclose(rows_of(done.stdout), weigh(plain, estimated), atol=1e-4)
    assert [image["image"] for image in read_lines(done.stdout)] == [str(photos / f"{name}.png") for name in "abc"]
    with open(tmp_path / "t.csv", newline="") as file:
        assert [row["status"] for row in csv.DictReader(file)] == ["found", "found", "no-face"]
    first, *others = [line for line in done.stderr.splitlines() if line]
    name, share = re.match(r"estimated shares: (\w+) ([\d.]+)%, ", first).groups()
    assert (name, float(share)) == (max(estimated, key=estimated.get), pytest.approx(100 * max(estimated.values()), abs=0.06))
    assert [str(photos / "d.png") in line for line in others].count(True) == 1, "what fails is said once"
    assert done.exit_code == 1


def test_without_a_face_nothing_is_estimated_and_nothing_written(bundle, photos, tmp_path):
    line = refused("predict", photos / "c.png", "--model", bundle, "--prior", "estimate", "--csv", tmp_path / "t.csv",
                   "--out", tmp_path / "out")
    assert line == "Error: no face to estimate the shares of the labels from"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos"]


def test_a_prior_is_in_the_labels_that_are_asked_for(bundle, photo):
    words = "predict", photo, "--model", bundle, "--json", "--labels", "fer3", "--prior"
    assert "of each of happy, sad, neutral, and not all 0" in refused(*words, "happy=1,sad=1")
    (row,) = rows_of(succeeded(*words, "happy=1,sad=0,neutral=1"))
    assert row[1] == 0 and row.sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("prior", "message"), [
    ("guess", "shares 'guess': 'guess' is not NAME=SHARE"), ("happy=1,neutral=1", "give a share from 0 of each of angry"),
    ("happy=-1", "-1.0 of happy is not a number from 0"), ("calm=1", "label 'calm' is not in fer7"),
    ("none.toml", "none.toml"), ("", "shares '': '' is not NAME=SHARE")])
def test_a_prior_that_is_none_is_refused_before_anything_is_written(bundle, photo, tmp_path, prior, message):
    assert message in refused("predict", photo, "--model", bundle, "--prior", prior, "--csv", tmp_path / "t.csv")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [("explain", "{photo}", "--out", "explained"), ("live", "--file", "{photo}", "--json")])
def test_other_commands_take_a_stated_prior_only(bundle, photo, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    words = [word.format(photo=photo) for word in words]
    assert "shares 'estimate': 'estimate' is not NAME=SHARE" in refused(*words, "--model", bundle, "--prior", "estimate")
    assert not list(tmp_path.iterdir())
