"""Extraction by the workers of a real Dask scheduler on this machine."""

import os
import pickle
import re
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.fer2013 import write_csv
from helpers.runs import assert_ended, assert_same, extracting, rows_in, shards, started, wait_until

from featfer.datasets import find_dataset
from featfer.datasets.affectnet import FacesInPhotos
from featfer.datasets.faceset import ImageFiles
from featfer.datasets.fer2013 import CsvImages
from featfer.errors import ClusterError, MissingError, ParameterError
from featfer.extraction import cluster
from featfer.extraction import run as extraction
from featfer.extraction.chunks import Chunk
from featfer.extraction.cluster import ClusterJob
from featfer.extraction.run import extract
from featfer.features import Embedding, Landmarks
from featfer.store.opening import open_table
from featfer.store.store import Store
from featfer.utils.environment import count_threads

DASK = Path(sys.executable).with_name("dask")
on_linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")


@pytest.fixture
def stack():
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def shared():
    with ExitStack() as stack:
        yield stack


def scheduling(stack, folder):
    """Start a scheduler, which needs no featfer; return it and its address."""
    file = folder / "scheduler.json"
    code = "import sys; sys.modules['featfer'] = None; from distributed.cli.dask_scheduler import main; main()"
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", file)
    scheduler = stack.enter_context(started(sys.executable, "-c", code, *options))
    wait_until(file.exists, scheduler)
    time.sleep(0.1)  # it may still be writing
    address = next(part for part in file.read_text().split('"') if part.startswith("tcp://"))
    return scheduler, address


def working(stack, folder, address, threads=1):
    """Start a worker of one process."""
    words = ("worker", address, "--no-nanny", "--no-dashboard", "--nthreads", threads, "--local-directory", folder)
    return stack.enter_context(started(DASK, *words))


@pytest.fixture(scope="module")
def cluster_of_two(shared, tmp_path_factory):
    """The address of a scheduler with two workers of one thread each."""
    folder = tmp_path_factory.mktemp("cluster")
    _, address = scheduling(shared, folder)
    for _ in range(2):
        working(shared, folder, address)
    return address


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def job(tmp_path, fer_csv):
    """A job that this process can do."""
    Store(tmp_path / "store", create=True)
    (tmp_path / "store" / "marker").touch()
    image, features = find_dataset(fer_csv).load(fer_csv).images[0], [Landmarks()]
    return ClusterJob(tmp_path / "store", features, {}, [Landmarks().key], cluster.version("featfer"),
                      tmp_path / "store" / "marker", (image, cluster._fingerprint_image(image)))


# -- what goes through the scheduler ----------------------------------------------------------------------------------

PLACE = Path("/data/sets/of/faces")


@pytest.mark.parametrize("images", [
    CsvImages(PLACE / "fer2013.csv", (0, 1, 2), range(10**8, 10**8 + 256 * 9000, 9000)),
    ImageFiles(PLACE, [f"train/happy/Training_{i:08d}.jpg" for i in range(256)]),
    FacesInPhotos(PLACE, [f"{i}/{i:056x}.jpg" for i in range(256)], [(1000 + i, i, 300, 300 + i) for i in range(256)]),
], ids=["csv", "files", "photos"])
def test_a_task_is_small(job, images):
    keys = [f"{i:032x}" for i in range(256)]
    chunk = cluster._make_absolute(Chunk(list(images), keys, np.ones((256, 2), bool), True))
    assert len(pickle.dumps((job, chunk))) < 160 * 256  # a row of FER2013 has 2,304 pixels


def test_references_hold_in_another_folder(fer_csv, monkeypatch, tmp_path):
    monkeypatch.chdir(fer_csv.parent)
    images = find_dataset("fer2013.csv").load("fer2013.csv").images
    chunk = cluster._make_absolute(Chunk([images[3]], ["3"], np.ones((1, 1), bool), True))
    monkeypatch.chdir("/")
    np.testing.assert_array_equal(chunk.references[0].read(), find_dataset(fer_csv).load(fer_csv).images[3].read())


# -- the result -------------------------------------------------------------------------------------------------------

