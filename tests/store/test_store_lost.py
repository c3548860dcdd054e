"""Stores that lost a part, before or while they are written to."""

import errno
import json
import shutil

import pytest
from helpers.commands import refused, succeeded
from helpers.runs import extracted, shards, when_computing

from featfer.errors import DataError, StoreError
from featfer.features import Landmarks
from featfer.store.opening import open_table
from featfer.store.store import Store

KEY = Landmarks().key


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


# -- the marker -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("left", [("sources", "features"), ("sources",), ("features",)])
def test_a_store_without_its_marker_is_used_and_marked_again(fer_csv, store, left):
    extracted(fer_csv, store)
    (store / "store.json").unlink()
    for part in {"sources", "features"} - set(left):
        shutil.rmtree(store / part)
    (store / ".store.json.a1.part").write_text("{")
    Store(store)
    assert not (store / "store.json").exists()  # reading changes nothing
    assert extracted(fer_csv, store).computed == (0 if "features" in left else 42)
    assert json.loads((store / "store.json").read_text()) == {"format": 1}
    assert len(open_table(store, [Landmarks()])) == 42


def test_commands_read_a_store_without_its_marker(fer_csv, store, tmp_path):
    extracted(fer_csv, store)
    (store / "store.json").unlink()
    assert "none damaged" in succeeded("store", "check", store)
    succeeded("table", "--store", store, "--features", "landmarks", "--out", tmp_path / "t.npz")
    assert "1 shard and 1 source added" in succeeded("store", "merge", tmp_path / "whole", store)


@pytest.mark.parametrize("other", ["sources/notes.txt", "features/holiday.png", "thesis.tex"])
def test_folders_of_these_names_with_other_things_are_no_store(store, fer_csv, other):
    for part in ("sources", "features"):
        (store / part).mkdir(parents=True)
    (store / other).write_text("")
    assert "a folder with other things in it" in refused("extract", fer_csv, "--store", store)
    assert "no feature store" in refused("store", "check", store)


# -- a store that goes in mid-run -------------------------------------------------------------------------------------

@pytest.mark.parametrize("part", ["", "sources", "features", f"features/{KEY}"])
@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_store_that_goes_in_mid_run_is_an_error_and_the_next_run_is_whole(fer_csv, store, small_shards, monkeypatch, part,
                                                                            is_replaced):
    def remove():
        shutil.rmtree(store / part)
        if is_replaced:
            (store / part).write_text("a file")
    with monkeypatch.context() as patch:
        when_computing(patch, 10, remove)
        with pytest.raises(StoreError, match=r"run the same `featfer extract` again"):
            extracted(fer_csv, store)
    if is_replaced:
        (store / part).unlink()
    assert extracted(fer_csv, store).found == 42
    assert len(open_table(store, [Landmarks()])) == 42


def test_shards_that_go_in_mid_run_are_an_error(fer_csv, store, small_shards, monkeypatch):
    with monkeypatch.context() as patch:
        when_computing(patch, 20, lambda: [path.unlink() for path in shards(store)])
        with pytest.raises(StoreError, match=r"16 of 42 images are missing in it, though they were computed"):
            extracted(fer_csv, store)
    assert extracted(fer_csv, store).computed == 16


def test_a_shard_that_may_not_be_read_is_not_set_aside(fer_csv, store, monkeypatch):
    from featfer.utils import npz
    extracted(fer_csv, store)

    def refused(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))
    with monkeypatch.context() as patch:
        patch.setattr(npz, "open_regular", refused)
        with pytest.raises(DataError, match=r"\.npz: cannot be read \(Permission denied\)"):
            extracted(fer_csv, store)
        with pytest.raises(DataError, match=r"\.npz: cannot be read \(Permission denied\)"):
            open_table(store, [Landmarks()])
    assert not list(store.rglob("*.damaged"))
    assert extracted(fer_csv, store).computed == 0


