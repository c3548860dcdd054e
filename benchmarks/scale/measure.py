"""Measure what extraction takes for each image, and how far a store, a record of a source and a scheduler carry.

    python -m benchmarks.scale.measure fer2013.csv                all of it, an hour on two cores
    python -m benchmarks.scale.measure fer2013.csv rates tasks    some of it, beside what was measured before
    python -m benchmarks.scale.measure made.csv --make 100000     only writes a csv of so many random images in FER2013's form

Writes results.json, then the page. Needs the extra `cluster`.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.common import FEATFER, read_results, write_first_rows, write_results
from benchmarks.scale import growing, page
from benchmarks.scale.apart import measure_apart
from benchmarks.scale.cluster import run_workers
from benchmarks.scale.page import FEW, IMAGES_A_SHARD, IMAGES_A_TASK, MADE, MORE
from featfer.utils.environment import count_cores, describe_machine, find_versions

MODULE = "benchmarks.scale.measure"
RATED = {  # what is extracted -> options
    "crop (detection alone)": ["--features", "crop"],
    "embedding": ["--features", "embedding"],
    "embedding, bf16": ["--features", "embedding", "--precision", "bf16"],
    "embedding, int8": ["--features", "embedding", "--precision", "int8"],
    "stage:128x8x8": ["--features", "stage:128x8x8"],
    "stage:128x8x8, plain and flip": ["--features", "stage:128x8x8", "--views", "plain,flip"],
}
SIDES = 224, 425                  # pixels of photos with one face each
SHARDS = 1_000, 10_000, 30_000
RECORDS = 100_000, 1_000_000, 4_000_000
TASKS = 1_000
LIBRARIES = "python", "featfer", "numpy", "pandas", "openvino", "torch", "dlib", "dlib-bin"


def main():
    source, *chosen = sys.argv[1:]
    if chosen[:1] == ["--make"]:
        return write_made(source, int(chosen[1]))
    result = read_results(page.RESULTS)
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen or PARTS:
            measured = PARTS[name](source, Path(folder))
            result[name] = {"date": date.today().isoformat(), "machine": describe_machine(), "measured": measured}
    result["versions"] = {name: version for name, version in find_versions().items() if name in LIBRARIES}
    write_results(page.RESULTS, result)
    page.main()


# -- what an image takes ----------------------------------------------------------------------------------------------

def rates(source, folder):
    """Return core-seconds and bytes an image of each thing to extract, detection included, of FER2013 and of photos."""
    few, more = write_first_rows(source, folder / "few.csv", FEW), write_first_rows(source, folder / "more.csv", MORE)
    found = {name: rate(few, more, options, folder) for name, options in RATED.items()}
    for side in SIDES:
        few, more = (photos(folder / f"{side}-{count}", side, count) for count in (16, 144))
        found[f"embedding, photos of {side}x{side}"] = rate(few, more, RATED["embedding"], folder)
    return found


def rate(few, more, options, folder):
    """Return what an image more takes; core-seconds are of all processes."""
    runs = []
    for source in (few, more):
        with tempfile.TemporaryDirectory(dir=folder) as store:
            before = children()
            words = ["extract", source, "--store", store, "--jobs", "1", "--json", *options]
            done = subprocess.run([*FEATFER, *map(str, words)], check=True, capture_output=True, text=True)
            size = sum(path.stat().st_size for path in Path(store).glob("features/*/*.npz"))
            runs.append((children() - before, size, json.loads(done.stdout)["computed"]))
    (start, size, images), (seconds, more_size, more_images) = runs
    return {"core_seconds": (seconds - start) / (more_images - images), "bytes": (more_size - size) / (more_images - images),
            "start": start - images * (seconds - start) / (more_images - images)}


def children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def photos(folder, side, count):
    """Write so many distinct photos of a face, JPEG; return their folder."""
    import matplotlib
    from PIL import Image
    portrait = Image.open(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg").crop((80, 30, 460, 410))
    pixels, draw = np.asarray(portrait.resize((side, side))), np.random.default_rng(0)
    folder.mkdir()
    for i in range(count):
        noisy = np.clip(pixels + draw.integers(-6, 7, pixels.shape), 0, 255).astype(np.uint8)
        Image.fromarray(noisy).save(folder / f"{i:05}.jpg", quality=95)
    return folder


# -- memory -----------------------------------------------------------------------------------------------------------

def write_made(path, count):
    """Write a csv of random images in FER2013's form, 8 kB each."""
    words, draw = np.array([str(value) for value in range(256)], object), np.random.default_rng(0)
    with open(path, "w") as file:
        file.write("emotion,pixels,Usage\n")
        for i in range(count):
            usage = ("Training", "PublicTest", "PrivateTest")[(i % 10 > 7) + (i % 10 > 8)]
            file.write(f"{i % 7},{' '.join(words[draw.integers(0, 256, 48 * 48)].tolist())},{usage}\n")


def memory(source, folder):
    """Return (images stored, MiB resident of each process) every second of an extraction of crops in all cores' processes."""
    import psutil
    write_made(folder / "made.csv", MADE)
    words = "extract", folder / "made.csv", "--store", folder / "memory", "--features", "crop", "--jobs", count_cores()
    run = subprocess.Popen([*FEATFER, *map(str, words)])
    first, seen = psutil.Process(run.pid), []
    while run.poll() is None:
        images = 256 * len(list((folder / "memory").glob("features/*/*.npz")))
        seen.append((images, [resident(process) for process in (first, *first.children(recursive=True))]))
        time.sleep(1)
    return decades(seen)


