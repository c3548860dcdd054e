"""The files of a store: what is in them must fit together, whatever their checksum says."""

import json
from dataclasses import replace

import numpy as np
import pytest
from helpers.fer2013 import write_csv

from featfer.datasets import find_dataset
from featfer.errors import StoreError
from featfer.features import Landmarks
from featfer.store.files import find_damage, read_fingerprint, read_record, read_shard
from featfer.store.store import Store
from featfer.utils.npz import read_arrays, write_arrays


@pytest.fixture
def store(tmp_path, fer_rows):
    """A Store with the record of five rows."""
    made = Store(tmp_path / "store", create=True)
    csv = write_csv(tmp_path / "fer2013.csv", fer_rows[:5])
    made.put_source(find_dataset(csv).load(csv))
    made.open_feature(Landmarks())
    return made


@pytest.fixture
def record(store):
    return store.files()[0]


@pytest.mark.parametrize(("changes", "said"), [
    ({"labels": np.zeros(4, np.int16)}, "its columns do not fit together"),
    ({"votes": np.zeros((2, 7), np.float32)}, "its columns do not fit together"),
    ({"keys": np.arange(5, dtype=np.int16)}, "its columns are not of the kinds that they should be"),
    ({"labels": np.full(5, 7, np.int16)}, "its labels are not those of its label set"),
    ({"labels": np.full(5, -2, np.int16)}, "its labels are not those of its label set"),
    ({"meta": np.array("[]")}, "label_set"), ({"meta": np.array("{")}, "Expecting"),
    ({"meta": np.array('{"label_set": null, "name": 3}')}, "do not fit"), ({"meta": np.array("[" * 9000)}, "recursion")])
def test_a_record_that_does_not_fit_together_is_refused(record, changes, said):
    write_arrays(record, **(read_arrays(record) | changes))
    with pytest.raises(StoreError, match=rf"\.npz: damaged \(.*{said}.*\); run the same `featfer extract` again"):
        read_record(record)
    assert said in find_damage(record)


def test_what_is_whole_is_read(store, record):
    arrays, meta = read_record(record)
    assert (list(arrays), len(arrays["ids"]), meta["name"]) == (["ids", "keys", "labels", "splits"], 5, "fer2013.csv")
    assert read_fingerprint(store.files()[1]) == Landmarks().fingerprint
    assert [find_damage(path) for path in store.files()] == ["", ""]


def test_any_change_of_a_fingerprint_is_seen(store):
    path = store.files()[1]
    fingerprint = json.loads(path.read_text())
    for changed in ({**fingerprint, "version": 99}, {**fingerprint, "feature": "pixels"}, {}, []):
        path.write_text(json.dumps(changed))
        with pytest.raises(StoreError, match=r"fingerprint\.json: damaged"):
            read_fingerprint(path)


def test_a_pipe_in_the_place_of_a_shard_is_refused_at_once(store):
    import os
    path = store.files()[1].with_name("a.npz")
    os.mkfifo(path)
    with pytest.raises(StoreError, match=r"a\.npz: damaged \(a pipe or a device, not a file\)"):
        read_shard(path)
    assert "a pipe" in store.check()["damaged"][str(path)]


def test_a_source_of_no_labels_is_whole(store, tmp_path):
    faceset = find_dataset(tmp_path / "fer2013.csv").load(tmp_path / "fer2013.csv")
    store.put_source(replace(faceset, digest="f" * 64, label_set=None, labels=np.full(5, -1, np.int16)))
    assert store.check()["damaged"] == {}
