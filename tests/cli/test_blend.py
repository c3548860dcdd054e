import json

import numpy as np
import pytest
from helpers.commands import refused, succeeded

from featfer.bundle.persist import load, read_card, save
from featfer.features import Embedding
from featfer.training.classifier import train


@pytest.fixture(scope="module")
def made(tmp_path_factory, made_table):
    """Folder with two bundles and the table they were trained on."""
    folder = tmp_path_factory.mktemp("made")
    made_table.save(folder / "table.npz")
    for clf in ("svm", "lda"):
        recognizer, card = train(made_table, clf)
        save(recognizer, folder / f"{clf}.joblib", card)
    return folder


@pytest.fixture
def words(made):
    return ["blend", made / "svm.joblib", made / "lda.joblib", "--store", made / "table.npz"]


@pytest.mark.parametrize("how", ["vote", "stack"])
def test_bundle_and_card_are_written(made, words, tmp_path, how):
    out = tmp_path / "blend.joblib"
    first, second = succeeded(*words, "--how", how, "--out", out).splitlines()
    card = read_card(out)
    assert first == f"Blended svm, lda by {how} in {card['seconds']:.1f} s: {out} ({card['bytes'] / 1e6:.1f} MB)"
    assert second.startswith(f"val: accuracy {card['figures']['val']['accuracy']:.2%} of 70 images")
    assert [member["sha256"] for member in card["members"]] == [
        read_card(made / f"{name}.joblib")["sha256"] for name in ("svm", "lda")]
    assert [feature.fingerprint for feature in load(out).features] == [Embedding().fingerprint]


def test_blend_is_evaluated_reported_and_shown(made, words, tmp_path):
    out = tmp_path / "blend.joblib"
    printed = json.loads(succeeded(*words, "--out", out, "--score-test", "--json"))
    assert printed == read_card(out)
    result = json.loads(succeeded("evaluate", out, "--store", made / "table.npz", "--json"))
    assert result["accuracy"] == pytest.approx(printed["figures"]["test"]["accuracy"], abs=0.02)
    assert "classifier  blend" in succeeded("info", out)
    succeeded("report", out, "--store", made / "table.npz", "--out", tmp_path / "report.md")
    assert "blend on" in (tmp_path / "report.md").read_text()


def test_weights_are_on_the_card(words, tmp_path):
    succeeded(*words, "--out", tmp_path / "blend.joblib", "--weight", 2, "--weight", 1)
    assert read_card(tmp_path / "blend.joblib")["params"] == {"how": "vote", "weights": [2.0, 1.0]}


def test_a_prior_and_novelty_are_in_the_bundle(made, words, made_table, tmp_path):
    prior = "angry=2,disgust=0,fear=1,happy=3,sad=1,surprise=1,neutral=2"
    succeeded(*words, "--out", tmp_path / "plain.joblib")
    succeeded(*words, "--out", tmp_path / "photos.joblib", "--prior", prior, "--novelty", "--grey")
    plain, found, rows = load(tmp_path / "plain.joblib"), load(tmp_path / "photos.joblib"), made_table.features[:20]
    assert read_card(tmp_path / "photos.joblib")["prior"] == found.prior == {
        "angry": 0.2, "disgust": 0.0, "fear": 0.1, "happy": 0.3, "sad": 0.1, "surprise": 0.1, "neutral": 0.2}
    weighed = plain.probabilities(rows) * list(found.prior.values())  # in training all labels have the same share
    np.testing.assert_allclose(found.probabilities(rows), weighed / weighed.sum(axis=1, keepdims=True), atol=1e-9)
    assert (plain.novelty, plain.grey, found.grey) == (None, False, True)
    assert "prior       happy 30.0%, angry 20.0%, neutral 20.0%, " in succeeded("info", tmp_path / "photos.joblib")
    assert succeeded("info", tmp_path / "photos.joblib", "--check").startswith("5 golden rows, largest difference")


@pytest.mark.parametrize(("more", "value"), [(["--how", "cast"], "'cast'"), (["--weight", 1], "[1.0]"),
                                             (["--store", "nowhere", "nowhere.joblib"], "nowhere.joblib"),
                                             (["--prior", "happy=1"], "of each of angry")])
def test_mistake_is_named_and_nothing_written(words, tmp_path, more, value):
    assert value in refused(*words, *more, "--out", tmp_path / "blend.joblib")
    assert not list(tmp_path.iterdir())


def test_name_of_the_bundle_is_checked_first(words, tmp_path):
    assert "ends in .joblib" in refused(*words, "--out", tmp_path / "blend")