def resident(process):
    import psutil
    try:
        return process.memory_info().rss / 2**20
    except psutil.Error:
        return 0


def decades(seen):
    """Return the most MiB in each tenth of the images, of all processes and of the first; 0: while rows are read."""
    tenth, peaks = MADE / 10, {}
    for images, sizes in seen:
        peaks.setdefault(min(MADE, int(-(-images // tenth) * tenth)), []).append((sum(sizes), sizes[0]))
    return {images: [max(total for total, _ in pairs), max(first for _, first in pairs)] for images, pairs in peaks.items()}


# -- how far it carries -----------------------------------------------------------------------------------------------

def stores(source, folder):
    """Return seconds and MiB of opening stores of many small shards, by number of shards."""
    found = {}
    for count in SHARDS:
        path = folder / f"shards{count}"
        done = measure_apart(MODULE, "make_store", path, count)
        parts = {name: measure_apart(MODULE, name, path) for name in ("listed", "keys_read", "checked")}
        found[count] = {"write": done["seconds"], **parts}
        subprocess.run(["rm", "-rf", path], check=True)
    return found


def make_store(path, count):
    from featfer.features import make_features
    from featfer.store.shards import Shard
    from featfer.store.store import Store
    store, feature = Store(path, create=True), make_features("geometry")[0]
    store.open_feature(feature)
    os.fsync = lambda file: None  # these need not outlast a power cut
    n, values = IMAGES_A_SHARD, np.zeros((IMAGES_A_SHARD, feature.size), feature.dtype)
    for i in range(int(count)):
        keys = np.array([f"{i * n + j:032x}" for j in range(n)])
        store.put_shard(feature.key, Shard(keys, np.zeros(n, np.uint16), np.zeros(n, np.uint8), np.zeros((n, 4), np.float32),
                                           np.zeros(n, np.float32), values, np.full(n, "")))


def listed(path):
    return len(list(opened(path).files()))


def keys_read(path):
    store = opened(path)
    return len(store.stored_keys(next(iter(store.fingerprints()))))


def checked(path):
    store = opened(path)
    return store.mend(list(store.fingerprints()))


def opened(path):
    from featfer.store.store import Store
    return Store(path)


def records(source, folder):
    """Return seconds, MiB and bytes a row of keeping the record of a source and of cutting it into chunks, by rows."""
    found = {}
    for count in RECORDS:
        path = folder / f"record{count}"
        found[count] = {name: measure_apart(MODULE, name, path, count) for name in ("record_written", "record_cut")}
        found[count]["bytes"] = next(path.glob("sources/*.npz")).stat().st_size / count
    return found


def record_written(path, count):
    from featfer.datasets.faceset import FaceSet
    from featfer.labels import FER7
    from featfer.store.store import Store
    count = int(count)
    keys = np.frombuffer(np.random.default_rng(0).bytes(16 * count).hex().encode(), "S32").astype(str)
    names = np.array([f"train/happy/{i:09}.jpg" for i in range(count)])
    Store(path, create=True).put_source(FaceSet(Path("made"), "made", (), names, keys, np.zeros(count, np.int16),
                                                np.full(count, "train"), FER7))


def record_cut(path, count):
    from featfer.extraction.chunks import cut_chunks, find_incomplete
    keys = opened(path).source("made")[0]["key"]
    return len([find_incomplete(keys, rows, [set()]) for rows in cut_chunks(keys, IMAGES_A_TASK)])


# -- a scheduler ------------------------------------------------------------------------------------------------------

def tasks(source, folder):
    """Return tasks/s of a scheduler with two workers that do nothing, core-seconds of each side a task, and a task's bytes."""
    import pickle

    from featfer.datasets.faceset import ImageFiles
    from featfer.extraction.chunks import Chunk
    from featfer.extraction.cluster import _connect_client, _run_tasks
    names = [f"train/happy/{i:09}.jpg" for i in range(IMAGES_A_TASK)]
    chunk = Chunk(list(ImageFiles("/data/faces", names)), [f"{i:032x}" for i in range(IMAGES_A_TASK)],
                  np.ones((IMAGES_A_TASK, 1), bool), True)
    with run_workers(folder, 2) as (address, scheduler), _connect_client(address) as client:
        client.wait_for_workers(2)
        start, before = time.perf_counter(), (time.process_time(), sum(scheduler.cpu_times()[:2]))
        submit = lambda chunk: client.submit(done_at_once, pickle.dumps(chunk), pure=False)  # noqa: E731
        assert sum(_run_tasks(client, address, submit, iter([chunk] * TASKS))) == TASKS
        used = time.process_time() - before[0], sum(scheduler.cpu_times()[:2]) - before[1]
        return {"tasks_a_second": TASKS / (time.perf_counter() - start), "bytes": len(pickle.dumps(chunk)),
                "client": used[0] / TASKS, "scheduler": used[1] / TASKS}


def done_at_once(chunk):
    return 1


PARTS = {"rates": rates, "speeds": growing.speeds, "memory": memory, "rows": growing.rows, "stores": stores,
         "records": records, "tasks": tasks}


if __name__ == "__main__":
    main()
