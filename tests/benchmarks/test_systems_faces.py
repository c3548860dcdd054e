"""What the page on five published systems shows besides its cards: speed, and pictures of faces."""

from pathlib import Path

import numpy as np
import pytest
from featfer_cli.benchmark_config import Listing

from benchmarks.systems import measure
from featfer.bundle.persist import read_card, save
from featfer.features import make_features
from featfer.labels import FER6, FER7
from featfer.store.table import FeatureTable, load_table
from featfer.training.cnn import train_cnn


def test_speed_is_measured_only_where_nothing_else_runs(monkeypatch, capsys):
    model = {"name": "g", "cnn": "groups-shallow", "features": "--labels fer6", "params": {"hidden": 8, "epochs": 3}}
    listing = Listing(Path("list.toml"), {"g": model}, {}, False)
    monkeypatch.setattr(measure, "count_cores", lambda: 1)
    monkeypatch.setattr(measure.os, "getloadavg", lambda: (0.1, 9, 9))
    found = measure.pace(listing, {})["g"]
    layers = [32 * 9 + 32, 8 * 32 * 24 * 24 + 8, 8 * 8 + 8, 6 * 8 + 6]  # one convolution, three dense layers
    assert found["parameters"] == sum(layers)
    assert found["multiply_adds"] == 48 * 48 * 32 * 9 + 8 * 32 * 24 * 24 + 8 * 8 + 8 * 6
    assert list(found["rates"]) == ["1"] and found["rates"]["1"] > 100
    monkeypatch.setattr(measure.os, "getloadavg", lambda: (2.0, 0, 0))
    assert measure.pace(listing, {})["g"]["rates"] == {}
    assert "Speed is not measured: the load average of the machine is 2.00" in capsys.readouterr().out
    assert measure.pace(listing, {"systems/g": {"rates": {"2": 5}}})["g"]["rates"] == {"2": 5}


@pytest.fixture(scope="module")
def work(tmp_path_factory, one_thread):
    """A work folder with a small network of groups9, trained for an epoch, and the table that it was trained on as store."""
    flips = [*make_features("crop:16"), *make_features("crop:16", view="flip")]
    labels = np.arange(140) % 7
    images = np.random.default_rng(0).integers(0, 60, (140, 16, 16)) + 24 * labels[:, None, None]
    features = np.concatenate([images.reshape(140, -1), images[:, :, ::-1].reshape(140, -1)], axis=1).astype(np.float32)
    table = FeatureTable(
        features=features, labels=labels.astype(np.int16), splits=np.repeat(["train", "val", "test"], [42, 49, 49]),
        status=np.full(140, "found"), groups=np.arange(140, dtype=np.int32), ids=np.array([f"made:{i}" for i in range(140)]),
        boxes=np.zeros((140, 4), np.float32), label_set=FER7, fingerprints=[f.fingerprint for f in flips], source="made")
    folder = tmp_path_factory.mktemp("work")
    table.save(folder / "store")
    recognizer, card = train_cnn(table.relabel(FER6), "groups9", "plain", {"epochs": 1, "hidden": 8},
                                 tta=["plain", "flip"], score_test=True, command="featfer train")
    save(recognizer, folder / "groups9-six.joblib", card)
    other, card = train_cnn(table.relabel(FER6), "groups-shallow", "plain", {"epochs": 2, "hidden": 8}, tta=["plain", "flip"],
                            score_test=True, command="featfer train")
    save(other, folder / "shallow.joblib", card)
    return folder


def test_faces_are_drawn_where_the_bundle_is_that_of_the_card(work, tmp_path, monkeypatch):
    card = read_card(work / "groups9-six.joblib")
    monkeypatch.setattr(measure, "PANEL", 4)
    assert measure.is_there("groups9-six", {"systems/groups9-six": card}, work)
    assert not measure.is_there("groups9-six", {"systems/groups9-six": {**card, "sha256": "another"}}, work)
    assert not measure.is_there("groups9-six", {}, work)
    assert not measure.is_there("blocks15", {"systems/blocks15": card}, work)
    (tmp_path / "old-wrong.png").write_bytes(b"")
    measure.draw_wrong("groups9-six", work, "made", tmp_path)
    measure.draw_groups("groups9-six", work, "made", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"groups9-six-{what}.png" for what in ("blends", "maps-2", "maps-3", "wrong")]


def test_networks_are_compared_where_both_are_there(work):
    cards = {f"systems/{name}": read_card(work / f"{name}.joblib") for name in ("groups9-six", "shallow")}
    names, before = [("groups9-six", "shallow"), ("shallow", "gone")], {"shallow, gone": {"p": 0.5}, "groups9-six, shallow": {}}
    found = measure.pairs(names, cards, work, "made", before)
    one, other = (card["figures"]["test"]["accuracy"] for card in cards.values())
    compared = found["groups9-six, shallow"]
    assert compared["images"] == 49 and compared["only_one"] + compared["only_other"] > 0
    assert (compared["only_one"] - compared["only_other"]) / 49 == pytest.approx(one - other)
    assert found["shallow, gone"] == {"p": 0.5}


def test_images_drawn_are_those_that_the_network_is_given_unmirrored(work):
    images, labels, probabilities, recognizer = measure._tested("groups9-six", work, "made")
    assert (images.shape, labels.shape, probabilities.shape) == ((49, 16, 16), (49,), (49, 6))
    plain, mirrored = np.split(load_table(work / "store").split("test").features.reshape(49, 32, 16), 2, axis=1)
    np.testing.assert_array_equal(images, plain)
    assert not np.array_equal(images, mirrored)
    table = read_card(work / "groups9-six.joblib")["figures"]["test"]
    assert (probabilities.argmax(axis=1) == labels).mean() == pytest.approx(table["accuracy"])
    net = measure.network_of(recognizer)
    assert len(net.groups) == 3 and not net.training


def test_classes_are_counted_in_the_source(fer_csv, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(measure, "draw_class_histogram", lambda counts, path, title: seen.append((counts, path, title)))
    measure.draw_classes(fer_csv, tmp_path)
    ((counts, path, title),) = seen
    assert counts == {split: dict.fromkeys(FER7.names, 2) for split in ("train", "val", "test")}
    assert (path, title) == (tmp_path / "classes.png", "Images of fer2013.csv by class and split")
