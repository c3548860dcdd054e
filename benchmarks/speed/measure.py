"""Measure featfer's speed as ratios against dlib's own, in one run on the same cores.

    python -m benchmarks.speed.measure fer2013.csv

Writes results.json, then the page. Takes about 10 minutes on two cores; leave the machine alone.
"""

import itertools
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from unittest import mock

from benchmarks.common import FEATFER, call_apart, write_first_rows, write_results
from benchmarks.speed import page
from benchmarks.speed.page import IMAGES, LOOP_IMAGES, ROUNDS
from featfer.utils.environment import count_cores
from featfer.utils.provenance import describe_origin

MODULE = "benchmarks.speed.measure"
FEATURES = ["--features", "embedding,landmarks"]


def main():
    source = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        few, many = write_first_rows(source, folder / "few.csv", 256), write_first_rows(source, folder / "many.csv", IMAGES)
        result = {"embedding": call_apart(MODULE, "embedding", few, threads=1), "extraction": extraction(many, folder),
                  "full": full(source, folder), "memory": memory(source, folder), "help": seconds_of("--help", rounds=10),
                  "training": training()}
    result |= describe_origin()
    write_results(page.RESULTS, result)
    page.main()


def embedding(source):
    """Return ms a face of each way to compute the embedding of aligned chips, medians of interleaved rounds."""
    from featfer.datasets import find_dataset
    from featfer.faces import find_faces
    from featfer.features import Embedding
    from featfer.features.dlibnet.feature import PRECISIONS

    faces = [find_faces(image.read())[0] for image in find_dataset(source).load(source).images]
    for face in faces:
        face.chip()
    ways = {"dlib": (Embedding(backend="dlib", batch=1), faces[:64]),
            **{f"featfer {precision}": (Embedding(precision=precision), faces) for precision in PRECISIONS}}
    times = {name: [] for name in ways}
    for way, some in ways.values():
        way.transform(some[:32])
    for _, (name, (way, some)) in itertools.product(range(ROUNDS), ways.items()):
        start = time.perf_counter()
        way.transform(some)
        times[name].append((time.perf_counter() - start) * 1000 / len(some))
    return {name: statistics.median(values) for name, values in times.items()}


def extraction(source, folder):
    """Return images/s of the loop that a user of dlib would write, and of `featfer extract`, in as many processes."""
    jobs = count_cores()
    bounds = [LOOP_IMAGES * i // jobs for i in range(jobs + 1)]
    start = time.perf_counter()
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        list(pool.map(dlib_loop, [source] * jobs, bounds[:-1], bounds[1:]))
    loop = time.perf_counter() - start
    ours = seconds_of("extract", source, "--store", folder / "loop", *FEATURES, "--jobs", jobs)
    return {"processes": jobs, "dlib loop": LOOP_IMAGES / loop, "featfer": IMAGES / ours}


def dlib_loop(source, first, last):
    """Detect, find 68 landmarks and embed with dlib alone, image by image, on 192-pixel enlargements."""
    import dlib
    import numpy as np
    import pandas as pd
    from PIL import Image

    from featfer.faces.dlib_models import find_model_file

    detect = dlib.get_frontal_face_detector()
    points = dlib.shape_predictor(str(find_model_file("shape_predictor_68_face_landmarks.dat")))
    network = dlib.face_recognition_model_v1(str(find_model_file("dlib_face_recognition_resnet_model_v1.dat")))
    for text in pd.read_csv(source, nrows=last)["pixels"][first:]:
        image = Image.fromarray(np.array(text.split(), np.uint8).reshape(48, 48)).resize((192, 192)).convert("RGB")
        image = np.asarray(image)
        boxes = detect(image) or [dlib.rectangle(0, 0, 191, 191)]
        network.compute_face_descriptor(image, points(image, boxes[0]))


def full(source, folder):
    """Return seconds of extracting the whole source, of doing so again, and of reading it back."""
    from featfer.features import Embedding
    from featfer.store.opening import open_table

    store = folder / "full"
    result = {run: seconds_of("extract", source, "--store", store) for run in ("extract", "again")}
    start = time.perf_counter()
    result["images"] = len(open_table(store, [Embedding()]))
    return {**result, "read": time.perf_counter() - start}


def memory(source, folder):
    """Return the peak memory, MiB, of extraction in one process, by number of images."""
    peaks = {}
    for count in (1000, 8000):
        rows = write_first_rows(source, folder / f"first{count}.csv", count)
        peaks[count] = call_apart(MODULE, "peak", rows, folder / f"memory{count}", threads=1)
    return peaks


def peak(source, store):
    """Extract here; return this process's peak memory in MiB."""
    from featfer.extraction.run import extract
    from featfer.features import make_features

    extract(source, store, make_features("embedding,landmarks"), jobs=1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def training():
    """Return seconds of fitting each classifier on FER2013's table, with scikit-learn alone and with Intel's twin of it."""
    from featfer.classifiers import make_classifier
    from featfer.features import Embedding
    from featfer.store.opening import open_table

    rows, seconds = open_table("fer2013", [Embedding()]).split("train"), {}
    for name, intelex in itertools.product(("svm", "rf"), (False, True)):
        patches = [mock.patch(f"featfer.classifiers.{user}.has_intelex", return_value=intelex) for user in ("intelex", "svm")]
        with patches[0], patches[1]:
            start = time.perf_counter()
            make_classifier(name).fit(rows.features, rows.labels)
        seconds.setdefault(name, []).append(time.perf_counter() - start)
    return seconds


def seconds_of(*words, rounds=1):
    """Return the median seconds of a featfer command."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        subprocess.run([*FEATFER, *map(str, words)], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    main()
