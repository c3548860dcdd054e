"""Files that an earlier version of featfer wrote: what they hold, and what they answer, is the same today.

They lie in folders of tests/fixtures, each with a script beside it that made them and says with which versions.
"""

import hashlib
import json
import shutil
from pathlib import Path

import joblib
import numpy as np
import pytest
import torch
from helpers.commands import succeeded
from helpers.made_up import made_picture, made_rows

from featfer import load, open_table, read_card
from featfer.bundle.safe import read_safe
from featfer.features import make_features, restore_feature
from featfer.store.store import Store
from featfer.tuning.study import leaderboard

FIXTURES = Path(__file__).parents[1] / "fixtures"
BUNDLES = FIXTURES / "bundles"
GOLDEN = json.loads((BUNDLES / "golden.json").read_text())
ANSWERS = {f"{folder}/{name}": golden for folder in ("bundles", "calibrated")
           for name, golden in json.loads((FIXTURES / folder / "golden.json").read_text())["bundles"].items()}
WITH_PICTURES = [name for name in ANSWERS if "pictures" in ANSWERS[name]]
TOLERANCE = 1e-6          # in a probability, a valence or an arousal
TOLERANCE_PICTURE = 1e-4  # where the features are computed too, by other instructions on another processor
ARRAYS = ("features", "labels", "splits", "status", "groups", "ids", "boxes", "subjects", "votes", "affect")

# A later version warns that these files are of an earlier one, which is why they are here.
pytestmark = [pytest.mark.filterwarnings("ignore::featfer.VersionWarning"),
              pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")]


def open_bundle(name):
    """Load the recognizer in a file without featfer.bundle.persist, so that its card is not read."""
    path = FIXTURES / name
    return joblib.load(path) if path.suffix == ".joblib" else read_safe(path.read_bytes(), path.suffix)


def describe(table):
    """Return what golden.json holds of a FeatureTable."""
    arrays = {name: getattr(table, name).tolist() for name in ARRAYS if getattr(table, name) is not None}
    digests = {name: hashlib.sha256(json.dumps(rows).encode()).hexdigest() for name, rows in arrays.items()}
    return {**{name: {"rows": len(rows), "first": rows[0], "sha256": digests[name]} for name, rows in arrays.items()},
            "label_names": list(table.label_set.names), "fingerprints": table.fingerprints, "source": table.source}


def update_fingerprints(fingerprints):
    """Return today's fingerprints of the same features: the face detection may have a newer version."""
    return [restore_feature(fingerprint).fingerprint for fingerprint in fingerprints]


def to_numbers(seen):
    """Return the predictions for a face as numbers."""
    return [*seen["box"], *seen.get("probabilities", {}).values(), *([seen["valence"]] if "valence" in seen else [])]


def test_every_bundle_has_golden_predictions():
    files = {path.relative_to(FIXTURES).as_posix() for path in FIXTURES.glob("*/*.*")}
    assert {name for name in files if name.endswith((".joblib", ".skops", ".safetensors"))} == set(ANSWERS)


@pytest.mark.parametrize("by", [lambda name: load(FIXTURES / name), open_bundle], ids=["load", "plain"])
@pytest.mark.parametrize("name", ANSWERS)
def test_bundle_predicts_as_when_it_was_saved(name, by):
    recognizer, golden = by(name), ANSWERS[name]
    assert list(recognizer.output_names) == golden["names"]
    if golden["classes"] is not None:
        assert np.asarray(recognizer.classifier.classes_).tolist() == golden["classes"]
    fingerprints = update_fingerprints(read_card(FIXTURES / name)["features"])
    assert [feature.fingerprint for feature in recognizer.features] == fingerprints
    width, is_crop = sum(feature.size for feature in recognizer.features), recognizer.features[0].name == "crop"
    np.testing.assert_allclose(recognizer.predict_rows(made_rows(2, width, is_crop)), golden["answers"], rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("name", WITH_PICTURES)
def test_bundle_predicts_the_same_for_a_photo(name):
    found = load(FIXTURES / name).predict([made_picture(1), made_picture(2)], no_face="whole")
    for faces, golden in zip(found, ANSWERS[name]["pictures"], strict=True):
        seen = faces[0].as_dict()
        assert (seen["status"], seen.get("label")) == (golden["status"], golden.get("label"))
        np.testing.assert_allclose(to_numbers(seen), to_numbers(golden), rtol=0, atol=TOLERANCE_PICTURE)


@pytest.mark.parametrize("name", ANSWERS)
def test_command_finds_a_bundle_unchanged(name):
    found = json.loads(succeeded("info", FIXTURES / name, "--check", "--json"))
    assert found["rows"] == 5
    assert found["difference"] < TOLERANCE + 5e-7, "a card's answers are rounded to six digits"
    assert read_card(FIXTURES / name)["sha256"] in succeeded("info", FIXTURES / name)


@pytest.mark.parametrize(("name", "features"), [("table", "action-units"), ("store", "action-units,pixels:8")])
def test_rows_are_read_with_the_same_values(name, features):
    table = open_table(BUNDLES / {"table": "table.npz"}.get(name, name), make_features(features))
    golden = GOLDEN[name]
    assert describe(table) == {**golden, "fingerprints": update_fingerprints(golden["fingerprints"])}


def test_store_is_sound():
    found = Store(BUNDLES / "store").check()
    assert (found["files"], found["damaged"], found["set_aside"]) == (6, {}, [])


def test_study_is_read_and_continued(tmp_path):
    study = shutil.copy(BUNDLES / "study.db", tmp_path / "study.db")
    assert leaderboard(study)["rows"] == GOLDEN["study"]
    board = json.loads(succeeded("tune", "--store", BUNDLES / "table.npz", "--features", "action-units", "--clf", "lda",
                                 "--study", study, "--trials", 4, "--seed", 3, "--json"))
    assert len(board["rows"]) == 4
    assert [row for row in GOLDEN["study"] if row["params"] not in [other["params"] for other in board["rows"]]] == []


def test_training_resumes_from_a_checkpoint(tmp_path):
    checkpoint, out = tmp_path / "network.checkpoint", tmp_path / "network.joblib"
    kept = torch.load(BUNDLES / "blocks.checkpoint", weights_only=True)
    kept["history"][0]["seconds"] = 77.0  # tells that epoch from one that is trained again
    torch.save(kept, checkpoint)
    params = read_card(BUNDLES / "cnn-blocks.joblib")["params"]
    words = [word for name, value in params.items() if name not in ("network", "recipe")
             for word in ("--param", f"{name}={value}")]
    succeeded("train", "--cnn", params["network"], "--recipe", params["recipe"], "--store", BUNDLES / "crops.npz", "--out", out,
              *words)
    history, before = read_card(out)["cnn"]["history"], GOLDEN["history"]
    assert history[0] == {**before[0], "seconds": 77.0}
    for name in ("rate", "loss", "train", "val", "val_loss"):
        assert history[1][name] == pytest.approx(before[1][name], abs=1e-3)
    assert not checkpoint.exists()
