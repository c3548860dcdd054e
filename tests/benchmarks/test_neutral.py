import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.action_units import neutral
from benchmarks.action_units.neutral import points_of, write_neutral
from featfer.errors import StoreError
from featfer.features import Landmarks
from featfer.features.action_units import NAMES, NEUTRAL_FILE, measure
from featfer.labels import FER7
from featfer.store.opening import open_table


def test_points_are_in_pixels_of_the_images(made_table):
    points = np.random.default_rng(0).uniform(size=(len(made_table), 136)).astype(np.float32)
    boxes = np.tile(np.array([10, 20, 30, 60], np.float32), (len(points), 1))
    found = points_of(replace(made_table, features=points, boxes=boxes))
    np.testing.assert_allclose(found, points.reshape(-1, 68, 2) * (20, 40) + (10, 20), rtol=1e-5)


def test_reference_is_of_found_neutral_training_faces(tmp_path, small_store):
    record = write_neutral(small_store, tmp_path / "neutral.json")
    table = open_table(small_store, [Landmarks()])
    chosen = (table.splits == "train") & (table.labels == FER7.index("neutral")) & (table.status == "found")
    expected = np.median(measure(points_of(table.rows(chosen))), axis=0)
    assert [record["units"][name]["median"] for name in NAMES] == pytest.approx(expected, abs=1e-5)
    assert record["faces"] == f"{chosen.sum()} neutral training faces of fer2013.csv"
    assert json.loads((tmp_path / "neutral.json").read_text()) == record


def test_faces_that_were_not_found_do_not_count(tmp_path, small_store, monkeypatch):
    table = open_table(small_store, [Landmarks()])
    status = table.status.astype("U11")
    status[(table.splits == "train") & (table.labels == FER7.index("neutral"))] = ["found", "whole-image"]
    monkeypatch.setattr(neutral.Store, "table", lambda self, keys, digest: replace(table, status=status))
    assert write_neutral(small_store, tmp_path / "neutral.json")["faces"] == "1 neutral training faces of fer2013.csv"


def test_deviation_is_that_of_a_normal_distribution_whatever_a_few_faces_do(tmp_path, small_store, monkeypatch):
    values = np.random.default_rng(0).normal(3, 0.5, (20_000, len(NAMES)))
    values[:200] = 1000
    monkeypatch.setattr(neutral, "measure", lambda points: values)
    record = write_neutral(small_store, tmp_path / "neutral.json")
    assert all(figures == pytest.approx({"median": 3, "deviation": 0.5}, abs=0.02) for figures in record["units"].values())


def test_reference_that_ships_has_all_units():
    shipped = json.loads(NEUTRAL_FILE.read_text())
    assert list(shipped["units"]) == list(NAMES)
    assert shipped["faces"] == "4,781 neutral training faces of fer2013.csv"


def test_store_is_needed(tmp_path):
    with pytest.raises(StoreError, match="no feature store"):
        write_neutral(tmp_path / "none", tmp_path / "neutral.json")


def test_the_script_writes_where_it_is_told_to_and_nowhere_else(tmp_path, small_store):
    before = NEUTRAL_FILE.read_bytes()
    result = CliRunner().invoke(neutral.main, ["--store", str(small_store), "--out", str(tmp_path / "neutral.json")])
    assert result.output == f"{tmp_path / 'neutral.json'}: 2 neutral training faces of fer2013.csv\n"
    assert list(json.loads((tmp_path / "neutral.json").read_text())["units"]) == list(NAMES)
    assert NEUTRAL_FILE.read_bytes() == before
