"""Files that an earlier version of featfer wrote: what they hold, and what they answer, is the same today.

They lie in tests/fixtures/bundles; tests/fixtures/make_bundles.py made them, and says with which versions.
"""

import hashlib
import json
import shutil
from pathlib import Path

import joblib
import numpy as np
import pytest
from commands import succeeded
from made_up import made_picture, made_rows

from featfer import load, open_table, read_card
from featfer.features import feature_of, make_features
from featfer.plain import read_plain
from featfer.store import Store
from featfer.study import leaderboard

BUNDLES = Path(__file__).parent / "fixtures" / "bundles"
GOLDEN = json.loads((BUNDLES / "golden.json").read_text())
NAMES = sorted(GOLDEN["bundles"])
WITH_PICTURES = [name for name in NAMES if "pictures" in GOLDEN["bundles"][name]]
TOLERANCE = 1e-6          # in a probability, a valence or an arousal
TOLERANCE_PICTURE = 1e-4  # where the features are computed too, by other instructions on another processor
ARRAYS = ("features", "labels", "splits", "status", "groups", "ids", "boxes", "subjects", "votes", "affect")

# A later version warns that these files are of an earlier one, which is why they are here.
pytestmark = [pytest.mark.filterwarnings("ignore::featfer.VersionWarning"),
              pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")]


def opened(name):
    """Return the recognizer in a file, opened without featfer.bundle: no card is asked."""
    path = BUNDLES / name
    return joblib.load(path) if path.suffix == ".joblib" else read_plain(path.read_bytes(), path.suffix)


def contents(table):
    """Return what golden.json says of a FeatureTable."""
    arrays = {name: getattr(table, name).tolist() for name in ARRAYS if getattr(table, name) is not None}
    digests = {name: hashlib.sha256(json.dumps(rows).encode()).hexdigest() for name, rows in arrays.items()}
    return {**{name: {"rows": len(rows), "first": rows[0], "sha256": digests[name]} for name, rows in arrays.items()},
            "label_names": list(table.label_set.names), "fingerprints": table.fingerprints, "source": table.source}


def todays(fingerprints):
    """Return the fingerprints of the same features today: what finds the faces may have another version since."""
    return [feature_of(fingerprint).fingerprint for fingerprint in fingerprints]


def numbers(seen):
    """Return what is seen in a face as numbers."""
    return [*seen["box"], *seen.get("probabilities", {}).values(), *([seen["valence"]] if "valence" in seen else [])]


def test_every_file_of_the_folder_has_golden_answers():
    assert {path.name for path in BUNDLES.iterdir() if path.suffix in (".joblib", ".skops", ".safetensors")} == set(NAMES)


@pytest.mark.parametrize("by", [lambda name: load(BUNDLES / name), opened], ids=["load", "plain"])
@pytest.mark.parametrize("name", NAMES)
def test_bundle_answers_as_when_it_was_saved(name, by):
    recognizer, golden = by(name), GOLDEN["bundles"][name]
    assert list(recognizer.told) == golden["names"]
    if golden["classes"] is not None:
        assert np.asarray(recognizer.classifier.classes_).tolist() == golden["classes"]
    assert [feature.fingerprint for feature in recognizer.features] == todays(read_card(BUNDLES / name)["features"])
    width, is_crop = sum(feature.size for feature in recognizer.features), recognizer.features[0].name == "crop"
    np.testing.assert_allclose(recognizer.answers(made_rows(2, width, is_crop)), golden["answers"], rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", WITH_PICTURES)
def test_bundle_sees_in_a_picture_what_it_saw(name):
    found = load(BUNDLES / name).predict([made_picture(1), made_picture(2)], no_face="whole")
    for faces, golden in zip(found, GOLDEN["bundles"][name]["pictures"], strict=True):
        seen = faces[0].as_dict()
        assert (seen["status"], seen.get("label")) == (golden["status"], golden.get("label"))
        np.testing.assert_allclose(numbers(seen), numbers(golden), rtol=0, atol=TOLERANCE_PICTURE)


@pytest.mark.parametrize("name", NAMES)
def test_command_finds_a_bundle_unchanged(name):
    found = json.loads(succeeded("info", BUNDLES / name, "--check", "--json"))
    assert found["rows"] == 5
    assert found["difference"] < TOLERANCE
    assert read_card(BUNDLES / name)["sha256"] in succeeded("info", BUNDLES / name)


@pytest.mark.parametrize(("name", "features"), [("table", "action-units"), ("store", "action-units,pixels:8")])
def test_rows_are_read_with_the_same_values(name, features):
    table = open_table(BUNDLES / {"table": "table.npz"}.get(name, name), make_features(features))
    golden = GOLDEN[name]
    assert contents(table) == {**golden, "fingerprints": todays(golden["fingerprints"])}


def test_store_is_sound():
    found = Store(BUNDLES / "store").check()
    assert (found["files"], found["damaged"], found["set_aside"]) == (6, {}, [])


def test_study_is_read_and_gone_on_with(tmp_path, monkeypatch):
    study = shutil.copy(BUNDLES / "study.db", tmp_path / "study.db")
    assert leaderboard(study)["rows"] == GOLDEN["study"]
    monkeypatch.chdir(BUNDLES)
    board = json.loads(succeeded("tune", "--store", BUNDLES / "table.npz", "--features", "action-units", "--clf", "lda",
                                 "--study", study, "--trials", 4, "--seed", 3, "--json"))
    assert len(board["rows"]) == 4
    assert [row for row in GOLDEN["study"] if row["params"] not in [other["params"] for other in board["rows"]]] == []


def test_training_goes_on_from_a_checkpoint(tmp_path):
    checkpoint, out = tmp_path / "network.checkpoint", tmp_path / "network.joblib"
    shutil.copy(BUNDLES / "blocks.checkpoint", checkpoint)
    params = read_card(BUNDLES / "cnn-blocks.joblib")["params"]
    words = [word for name, value in params.items() if name not in ("network", "recipe")
             for word in ("--param", f"{name}={value}")]
    succeeded("train", "--cnn", params["network"], "--recipe", params["recipe"], "--store", BUNDLES / "crops.npz", "--out", out,
              *words)
    history, before = read_card(out)["cnn"]["history"], GOLDEN["history"]
    assert history[0] == before[0], "that epoch was not trained again"
    for name in ("rate", "loss", "train", "val", "val_loss"):
        assert history[1][name] == pytest.approx(before[1][name], abs=1e-3)
    assert not checkpoint.exists()
