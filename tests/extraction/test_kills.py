"""Extraction over several processes, stopped and killed."""

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from helpers.runs import assert_ended, assert_same, extracting, rows_in, session, shards, wait_until

from featfer.errors import FeatferError, StoreError
from featfer.extraction.run import extract
from featfer.features import Embedding, Landmarks
from featfer.store.opening import open_table
from featfer.store.store import Store


class Mortal(Landmarks):
    """Landmarks under the same fingerprint that kill the process computing them when a file is there, once."""

    engine_params = ("fuse",)

    def __init__(self, fuse=""):
        self.fuse = fuse

    def compute(self, faces):
        try:
            Path(self.fuse).unlink()
        except FileNotFoundError:
            return super().compute(faces)
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


@pytest.mark.slow
def test_two_processes_give_the_table_of_one(fer_csv, store, tmp_path, small_shards):
    features = [Embedding(), Landmarks()]
    assert extract(fer_csv, store, features, jobs=2).computed == 42
    extract(fer_csv, tmp_path / "one", features, jobs=1)
    assert len(shards(store)) == 2 * 6
    assert_same(open_table(store, features), open_table(tmp_path / "one", features))


def test_an_interrupted_run_keeps_its_finished_shards(fer_csv, store, small_shards, monkeypatch):
    put, left = Store.put_shard, iter(range(2))

    def put_two(self, key, shard):
        if next(left, None) is None:
            raise KeyboardInterrupt
        put(self, key, shard)
    monkeypatch.setattr(Store, "put_shard", put_two)
    with pytest.raises(KeyboardInterrupt):
        extract(fer_csv, store, [Landmarks()], jobs=1)
    monkeypatch.undo()
    assert rows_in(store) == 16
    with pytest.raises(StoreError, match="26 of 42 images have no landmarks yet; run the same `featfer extract` again"):
        open_table(store, [Landmarks()])
    assert extract(fer_csv, store, [Landmarks()], jobs=1).computed == 26


@pytest.mark.slow
def test_a_killed_worker_is_an_error_that_another_run_mends(fer_csv, store, small_shards, small_store):
    fuse = store.parent / "fuse"
    fuse.touch()
    with pytest.raises(FeatferError, match=r"a worker process was killed.*run the same command again"):
        extract(fer_csv, store, [Mortal(str(fuse))], jobs=2)
    kept = rows_in(store)
    assert kept < 42
    assert extract(fer_csv, store, [Mortal(str(fuse))], jobs=2).computed == 42 - kept
    assert_same(open_table(store, [Landmarks()]), open_table(small_store, [Landmarks()]))


@pytest.fixture
def start():
    """A function that starts `featfer extract`; what is left of it dies with the test."""
    with ExitStack() as stack:
        yield lambda *words: stack.enter_context(extracting(*words))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_a_run_killed_at_any_moment_goes_on_to_the_same_table(many, store, start, undisturbed):
    draw = np.random.default_rng()
    kept = []
    for jobs in ("1", "2"):
        process = start(many, store, "--jobs", jobs)
        target = len(shards(store)) + draw.integers(1, 12)
        wait_until(lambda target=target: len(shards(store)) >= target, process)
        time.sleep(draw.uniform(0, 0.05))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        kept.append(rows_in(store))
    assert 0 < kept[0] < kept[1]
    assert extract(many, store, [Landmarks()], jobs=1).computed == 320 - kept[1]
    assert_same(open_table(store, [Landmarks()]), undisturbed)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_workers_end_with_a_killed_parent(many, store, start):
    process = start(many, store, "--jobs", "2")
    wait_until(lambda: len(shards(store)) >= 3, process)
    process.kill()
    process.wait()
    assert_ended(process)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
@pytest.mark.parametrize(("send", "number", "code"), [
    (os.killpg, signal.SIGINT, 130), (os.killpg, signal.SIGTERM, 143), (os.kill, signal.SIGTERM, 143),
], ids=["ctrl-c", "sigterm-to-all", "sigterm-to-the-first"])
def test_a_stopped_run_ends_the_workers_and_keeps_what_is_finished(many, store, start, undisturbed, send, number, code):
    process = start(many, store, "--jobs", "2")
    wait_until(lambda: len(shards(store)) >= 3, process)
    assert len(session(process)) >= 3
    send(process.pid, number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == code
    said, = [line for line in errors.splitlines() if line.startswith("Stopped. What was finished is kept. ")]
    assert said.endswith(" of 320 images were computed; the same command computes the rest.")  # joblib may add a warning
    assert "Traceback" not in errors
    assert_ended(process)
    kept = rows_in(store)
    assert 24 <= kept < 320
    assert extract(many, store, [Landmarks()], jobs=1).computed == 320 - kept
    assert_same(open_table(store, [Landmarks()]), undisturbed)