@pytest.mark.slow
def test_workers_give_the_table_of_one_process_and_load_models_once(tmp_path, fer_rows, store, cluster_of_two, monkeypatch):
    from distributed import Client
    monkeypatch.setattr(extraction, "SHARD_IMAGES", 4)
    features, csv = [Embedding(), Landmarks()], write_csv(tmp_path / "fer2013.csv", fer_rows[:20])
    monkeypatch.chdir(tmp_path)

    def loaded():
        """Run by a worker: how often its network was asked for and loaded."""
        from featfer.features.dlibnet.feature import _load_face_net
        return _load_face_net.cache_info()[:2]
    with Client(cluster_of_two) as client:
        client.wait_for_workers(2)
        summary = extract("fer2013.csv", "store", features, scheduler=cluster_of_two)
        counts = client.run(loaded).values()
    assert (summary.computed, summary.found, summary.missing) == (20, 20, 0)
    assert len(shards(store)) == 2 * 5
    assert max(loads for _, loads in counts) == 1
    assert sum(again + loads for again, loads in counts) == 5
    extract(csv, tmp_path / "one", features, jobs=1)
    assert_same(open_table(store, features), open_table(tmp_path / "one", features))
    assert sorted(path.name for path in store.iterdir()) == ["features", "sources", "store.json"]
    assert extract(csv, store, features, scheduler=cluster_of_two).computed == 0


@pytest.mark.slow
@on_linux
def test_a_killed_worker_loses_nothing(many, undisturbed, store, tmp_path, stack):
    _, address = scheduling(stack, tmp_path)
    first, second = (working(stack, tmp_path, address) for _ in range(2))
    run = stack.enter_context(extracting(many, store, "--scheduler", address))
    wait_until(lambda: len(shards(store)) >= 6, run)
    first.send_signal(signal.SIGKILL)
    at = len(shards(store))
    out, errors = run.communicate(timeout=60)
    assert at < 40, "killed too late to matter"
    assert (run.returncode, first.poll(), second.poll()) == (0, -signal.SIGKILL, None), errors
    assert out.startswith("Extracted 320 distinct images in ")
    assert "320 images: " in out
    assert_same(open_table(store, [Landmarks()]), undisturbed)


@pytest.mark.slow
@on_linux
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_cancels_the_rest_and_says_what_is_kept(many, undisturbed, store, cluster_of_two, number, code):
    from distributed import Client
    with extracting(many, store, "--scheduler", cluster_of_two) as run:
        wait_until(lambda: shards(store), run)
        os.kill(run.pid, number)
        _, errors = run.communicate(timeout=30)
        assert run.returncode == code
        assert_ended(run)
    stopped, = [line for line in errors.splitlines() if line.startswith("Stopped.")]
    computed = int(stopped.split("kept. ")[1].split()[0])
    assert stopped.endswith(f"{computed} of 320 images were computed; the same command computes the rest.")
    assert "Traceback" not in errors
    with Client(cluster_of_two) as client:
        end = time.monotonic() + 20
        while client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)) and time.monotonic() < end:
            time.sleep(0.05)
        assert client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)) == 0
    time.sleep(0.5)  # what a worker had begun it ends
    kept = rows_in(store)
    assert computed <= kept < 320
    assert extract(many, store, [Landmarks()], jobs=1).computed == 320 - kept
    assert_same(open_table(store, [Landmarks()]), undisturbed)


# -- what can be wrong ------------------------------------------------------------------------------------------------

def test_a_missing_package_is_named_with_its_extra(fer_csv, store, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingError, match=r"a cluster needs distributed; pip install .*\[cluster\]'"):
        extract(fer_csv, store, [Landmarks()], scheduler="tcp://127.0.0.1:8786")


@pytest.mark.filterwarnings("ignore:The 'ucx' protocol")
@pytest.mark.parametrize("address", [
    "tcp://127.0.0.1:9", "foo://127.0.0.1:8786", "127.0.0.1", "tcp://no-such-host.invalid:1", "inproc://", "inproc://127.0.0.1/1/1",
    "tls://127.0.0.1:9", "ucx://127.0.0.1:9", ""])
def test_an_address_without_a_scheduler_is_named(fer_csv, store, monkeypatch, address):
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with pytest.raises(ClusterError, match=f"scheduler '{address}': no answer .*start one with `dask scheduler`"):
        extract(fer_csv, store, [Landmarks()], scheduler=address)
    assert [path.name for path in store.iterdir() if path.suffix == ".part"] == []


@pytest.mark.slow
def test_a_scheduler_without_workers_is_named(fer_csv, store, tmp_path, stack, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 2)
    _, address = scheduling(stack, tmp_path)
    with pytest.raises(ClusterError, match=f"scheduler {address}: no workers; start some with `dask worker {address}"):
        extract(fer_csv, store, [Landmarks()], scheduler=address)


@pytest.mark.slow
def test_workers_that_cannot_do_it_are_named_before_anything_is_computed(fer_csv, store, cluster_of_two, monkeypatch):
    monkeypatch.setattr(cluster, "version", lambda name: "0.0.1")
    with pytest.raises(ClusterError, match=r"2 of 2 workers cannot do this: tcp://\S+ has featfer .*, this machine 0\.0\.1"):
        extract(fer_csv, store, [Landmarks()], scheduler=cluster_of_two)
    assert shards(store) == []


