import json
import os
import subprocess
import sys
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from helpers.fer2013 import write_csv
from helpers.stores import fill, shard_of, shards, table_of

from featfer.datasets import find_dataset
from featfer.errors import StoreError, WriteError
from featfer.extraction.run import extract
from featfer.features import Embedding, Landmarks
from featfer.labels import FER7, LabelSet
from featfer.store.files import read_shard
from featfer.store.opening import open_table
from featfer.store.shards import Shard
from featfer.store.store import Store

WRITER = """
import sys
from featfer.extraction import run
from featfer.features import Landmarks
run.SHARD_IMAGES = 4
run.extract(sys.argv[1], sys.argv[2], [Landmarks()], jobs=1)
"""


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store", create=True)


@pytest.fixture
def filled(tmp_path, fer_rows):
    """A Store with the landmarks of 12 rows in three shards."""
    return fill(tmp_path, fer_rows[:12])


def test_a_table_takes_little_more_memory_than_its_features(tmp_path, fer_rows, monkeypatch):
    monkeypatch.setattr("featfer.extraction.run.SHARD_IMAGES", 1)
    extract(write_csv(tmp_path / "fer2013.csv", fer_rows[:12]), tmp_path / "store", [Landmarks()], jobs=1)
    store = Store(tmp_path / "store")
    narrow = table_of(store)
    for path in shards(store):
        shard = Shard(**read_shard(path, Shard.__dataclass_fields__))
        store.put_shard(Landmarks().key, replace(shard, values=np.tile(shard.values, 1500)))
    tracemalloc.start()
    wide = table_of(store)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.array_equal(wide.features, np.tile(narrow.features, 1500))
    assert wide.features.nbytes < peak < 1.5 * wide.features.nbytes


def test_a_new_store_has_a_marker(tmp_path):
    Store(tmp_path / "new" / "store", create=True)
    assert json.loads((tmp_path / "new" / "store" / "store.json").read_text()) == {"format": 1}
    assert Store(tmp_path / "new" / "store").fingerprints() == {}


