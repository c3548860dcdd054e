"""Damaged files of a store, and what writers that were stopped leave in it."""

import os
import time
from dataclasses import replace

import numpy as np
import pytest
from helpers.stores import fill, shard_of, shards, table_of

from featfer.errors import StoreError
from featfer.extraction.run import extract
from featfer.features import Embedding, Landmarks
from featfer.store.opening import open_table
from featfer.store.store import STALE_SECONDS


@pytest.fixture
def filled(tmp_path, fer_rows):
    """A Store with the landmarks of 12 rows in three shards."""
    return fill(tmp_path, fer_rows[:12])


def assert_named(filled, path):
    with pytest.raises(StoreError, match=r": damaged .*; run the same `featfer extract` again, which makes it anew") as caught:
        table_of(filled)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("share", [0, 0.3, 0.9, 0.999])
def test_a_truncated_shard_is_named(filled, share):
    path = shards(filled)[1]
    path.write_bytes(path.read_bytes()[:int(path.stat().st_size * share)])
    assert_named(filled, path)


def test_a_flipped_byte_in_the_values_is_named(filled):
    path = shards(filled)[1]
    content = bytearray(path.read_bytes())
    content[content.index(b"values.npy") + 500] ^= 0x10
    path.write_bytes(content)
    assert_named(filled, path)


def test_a_damaged_shard_is_set_aside_by_the_next_extraction_and_computed_again(filled, tmp_path):
    path, before = shards(filled)[1], table_of(filled)
    damaged = path.read_bytes()[:-100]
    path.write_bytes(damaged)
    summary = extract(tmp_path / "fer2013.csv", filled.folder, [Landmarks()], jobs=1)
    assert summary.computed == 4
    assert summary.damaged == [f"{path}: damaged (its checksum is not that of its content); set aside as {path.name}.damaged, "
                               "to be made anew"]
    assert path.with_name(f"{path.name}.damaged").read_bytes() == damaged
    np.testing.assert_array_equal(table_of(filled).features, before.features)
    assert extract(tmp_path / "fer2013.csv", filled.folder, [Landmarks()], jobs=1).damaged == []


def test_a_damaged_record_is_set_aside_and_made_again(filled, tmp_path):
    path, before = filled.folder / "sources" / f"{filled.find_source()}.npz", table_of(filled)
    path.write_bytes(b"")
    summary = extract(tmp_path / "fer2013.csv", filled.folder, [Landmarks()], jobs=1)
    assert (summary.computed, len(summary.damaged)) == (0, 1)
    assert table_of(filled).ids.tolist() == before.ids.tolist()


def test_a_damaged_fingerprint_is_written_again(filled, tmp_path):
    path = filled.folder / "features" / Landmarks().key / "fingerprint.json"
    path.write_text(path.read_text().replace('"version": ', '"version": 1'))  # still JSON
    with pytest.raises(StoreError, match=r"fingerprint\.json: damaged \(its folder is called by the digest of another\)"):
        table_of(filled)
    extract(tmp_path / "fer2013.csv", filled.folder, [Landmarks()], jobs=1)
    assert table_of(filled).fingerprints == [Landmarks().fingerprint]


def test_a_damaged_feature_does_not_affect_others(filled):
    other = filled.folder / "features" / Embedding().key
    filled.open_feature(Embedding())
    (other / "fingerprint.json").write_text("{")
    assert len(table_of(filled)) == 12
    assert len(open_table(filled.folder, [Landmarks()])) == 12


def test_what_another_process_sets_aside_meanwhile_is_no_error(filled, monkeypatch):
    path = shards(filled)[1]
    path.write_bytes(b"")
    monkeypatch.setattr("featfer.store.mending.find_damage",
                        lambda path: path.unlink() or "gone" if not path.stat().st_size else "")
    assert filled.mend([Landmarks().key]) == []
    monkeypatch.setattr(filled, "_shards", lambda key: [path, *shards(filled)])
    assert len(filled.stored_keys(Landmarks().key)) == 8


@pytest.mark.parametrize("changes", [
    {"status": np.full(3, 9, np.uint8)}, {"keys": np.array(["a", "b"])}, {"values": np.zeros(3, np.float32)},
    {"values": np.zeros((3, 4), np.int64)}, {"faces": np.array(["a", "b", "c"])}, {"boxes": np.zeros((2, 4), np.float32)}])
def test_a_shard_with_a_right_checksum_that_is_no_shard_is_refused(filled, changes):
    filled.put_shard(Landmarks().key, replace(shard_of(["a", "b", "c"]), **changes))
    with pytest.raises(StoreError, match=r"\.npz: damaged \(its "):
        table_of(filled)
    told, = filled.mend([Landmarks().key])
    assert ".npz: damaged (its " in told
    assert len(table_of(filled)) == 12