@pytest.mark.slow
@on_linux
@pytest.mark.parametrize(("lost", "reason"), [("scheduler", "lost ("), ("workers", "no workers for 2 s")])
def test_a_cluster_that_is_lost_is_an_error_that_another_run_mends(many, store, tmp_path, stack, lost, reason):
    scheduler, address = scheduling(stack, tmp_path)
    worker = working(stack, tmp_path, address)
    words = ("from featfer.extraction import cluster, run; run.SHARD_IMAGES = 8; cluster.PATIENCE = cluster.DESERTED = 2\n"
             "from featfer_cli.main import main; main()")
    run = stack.enter_context(started(sys.executable, "-c", words, "extract", many, "--store", store, "--features", "landmarks",
                                      "--scheduler", address))
    wait_until(lambda: len(shards(store)) >= 3, run)
    {"scheduler": scheduler, "workers": worker}[lost].send_signal(signal.SIGKILL)
    _, errors = run.communicate(timeout=30)
    assert run.returncode == 1
    assert f"Error: scheduler {address}: {reason}" in errors
    assert "Traceback" not in errors
    kept = rows_in(store)
    assert 24 <= kept < 320
    assert extract(many, store, [Landmarks()], jobs=1).computed == 320 - kept


@pytest.mark.slow
def test_a_worker_without_featfer_is_named(fer_csv, store, tmp_path, stack):
    _, address = scheduling(stack, tmp_path)
    words = ("import sys; sys.modules['featfer'] = None; from distributed.cli.dask_worker import main; main()", address,
             "--no-nanny", "--no-dashboard", "--local-directory", tmp_path)
    stack.enter_context(started(sys.executable, "-c", *words))
    with pytest.raises(ClusterError, match=r"1 of 1 workers cannot do this: tcp:.* has another featfer, or none"):
        extract(fer_csv, store, [Landmarks()], scheduler=address)


def test_a_worker_computes_with_as_many_threads_as_it_has(job, monkeypatch):
    import distributed
    import torch
    from threadpoolctl import threadpool_info
    worker = SimpleNamespace(address="tcp://here", state=SimpleNamespace(nthreads=2))
    monkeypatch.setattr(distributed, "get_worker", lambda: worker)

    def threads(*work):
        return torch.get_num_threads(), [count_threads(), *(pool["num_threads"] for pool in threadpool_info())]
    monkeypatch.setattr(cluster, "compute", threads)
    for worker.state.nthreads in (2, 1):
        mine, pools = cluster._compute_in_worker(replace(job, features=[Embedding()], keys=[Embedding().key]), None)
        assert mine == worker.state.nthreads
        assert set(pools) == {worker.state.nthreads}


def test_a_worker_that_can_do_it_finds_nothing_wrong(job):
    assert cluster._find_obstacle(job) == ""


@pytest.mark.parametrize(("changed", "reason"), [
    ({"version": "9.9"}, "has featfer .*, this machine 9.9: install the same"),
    ({"marker": Path("/nowhere/marker")}, "does not see the store .*: it has to be in a folder that all machines share"),
    ({"keys": ["landmarks-0"]}, "computes another landmarks, landmarks-.*, than this machine, landmarks-0"),
    ({"features": [Embedding(device="cuda:99")]}, "cannot compute this: device 'cuda:99' is not usable"),
    ({"folder": Path("/nowhere")}, r"cannot write to the store /nowhere \(No such file or directory\)"),
])
def test_what_a_worker_lacks_is_reported(job, changed, reason):
    assert re.match(reason, cluster._find_obstacle(replace(job, **changed)))


def test_a_worker_that_sees_another_data_set_is_reported(job, fer_csv, fer_rows):
    path = job.source[0].path
    write_csv(fer_csv, [(0, fer_rows[1][1][:, ::-1], "Training")])
    assert cluster._find_obstacle(job) == ("does not see the source as this machine does, which has to be at the same path on "
                                         f"all: {path}")
    fer_csv.unlink()
    assert cluster._find_obstacle(job).endswith("cannot be read (No such file or directory))")


def test_processes_of_this_machine_and_a_cluster_exclude_each_other(fer_csv, store):
    with pytest.raises(ParameterError, match="jobs 2: are processes of this machine"):
        extract(fer_csv, store, [Landmarks()], jobs=2, scheduler="tcp://127.0.0.1:8786")
    assert not store.exists()
