"""Measure stores from a thousand to a million rows, and extraction by more images, processes and workers."""

import shutil
import subprocess
import time
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.common import FEATFER, write_first_rows
from benchmarks.scale.apart import measure_apart
from benchmarks.scale.cluster import run_workers

MODULE = "benchmarks.scale.growing"
ROWS = 1_000, 10_000, 100_000, 1_000_000
ROWS_A_SHARD = 256
IMAGES = 1_000, 8_000, 28_000
MANY = 8_000
START = 256  # images of a run whose seconds are taken off: it is nearly all start-up
PROCESSES = 1, 2
FEATURE = "embedding"
NAME = "made"


# -- rows of a store --------------------------------------------------------------------------------------------------

def rows(source, folder):
    """Return {rows of a store: {what is done with it: {"seconds", "mib"}}}."""
    found = {}
    for count in ROWS:
        path = folder / f"rows{count}"
        measure_apart(MODULE, "write_rows", path, count)
        found[count] = {"table_read": measure_apart(MODULE, "table_read", path),
                        "files_checked": measure_apart("benchmarks.scale.measure", "checked", path),
                        "resumed": measure_apart(MODULE, "resumed", path)}
        shutil.rmtree(path)
    return found


def write_rows(path, count):
    """Write a store of random embeddings and the record of their source."""
    from featfer.datasets.faceset import FaceSet
    from featfer.features import make_features
    from featfer.labels import FER7
    from featfer.store.shards import Shard
    from featfer.store.store import Store

    store, (feature,), draw, count = Store(path, create=True), make_features(FEATURE), np.random.default_rng(0), int(count)
    keys = np.array([f"{row:032x}" for row in range(count)])
    names, labels = np.array([f"train/{row}.jpg" for row in range(count)]), (np.arange(count) % 7).astype(np.int16)
    store.put_source(FaceSet(Path(NAME), NAME, (), names, keys, labels, np.full(count, "train"), FER7))
    store.open_feature(feature)
    for first in range(0, count, ROWS_A_SHARD):
        some = keys[first:first + ROWS_A_SHARD]
        values = draw.normal(size=(len(some), feature.size)).astype(feature.dtype)
        store.put_shard(feature.key, Shard(some, np.zeros(len(some), np.uint16), np.zeros(len(some), np.uint8),
                                           np.zeros((len(some), 4), np.float32), np.zeros(len(some), np.float32), values,
                                           np.full(len(some), "")))


def table_read(path):
    """Open the table: all rows in memory, as for training."""
    from featfer.store.opening import open_table
    return len(open_table(path, FEATURE))


def resumed(path):
    """Find what is missing, as a run of `featfer extract` does where nothing is."""
    from featfer.extraction.chunks import cut_chunks, find_incomplete
    from featfer.store.store import Store
    store = Store(path)
    keys = store.source(NAME)[0]["key"]
    stored = [store.stored_keys(key) for key in store.fingerprints()]
    return sum(len(find_incomplete(keys, some, stored)[0]) for some in cut_chunks(keys, ROWS_A_SHARD))


# -- images, processes and workers ------------------------------------------------------------------------------------

def speeds(source, folder):
    """Return images/s of extracting embeddings: {"growth": {images: rate}, "processes" and "workers": {number: rate}}."""
    measure = partial(rate, source, folder)
    found = {"growth": {count: measure(count, "--jobs", PROCESSES[-1]) for count in IMAGES},
             "processes": {number: measure(MANY, "--jobs", number) for number in PROCESSES}, "workers": {}}
    for number in PROCESSES:
        with run_workers(folder, number) as (address, _):
            found["workers"][number] = measure(MANY, "--scheduler", address)
    return found


def rate(source, folder, count, *options):
    """Return images/s of an extraction, without what the start of the run takes; the first run wakes workers up."""
    few, more = (write_first_rows(source, folder / f"first{images}.csv", images) for images in (START, count))
    seconds = [_extract(some, folder, options) for some in (few, few, more)]
    return (count - START) / (seconds[2] - seconds[1])


def _extract(source, folder, options):
    """Return the seconds of an extraction into a new store."""
    store = folder / "speed"
    start = time.perf_counter()
    subprocess.run([*FEATFER, "extract", source, "--store", store, "--features", FEATURE, *map(str, options)], check=True,
                   capture_output=True)
    seconds = time.perf_counter() - start
    shutil.rmtree(store)
    return seconds
