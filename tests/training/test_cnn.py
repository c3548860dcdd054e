"""From a table of crops to a recognizer with a network."""

from dataclasses import replace

import numpy as np
import pytest

from featfer.bundle.persist import load, save
from featfer.errors import ParameterError, StoreError
from featfer.evaluation.scoring import evaluate
from featfer.features import make_features
from featfer.labels import FER6, FER7
from featfer.store.table import FeatureTable
from featfer.training.cnn import count_channels, train_cnn

pytestmark = pytest.mark.usefixtures("one_thread")

SMALL = {"blocks": [[1, 4, 3, 0.0], [1, 8, 3, 0.0]], "hidden": 16, "dropout": 0.0, "epochs": 16, "batch": 20, "lr": 0.02,
         "average": 0.0, "augment": {"flip": 0.5}, "keep": "best"}
FLIPS = [*make_features("crop:16"), *make_features("crop:16", view="flip")]


@pytest.fixture(scope="module")
def crop_table():
    """350 crops of 16x16 pixels and their mirror images; each class has its own shade and a bright edge at the left."""
    rng, labels = np.random.default_rng(0), np.arange(350) % 7
    images = rng.integers(0, 24, (350, 16, 16)) + 24 * labels[:, None, None]
    images[:, :, :3] += 60
    features = np.concatenate([images.reshape(350, -1), images[:, :, ::-1].reshape(350, -1)], axis=1).astype(np.float16)
    groups = np.arange(350, dtype=np.int32)
    groups[[210, 211]] = [0, 1]
    return FeatureTable(
        features=features, labels=labels.astype(np.int16), splits=np.repeat(["train", "val", "test"], [210, 70, 70]),
        status=np.full(350, "found"), groups=groups, ids=np.array([f"made:{i}" for i in range(350)]),
        boxes=np.zeros((350, 4), np.float32), label_set=FER7, fingerprints=[f.fingerprint for f in FLIPS], source="made")


@pytest.fixture(scope="module")
def trained(crop_table):
    return train_cnn(crop_table, "blocks", params=SMALL, score_test=True, command="featfer train --cnn blocks",
                     tta=["plain", "flip"])


def test_the_card_describes_the_network(trained):
    _, card = trained
    assert card["classifier"] == "cnn"
    assert card["params"] == {"network": "blocks", "recipe": "one-cycle", **SMALL}
    assert card["views"] == {"trained": ["plain"], "averaged": ["plain", "flip"]}
    assert [feature["params"]["view"] for feature in card["features"]] == ["plain", "flip"]
    assert (card["cnn"]["network"], len(card["cnn"]["history"])) == ("blocks", 16)
    assert card["data"] == {"source": "made", "trained_on": "train", "rows": 210, "calibrated_on": "val",
                            "calibrated_by": "temperature"}
    assert list(card["figures"]) == ["val", "test"]


def test_it_learns_and_every_epoch_is_measured_without_duplicates(trained, crop_table):
    _, card = trained
    assert card["figures"]["test"]["accuracy"] > 0.6  # chance: 0.14
    last = card["cnn"]["history"][-1]
    assert last["val_without_copies"] == pytest.approx(last["val"], abs=2 / 68)
    assert card["figures"]["val"]["copies"]["images"] == 2


def test_a_bundle_of_it_is_like_any_other(trained, crop_table, tmp_path):
    recognizer, card = trained
    save(recognizer, tmp_path / "own.joblib", card)
    again = load(tmp_path / "own.joblib")
    assert evaluate(again, crop_table)["accuracy"] == card["figures"]["test"]["accuracy"]
    expression = again.predict(np.full((48, 48), 150, np.uint8), no_face="whole")[0][0]
    assert expression.label in FER7.names
    assert sum(expression.probabilities.values()) == pytest.approx(1, abs=1e-4)


def test_fewer_labels(crop_table):
    recognizer, card = train_cnn(crop_table.relabel(FER6), "blocks", params=SMALL, tta=["plain", "flip"])
    assert card["labels"]["set"] == "fer6"
    assert evaluate(recognizer, crop_table)["images"] == 70
    assert evaluate(recognizer, crop_table)["accuracy"] > 0.7


def test_a_network_and_another_classifier_are_scored_on_the_same_rows(trained, crop_table):
    from featfer.training.classifier import train
    _, other = train(crop_table, "logistic", views=["plain", "flip"], tta=["plain", "flip"], score_test=True)
    ours, theirs = (card["figures"]["test"] for card in (trained[1], other))
    assert [c["support"] for c in ours["classes"].values()] == [c["support"] for c in theirs["classes"].values()]
    assert ours["copies"]["images"] == theirs["copies"]["images"] == 0


def test_a_step_is_trained_on_the_crops_that_it_names(crop_table, tmp_path):
    recipe = tmp_path / "two.toml"
    recipe.write_text('batch = 20\nlr = 0.01\n[[steps]]\nepochs = 1\nfeatures = "crop:32"\n[[steps]]\nepochs = 1\n')
    plain = crop_table.blocks([0], 2)
    big = replace(plain, features=plain.features.reshape(-1, 16, 16).repeat(2, axis=1).repeat(2, axis=2).reshape(350, -1),
                  fingerprints=[make_features("crop:32")[0].fingerprint])
    options = {name: SMALL[name] for name in ("hidden", "dropout")} | {"blocks": SMALL["blocks"]}
    _, card = train_cnn(plain, "blocks", recipe, options, others={("crop:32", None): big}, limit=100)
    assert [epoch["step"] for epoch in card["cnn"]["history"]] == [1, 2]
    assert card["data"]["rows"] == 100


@pytest.mark.parametrize(("features", "tta"), [("embedding", ["plain"]), ("crop:16", ["flip"])])
def test_tables_without_plain_crops_are_refused(crop_table, features, tta):
    prints = [make_features(features)[0].fingerprint]
    with pytest.raises(StoreError, match="a network is trained on one crop"):
        train_cnn(replace(crop_table.blocks([0], 2), fingerprints=prints), "blocks", tta=tta)


def test_a_table_without_labels_is_refused(crop_table):
    with pytest.raises(StoreError, match="its rows have no labels to train on"):
        train_cnn(replace(crop_table, label_set=None), "blocks", tta=["plain", "flip"])


def test_an_unknown_parameter_is_named(crop_table):
    with pytest.raises(ParameterError, match="network 'groups9' has no parameter 'speed'"):
        train_cnn(crop_table, "groups9", params={"speed": 3}, tta=["plain", "flip"])


def test_channels():
    assert [count_channels(make_features(name)[0].fingerprint) for name in ("crop", "crop:64/rgb")] == [1, 3]