def test_a_shard_as_it_was_written_before_there_were_checksums_is_read(filled, tmp_path):
    before = table_of(filled)
    for path in shards(filled):
        with np.load(path) as file:
            arrays = dict(file)
        np.savez(path, **arrays)
    assert filled.check()["damaged"] == {}
    np.testing.assert_array_equal(table_of(filled).features, before.features)
    assert extract(tmp_path / "fer2013.csv", filled.folder, [Landmarks()], jobs=1).computed == 0


def test_check_names_all_that_is_damaged(filled):
    whole = filled.check()
    assert (whole["files"], whole["damaged"], whole["set_aside"]) == (1 + 1 + 1 + 3, {}, [])
    assert whole["bytes"] == sum(path.stat().st_size for path in filled.folder.rglob("*.*"))
    fingerprint = filled.folder / "features" / Landmarks().key / "fingerprint.json"
    damaged = [shards(filled)[0], shards(filled)[2], fingerprint, filled.folder / "sources" / f"{filled.find_source()}.npz"]
    for path in damaged:
        path.write_bytes(path.read_bytes()[:-1])
    assert set(filled.check()["damaged"]) == set(map(str, damaged))
    filled.mend([Landmarks().key])
    assert len(filled.check()["set_aside"]) == 3


def test_a_damaged_shard_deleted_is_computed_again(filled, tmp_path):
    before = table_of(filled)
    shards(filled)[1].unlink()
    assert extract(tmp_path / "fer2013.csv", filled.folder, [Landmarks()], jobs=1).computed == 4
    np.testing.assert_array_equal(table_of(filled).features, before.features)


def test_a_flipped_bit_anywhere_is_refused_or_changes_nothing(filled):
    path, whole = shards(filled)[0], table_of(filled)
    content = path.read_bytes()
    directory = content.index(b"PK\1\2")
    draw = np.random.default_rng(0)
    refused = 0
    for at in [*draw.choice(directory, 150, replace=False), *range(directory, len(content))]:
        damaged = bytearray(content)
        damaged[at] ^= 1 << draw.integers(8)
        path.write_bytes(damaged)
        try:
            table = table_of(filled)
        except StoreError as error:
            assert str(path) in str(error)
            refused += 1
            continue
        np.testing.assert_array_equal(table.features, whole.features)
        np.testing.assert_array_equal(table.boxes, whole.boxes)
    assert refused > 300


def test_a_damaged_record_of_a_source_is_named(filled):
    path = filled.folder / "sources" / f"{filled.find_source()}.npz"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(StoreError, match=f"{path.name}: damaged"):
        filled.find_source()


def test_a_damaged_fingerprint_is_named(filled):
    (filled.folder / "features" / Landmarks().key / "fingerprint.json").write_text("{")
    with pytest.raises(StoreError, match=r"fingerprint\.json: damaged"):
        table_of(filled)


def test_what_dead_writers_left_is_swept_out_and_fresh_work_is_left(filled):
    folder = filled.folder / "features" / Landmarks().key
    stale, fresh = folder / ".dead.npz.x1.part", folder / ".alive.npz.x2.part"
    stale_record = filled.folder / "sources" / ".dead.npz.x3.part"
    for path, age in ((stale, STALE_SECONDS + 60), (stale_record, STALE_SECONDS + 60), (fresh, STALE_SECONDS - 60)):
        path.write_bytes(b"half")
        os.utime(path, (time.time() - age,) * 2)
    filled.open_feature(Landmarks())
    assert not stale.exists() and not stale_record.exists()
    assert fresh.exists()
    assert len(table_of(filled)) == 12


def test_a_file_that_another_writer_renames_meanwhile_is_no_error(filled):
    (filled.folder / "features" / Landmarks().key / ".gone.npz.x3.part").symlink_to("nowhere")
    filled.open_feature(Landmarks())


def test_an_interrupted_shard_leaves_nothing(filled, monkeypatch):
    def interrupted(*args, **arrays):
        raise KeyboardInterrupt
    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        filled.put_shard(Landmarks().key, shard_of(["new"]))
    assert len(list((filled.folder / "features" / Landmarks().key).iterdir())) == 1 + 3


def test_a_feature_s_folder_without_anything_in_it_yet_is_no_damage(filled):
    (filled.folder / "features" / "begun-0123").mkdir()
    assert filled.check()["damaged"] == {}
