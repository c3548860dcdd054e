import json

import numpy as np
import pytest
from helpers.commands import refused, succeeded
from helpers.fer2013 import write_csv


@pytest.fixture
def source(tmp_path, fer_rows):
    """The 42 rows, the first of test being the first of train."""
    rows = list(fer_rows)
    rows[28] = (3, rows[0][1], "PrivateTest")
    return write_csv(tmp_path / "fer2013.csv", rows)


def test_text_has_tables_and_sentences(source):
    lines = succeeded("data", source, "--near", 0).splitlines()
    assert lines[0].split() == ["images", "train", "val", "test"]
    assert [line.split() for line in lines[1:9]][-1] == ["all", "14", "14", "14"]
    assert ["test:", "the", "same", "pixels", "1", "0", "0"] in [line.split() for line in lines]
    assert "1 group of exact copies, 2 images in all; groups with different labels: 1." in lines
    assert not any("nearly" in line for line in lines)
    assert lines[-1].startswith("fer2013.csv: 42 images in ")


def test_near_copies_are_found_by_default(source):
    assert "test: nearly the same, mirrored" in succeeded("data", source)


def test_the_recognized_form_of_the_source_is_printed(source):
    said = f"{source}: a csv of emotion and pixels, as FER2013; "
    assert said in succeeded("data", source, "--near", 0)
    assert json.loads(succeeded("data", source, "--near", 0, "--json"))["taken_for"][0].startswith(said)
    assert "'x' is none of" in refused("data", source, "--codes", "x")


def test_json_is_plain_data(source):
    data = json.loads(succeeded("data", source, "--near", 0, "--json"))
    assert data["classes"]["test"]["happy"] == 3
    assert data["copies"]["exact"]["by_split"]["test"] == {"train": 1, "val": 0, "test": 0}


def test_out_holds_page_pictures_and_table(tmp_path, source):
    printed = succeeded("data", source, "--out", tmp_path / "out", "--near", 3)
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"overview.md", "copies.csv", "classes.png", "conflicts.png", "near.png"} <= written
    assert all(f"written: {tmp_path / 'out' / name}\n" in printed for name in written)


def test_store_adds_a_line(tmp_path, source, small_store):
    assert "no face found" not in succeeded("data", source, "--near", 0)
    assert "holds no feature of all images" in refused("data", source, "--near", 0, "--store", small_store)
    assert "no face found" in succeeded("data", small_store.parent / "fer2013.csv", "--near", 0, "--store", small_store)


def test_absent_source_is_named(tmp_path):
    assert refused("data", tmp_path / "none.csv") == f"Error: {tmp_path / 'none.csv'}: no such file or folder"


def test_a_place_without_permission_is_named(tmp_path, source):
    (tmp_path / "file").write_text("")
    assert "cannot be written" in refused("data", source, "--near", 0, "--out", tmp_path / "file" / "out")


def test_near_is_a_number_of_pairs(source):
    assert "'--near'" in refused("data", source, "--near", -1)


@pytest.mark.slow
def test_real_rows(real_csv, tmp_path):
    data = json.loads(succeeded("data", real_csv, "--out", tmp_path / "out", "--json"))
    assert data["images"] == 300
    near = data["copies"]["near"]["by_split"]
    assert np.sum([list(row.values()) for row in near.values()]) < 100
