"""Measure featfer's speed as ratios against dlib's own, in one run on the same cores.

    python -m benchmarks.speed.measure fer2013.csv

Writes results.json, then the page. Takes about 10 minutes on two cores; leave the machine alone. The page also shows
precision.json and training.json, which benchmarks.speed.precision and benchmarks.speed.training write.
"""

import itertools
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from unittest import mock

from benchmarks.common import FEATFER, call_apart, write_first_rows, write_results
from benchmarks.speed import page
from benchmarks.speed.page import IMAGES, LOOP_IMAGES, ROUNDS
from featfer.features.dlibnet.face_net import FaceNet
from featfer.features.dlibnet.feature import PRECISIONS
from featfer.features.embedding import _load_dlib_network
from featfer.utils.environment import count_cores
from featfer.utils.provenance import describe_origin

MODULE = "benchmarks.speed.measure"
FEATURES = ["--features", "embedding,landmarks"]
SIZES = (("embedding, one by one", "embedding", 1), ("embedding, batches of 16", "embedding", 16),
         ("128x8x8, batches of 16", "128x8x8", 16))


def main():
    source = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        few, many = write_first_rows(source, folder / "few.csv", 256), write_first_rows(source, folder / "many.csv", IMAGES)
        result = {"network": call_apart(MODULE, "network", few, threads=1), "extraction": extraction(many, folder),
                  "steps": call_apart(MODULE, "steps", few, threads=1), "full": full(source, folder),
                  "memory": memory(source, folder), "help": seconds_of("--help", rounds=10), "predict": predict(folder),
                  "training": training()}
    result |= describe_origin()
    write_results(page.RESULTS, result)
    page.main()


def network(source):
    """Return {what: {way: {median, least, most}}}, ms a face of each way to compute the network of aligned chips, on one core.

    What: the embedding one by one and in batches, and the map 128x8x8 in batches. The rounds of the ways alternate.
    """
    import numpy as np
    import torch

    from featfer.features.dlibnet.feature import DLIB, network_weights
    from featfer.features.dlibnet.torch_net import build_network

    weights = network_weights(DLIB)
    chips = np.stack([face.chip() for face in find_test_faces(source)])
    nets = {name: build_network(weights).to(dtype=dtype, memory_format=torch.channels_last)
            for name, dtype in (("torch float32", torch.float32), ("torch bf16", torch.bfloat16))}
    found = {}
    for what, stage, batch in SIZES:
        ways = {"dlib": embed_by_dlib} if stage == "embedding" else {}
        ways |= {name: run_torch(net, stage) for name, net in nets.items()} | {"ONNX Runtime float32": run_onnx(stage)}
        ways |= {f"OpenVINO {precision}": FaceNet(weights, (stage,), precision) for precision in PRECISIONS}
        found[what] = time_ways(ways, chips, batch)
    return found


def time_ways(ways, chips, batch):
    """Return {way: {median, least, most}}, ms a face, of functions of chips, in alternating rounds."""
    times = {name: [] for name in ways}
    for round_, (name, run) in itertools.product(range(ROUNDS + 1), ways.items()):
        some = chips[:32] if name == "dlib" else chips
        start = time.perf_counter()
        for at in range(0, len(some), batch):
            run(some[at:at + batch])
        if round_:  # the first one warms up
            times[name].append((time.perf_counter() - start) * 1000 / len(some))
    return {name: {"median": statistics.median(all_), "least": min(all_), "most": max(all_)} for name, all_ in times.items()}


def embed_by_dlib(chips):
    """Return the embedding of each chip, by dlib."""
    return _load_dlib_network().compute_face_descriptor(list(chips))


def run_torch(net, stage):
    """Return a function of chips, uint8 (n, 150, 150, 3), that runs a network of torch up to a stage."""
    import torch

    def run(chips):
        with torch.inference_mode():
            return net(torch.from_numpy(chips), (stage,))
    return run


def run_onnx(stage):
    """Return a function of chips, uint8 (n, 150, 150, 3), that runs the network by ONNX Runtime on one core."""
    import onnxruntime

    from featfer.exporting.networks import _export
    from featfer.exporting.stages import StageValues
    from featfer.features import Embedding, Stage

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    model = _export(StageValues([Embedding() if stage == "embedding" else Stage(stage)]), (150, 150, 3), "network")
    session = onnxruntime.InferenceSession(model.SerializeToString(), settings)
    name = session.get_inputs()[0].name
    return lambda chips: session.run(None, {name: chips.astype("float32")})


def steps(source):
    """Return ms a face of each step of an extraction, on one core."""
    from featfer.datasets import find_dataset
    from featfer.faces import find_faces
    from featfer.features import Embedding

    images = find_dataset(source).load(source).images
    found, pixels, faces = {}, [], []
    for name, work in (("read a row of the csv", lambda: pixels.extend(image.read() for image in images)),
                       ("find the face", lambda: faces.extend(find_faces(image)[0] for image in pixels)),
                       ("5 landmarks", lambda: [face.points(5) for face in faces]),
                       ("68 landmarks", lambda: [face.points(68) for face in faces]),
                       ("cut out the chip", lambda: [face.chip() for face in faces]),
                       *((f"embedding, {precision}", partial(Embedding(precision=precision).transform, faces))
                         for precision in PRECISIONS)):
        start = time.perf_counter()
        work()
        found[name] = (time.perf_counter() - start) * 1000 / len(images)
    return found


def find_test_faces(source):
    """Return the Face of each image of a data set."""
    from featfer.datasets import find_dataset
    from featfer.faces import find_faces
    return [find_faces(image.read())[0] for image in find_dataset(source).load(source).images]


def extraction(source, folder):
    """Return images/s of the loop that a user of dlib would write, and of `featfer extract`, in as many processes."""
    jobs = count_cores()
    bounds = [LOOP_IMAGES * i // jobs for i in range(jobs + 1)]
    start = time.perf_counter()
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        list(pool.map(dlib_loop, [source] * jobs, bounds[:-1], bounds[1:]))
    loop = time.perf_counter() - start
    ours = {f"featfer, {precision}": IMAGES / seconds_of("extract", source, "--store", folder / f"loop-{precision}", *FEATURES,
                                                         "--precision", precision, "--jobs", jobs) for precision in PRECISIONS}
    return {"processes": jobs, "dlib loop": LOOP_IMAGES / loop, **ours}


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
    result["auto"] = seconds_of("extract", source, "--store", folder / "auto", "--precision", "auto")
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


def predict(folder):
    """Return the median seconds of `featfer predict` of one photo, each time in a new process."""
    import skimage
    shutil.copy(f"{skimage.data_dir}/astronaut.png", folder)
    return seconds_of("predict", folder / "astronaut.png", rounds=12)


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