def test_a_store_that_is_not_there_is_not_made_unasked(tmp_path):
    with pytest.raises(StoreError, match=r"no feature store; `featfer extract SOURCE --store .*nowhere` makes one"):
        Store(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_an_empty_folder_becomes_a_store(tmp_path):
    assert Store(tmp_path, create=True).folder == tmp_path


def test_a_folder_with_other_things_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(StoreError, match="a folder with other things in it; name a new or empty one"):
        Store(tmp_path, create=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_store_whose_maker_was_killed_is_made_again(tmp_path):
    (tmp_path / ".store.json.k3j2.part").write_text("")
    assert Store(tmp_path, create=True).fingerprints() == {}


@pytest.mark.parametrize("text", ['{"format": 99}', '{"name": "else"}'])
def test_a_store_of_another_version_is_refused(tmp_path, text):
    (tmp_path / "store.json").write_text(text)
    with pytest.raises(StoreError, match="a store of another version; extract again into a new folder"):
        Store(tmp_path, create=True)


@pytest.mark.parametrize("text", ["", "{", "[1]", "1"])
def test_a_damaged_marker_is_refused(tmp_path, text):
    (tmp_path / "store.json").write_text(text)
    with pytest.raises(StoreError, match=r"store\.json: damaged"):
        Store(tmp_path)


def test_a_store_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "store"):
        with pytest.raises(WriteError, match=r"cannot be written \("):
            Store(folder, create=True)


@pytest.mark.parametrize("part", ["features", "sources"])
def test_a_store_that_cannot_be_written_to_is_an_error(tmp_path, fer_csv, store, part):
    (store.folder / part).write_text("a file where the folder should be")
    with pytest.raises(WriteError, match=rf"{part}.*: cannot be written \("):
        extract(fer_csv, store.folder, [Landmarks()], jobs=1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_store_is_an_error(filled, fer_csv):
    filled.folder.chmod(0o555)
    (filled.folder / "sources").chmod(0o555)
    try:
        with pytest.raises(WriteError, match=r"cannot be written \(Permission denied\)"):
            extract(fer_csv, filled.folder, [Landmarks()], jobs=1)
    finally:
        filled.folder.chmod(0o755)
        (filled.folder / "sources").chmod(0o755)


def test_a_source_is_recorded_row_by_row(store, fer_csv):
    faceset = find_dataset(fer_csv).load(fer_csv)
    store.put_source(faceset)
    rows, meta = store.source(faceset.digest)
    assert rows["id"].tolist() == [f"fer2013:{line}" for line in range(2, 44)]
    assert rows["label"].tolist() == [i % 7 for i in range(42)]
    assert rows["split"].tolist() == ["train"] * 14 + ["val"] * 14 + ["test"] * 14
    assert rows["key"].nunique() == 42
    assert meta == {"name": "fer2013.csv", "label_set": "fer7", "label_names": list(FER7.names), "drawn": "",
                    "skipped": [], "kind": faceset.kind, "notes": [], "path": str(fer_csv.absolute())}


def test_subjects_votes_and_affect_are_kept_for_each_face(filled, tmp_path):
    faceset = find_dataset(tmp_path / "fer2013.csv").load(tmp_path / "fer2013.csv")
    votes, affect = np.eye(7, dtype=np.float32)[faceset.labels], np.linspace(-1, 1, 24, dtype=np.float32).reshape(12, 2)
    subjects = np.array([f"S{i:03}" for i in range(12)])
    copies = [*range(12), 3]  # the last is a copy of the fourth, of another subject
    filled.put_source(replace(
        faceset, digest="f" * 64, name="annotated", ids=np.array([*faceset.ids, "copy"]), keys=faceset.keys[copies],
        labels=faceset.labels[copies], splits=faceset.splits[copies], subjects=np.array([*subjects, "S999"]),
        votes=votes[copies], affect=affect[copies]))
    filled.put_shard(Landmarks().key, replace(shard_of([faceset.keys[0]]), faces=np.ones(1, np.uint16)))  # a second face
    table = filled.table([Landmarks().key], filled.find_source("annotated"))
    assert table.subjects.tolist() == ["S000", *subjects, "S999"]
    np.testing.assert_array_equal(table.votes.argmax(axis=1), table.labels)
    np.testing.assert_array_equal(table.affect, affect[[0, *copies]])
    assert table.source == "annotated"


def test_a_source_without_them_has_none(filled):
    table = table_of(filled)
    assert (table.subjects, table.votes, table.affect) == (None, None, None)


def test_a_label_set_that_is_not_known_here_is_kept(filled, tmp_path):
    faceset = find_dataset(tmp_path / "fer2013.csv").load(tmp_path / "fer2013.csv")
    zoo = LabelSet("zoo", ("bored", "calm", "eager", "shy", "sly", "tired", "upset"))
    filled.put_source(replace(faceset, digest="f" * 64, name="zoo", label_set=zoo))
    assert filled.table([Landmarks().key], filled.find_source("zoo")).label_set == zoo


def test_an_unknown_source_has_no_record(store):
    assert store.source("0" * 64) is None


def test_find_source_in_an_empty_store(store):
    with pytest.raises(StoreError, match="no source; it holds nothing"):
        store.find_source()


def test_several_sources_are_listed(tmp_path, store, fer_rows):
    paths = [write_csv(tmp_path / name, rows) for name, rows in (("a.csv", fer_rows[:3]), ("b.csv", fer_rows[3:6]))]
    digests = [find_dataset(path).digest(path) for path in paths]
    for path in paths:
        store.put_source(find_dataset(path).load(path))
    with pytest.raises(StoreError, match=r"more than one source; it holds .*Choose with --source NAME") as caught:
        store.find_source()
    assert all(f"{path.name} ({digest[:8]})" in str(caught.value) for path, digest in zip(paths, digests, strict=True))
    assert store.find_source("b.csv") == store.find_source(digests[1][:8]) == digests[1]
    with pytest.raises(StoreError, match=r"no source named 'c\.csv'; it holds"):
        store.find_source("c.csv")


def test_the_only_source_needs_no_name(filled, tmp_path):
    assert filled.find_source() == find_dataset(tmp_path / "fer2013.csv").digest(tmp_path / "fer2013.csv")


def test_a_feature_is_kept_with_its_fingerprint(filled):
    assert filled.fingerprints() == {Landmarks().key: Landmarks().fingerprint}


def test_stored_keys_are_those_of_every_shard(filled):
    rows, _ = filled.source(filled.find_source())
    assert len(shards(filled)) == 3
    assert filled.stored_keys(Landmarks().key) == set(rows["key"])
    assert filled.stored_keys(Embedding().key) == set()


def test_a_shard_put_twice_changes_nothing(filled):
    before, content = table_of(filled), {path: path.read_bytes() for path in shards(filled)}
    for path in shards(filled):
        with np.load(path) as file:
            filled.put_shard(Landmarks().key, Shard(**file))
    assert {path: path.read_bytes() for path in shards(filled)} == content
    np.testing.assert_array_equal(table_of(filled).features, before.features)


def test_images_that_stand_in_two_shards_have_one_row(filled):
    before = table_of(filled)
    with np.load(shards(filled)[0]) as first, np.load(shards(filled)[1]) as second:
        both = Shard.join([Shard(**first), Shard(**second)])
    filled.put_shard(Landmarks().key, both)
    assert len(shards(filled)) == 4
    np.testing.assert_array_equal(table_of(filled).features, before.features)
    assert len(table_of(filled)) == 12


def test_shards_of_other_images_do_not_show_in_the_table(filled):
    filled.put_shard(Landmarks().key, shard_of(["another image"]))
    assert len(table_of(filled)) == 12


def test_a_table_of_a_feature_that_was_never_extracted(filled):
    with pytest.raises(StoreError, match=r"no embedding-\w+ in it; run `featfer extract` first"):
        filled.table([Embedding().key], filled.find_source())


def test_a_table_of_a_part_names_how_much_is_missing(filled):
    shards(filled)[0].unlink()
    with pytest.raises(StoreError, match="4 of 12 images have no landmarks yet; run the same `featfer extract` again"):
        table_of(filled)


def test_duplicates_have_one_group(tmp_path, fer_rows):
    rows = [fer_rows[0], fer_rows[1], (3, fer_rows[0][1], "PrivateTest")]
    extract(write_csv(tmp_path / "fer2013.csv", rows), tmp_path / "store", [Landmarks()], jobs=1)
    table = open_table(tmp_path / "store", [Landmarks()])
    assert table.groups.tolist() == [0, 1, 0]
    assert table.labels.tolist() == [0, 1, 3]
    np.testing.assert_array_equal(table.features[0], table.features[2])


def test_shards_of_other_widths_are_refused(filled):
    filled.put_shard(Landmarks().key, replace(shard_of(["a"]), values=np.zeros((1, 7), np.float32)))
    with pytest.raises(StoreError, match="its shards do not fit together"):
        table_of(filled)


@pytest.mark.slow
def test_two_processes_may_fill_one_store_at_once(tmp_path, fer_csv, small_store):
    command = [sys.executable, "-c", WRITER, fer_csv, tmp_path / "store"]
    writers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(writer.communicate(timeout=120)[1], writer.returncode) for writer in writers] == [("", 0), ("", 0)]
    table, alone = open_table(tmp_path / "store", [Landmarks()]), open_table(small_store, [Landmarks()])
    np.testing.assert_allclose(table.features, alone.features, atol=1e-6)
    for name in ("labels", "splits", "status", "groups", "ids", "boxes"):
        np.testing.assert_array_equal(getattr(table, name), getattr(alone, name))
    assert not list((tmp_path / "store").rglob("*.part"))


def test_of_data_sets_of_one_name_the_newest_is_used(tmp_path, store, fer_rows):
    digests = []
    for i in range(2):
        (tmp_path / str(i)).mkdir()
        path = write_csv(tmp_path / str(i) / "fer.csv", fer_rows[i:i + 3])
        store.put_source(find_dataset(path).load(path))
        digests.append(find_dataset(path).digest(path))
        os.utime(store.folder / "sources" / f"{digests[-1]}.npz", (1000 + i, 1000 + i))
    assert store.find_source() == store.find_source("fer.csv") == digests[1]
    assert store.find_source(digests[0]) == digests[0]
