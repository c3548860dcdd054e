"""--labels: every command in the labels of another set."""

import json

import numpy as np
import pytest
from helpers.commands import read_lines, refused, run, succeeded

from featfer.bundle.persist import load, read_card
from featfer.labels import FER3, FER6, FER7

POLES = ("positive", "neutral", "negative")


@pytest.fixture
def made(tmp_path, made_table):
    """The made-up embeddings as a table's file."""
    made_table.save(tmp_path / "made.npz")
    return tmp_path / "made.npz"


def test_evaluate_counts_disgust_as_angry(bundle, made, made_table):
    rows, recognizer = made_table.split("test"), load(bundle)
    found = recognizer.relabel(FER6).probabilities(rows.features).argmax(axis=1)
    become = [0, 0, 1, 2, 3, 4, 5]
    right = sum(become[truth] == label for truth, label in zip(rows.labels, found, strict=True))
    result = json.loads(succeeded("evaluate", bundle, "--store", made, "--labels", "fer6", "--json"))
    assert list(result["classes"]) == list(FER6.names) and result["images"] == 70
    assert result["accuracy"] == pytest.approx(right / 70, abs=0.015)
    assert result["classes"]["angry"]["support"] == 20


def test_labels_of_which_a_model_knows_fewer_than_two_are_refused(made, made_table, tmp_path):
    known = made_table.rows(np.isin(made_table.labels, [FER7.index("angry"), FER7.index("happy")]))
    known.save(tmp_path / "two.npz")
    succeeded("train", "--clf", "lda", "--store", tmp_path / "two.npz", "--out", tmp_path / "two.joblib")
    words = ("evaluate", tmp_path / "two.joblib", "--store", made, "--labels")
    line = refused(*words, "fer3")
    assert "labels fer3: fewer than two of them are left of what the model knows, which is angry, happy" in line
    assert json.loads(succeeded(*words, "polarity3", "--json"))["images"] == 60


def test_evaluate_leaves_out_labels_without_a_counterpart(bundle, made):
    result = json.loads(succeeded("evaluate", bundle, "--store", made, "--labels", "fer3", "--json"))
    assert result["images"] == 30 and result["accuracy"] > 0.8


def test_unknown_labels_and_labels_without_a_mapping_are_refused(bundle, made, tmp_path):
    words = ("evaluate", bundle, "--store", made, "--labels")
    assert refused(*words, "moods").startswith("Error: labels 'moods': give one of fer7, fer6, fer3")
    assert "'fer5' is no file, and none of fer7, fer6, fer3" in refused(*words, "fer5")
    (tmp_path / "moods.toml").write_text('names = ["calm", "upset"]\n')
    assert "labels fer7 cannot be turned into moods" in refused(*words, tmp_path / "moods.toml")


def test_report_is_in_the_labels_asked_for(bundle, made, tmp_path):
    succeeded("report", bundle, "--store", made, "--labels", "fer3", "--out", tmp_path / "three.md")
    text = (tmp_path / "three.md").read_text()
    assert "disgust" not in text and "| happy |" in text


def test_blend_keeps_them(bundle, made, tmp_path):
    out = tmp_path / "three.joblib"
    succeeded("blend", bundle, bundle, "--store", made, "--labels", "fer3", "--out", out, "--score-test")
    assert read_card(out)["labels"] == {"set": "fer3", "names": list(FER3.names)}
    assert load(out).label_set == FER3
    assert read_card(out)["figures"]["test"]["images"] == 30


def test_predict_explain_and_data_use_them(bundle, photo, fer_csv, tmp_path):
    (picture,) = read_lines(succeeded("predict", photo, "--model", bundle, "--labels", "polarity3", "--json"))
    seven = read_lines(succeeded("predict", photo, "--model", bundle, "--json"))[0]["faces"][0]["probabilities"]
    three = picture["faces"][0]["probabilities"]
    assert tuple(three) == POLES and sum(three.values()) == pytest.approx(1, abs=1e-5)
    assert three["positive"] * (1 - seven["surprise"]) == pytest.approx(seven["happy"], abs=1e-5)
    assert three["negative"] * (1 - seven["surprise"]) == pytest.approx(
        sum(seven[name] for name in ("angry", "disgust", "fear", "sad")), abs=1e-5)
    text = succeeded("explain", photo, "--model", bundle, "--labels", "polarity3", "--out", tmp_path / "explained")
    assert any(pole in text for pole in POLES) and "happy" not in text
    classes = json.loads(succeeded("data", fer_csv, "--labels", "fer3", "--near", 0, "--json"))["classes"]
    assert classes["train"] == {"happy": 2, "sad": 2, "neutral": 2, "unlabelled": 8}


def test_tune_learns_them_and_says_so(made, tmp_path):
    words = ("tune", "--store", made, "--clf", "lda", "--trials", 1, "--study", tmp_path / "lda.db")
    assert "--labels fer3" in succeeded(*words, "--labels", "fer3").splitlines()[-1]
    assert "with other images, labels or splits" in refused(*words)


def test_finetune_learns_them(fer_csv, tmp_path):
    result = run("finetune", fer_csv, "--out", tmp_path / "b.npz", "--labels", "fer3", "--param", "epochs=1", "--json")
    assert json.loads(result.stdout)["labels"] == list(FER3.names)


@pytest.mark.parametrize("words", [("live", "--file", "video.mp4", "--json"), ("serve", "--port", 0)], ids=["live", "serve"])
def test_live_and_serve_check_the_mapping_before_they_begin(words, bundle, tmp_path):
    (tmp_path / "video.mp4").touch()
    (tmp_path / "moods.toml").write_text('names = ["calm", "upset"]\n')
    words = [tmp_path / word if word == "video.mp4" else word for word in words]
    assert f"labels {FER7.name} cannot be turned into moods" in refused(*words, "--model", bundle, "--labels",
                                                                        tmp_path / "moods.toml")
