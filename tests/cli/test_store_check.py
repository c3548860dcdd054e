import json

import numpy as np
import pytest
from helpers.commands import refused, run, succeeded
from helpers.fer2013 import write_csv

from featfer.features import Landmarks
from featfer.store.store import Store


@pytest.fixture
def filled(tmp_path, fer_rows):
    """Path of a store of four rows, made by the command."""
    write_csv(tmp_path / "fer2013.csv", fer_rows[:4])
    succeeded("extract", tmp_path / "fer2013.csv", "--store", tmp_path / "store", "--features", "landmarks", "--jobs", 1)
    return tmp_path / "store"


def test_an_undamaged_store_is_reported_as_such(filled):
    said = succeeded("store", "check", filled)
    assert said.startswith(f"{filled}: 4 files, 0.0 MB, none damaged.")
    assert json.loads(succeeded("store", "check", filled, "--json"))["damaged"] == {}


def test_damaged_files_are_named_and_repaired_by_extract(filled, tmp_path):
    *_, shard = Store(filled).files()
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 4
    shard.write_bytes(content)
    result = run("store", "check", filled)
    assert (result.exit_code, result.stderr) == (1, f"Error: {shard}: damaged (its checksum is not that of its content)\n")
    assert "4 files, 0.0 MB, 1 damaged." in result.stdout
    as_json = run("store", "check", filled, "--json")
    assert (as_json.exit_code, list(json.loads(as_json.stdout)["damaged"])) == (1, [str(shard)])

    extract = ("extract", tmp_path / "fer2013.csv", "--store", filled, "--features", "landmarks", "--jobs", 1)
    train = ("train", "--clf", "lda", "--out", tmp_path / "a.joblib", "--store", filled, "--features", "landmarks")
    assert refused(*train).startswith(f"Error: {shard}: damaged (its checksum is not that of its content); run the same")
    mended = run(*extract)
    taken_for, said = mended.stderr.split("\n", 1)
    assert taken_for.startswith(f"{tmp_path / 'fer2013.csv'}: a csv of emotion and pixels")
    assert (mended.exit_code, said) == (
        0, f"Warning: {shard}: damaged (its checksum is not that of its content); set aside as {shard.name}.damaged, to be "
        "made anew.\n")
    assert "Extracted 4 distinct images" in mended.stdout
    assert succeeded("store", "check", filled).splitlines() == [
        f"{shard}.damaged: was damaged and set aside; delete it when you like", f"{filled}: 4 files, 0.0 MB, none damaged."]
    assert np.isfinite(Store(filled).table([Landmarks().key], Store(filled).find_source()).features).all()


def test_a_folder_that_is_no_store_is_refused(tmp_path):
    assert "no feature store" in refused("store", "check", tmp_path)
