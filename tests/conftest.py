"""What the tests share: a photo, small FER2013 sources made from it, the real FER2013 where it is, a store, a bundle."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy and torch load: more threads slow such small arrays down

os.environ.pop("COLUMNS", None)  # pytest-xdist sets it; output is broken to fit it

import cv2
import matplotlib
import numpy as np
import pytest
from helpers.fer2013 import FER2013, USAGES, write_csv
from PIL import Image
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler

from featfer.bundle.persist import save
from featfer.extraction.run import extract
from featfer.features import Embedding, Landmarks
from featfer.labels import FER7
from featfer.store.opening import open_table
from featfer.store.table import FeatureTable
from featfer.training.classifier import train

# A shell that runs the tests in the background has them pass over Ctrl-C, and all programs that they start would too.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP"):  # nohup has them pass over it, too
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def photo():
    """Path of a photo with one face, 512x600: Grace Hopper, from matplotlib's wheel."""
    return Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"


@pytest.fixture(scope="session")
def crops(photo):
    """FER2013-like crops of that face, uint8 (42, 48, 48), all different."""
    grey = Image.open(photo).convert("L")
    draw = np.random.default_rng(0)
    boxes = [(170 + dx, 115 + dy, 380 + dx, 325 + dy) for dx, dy in draw.integers(-12, 13, (42, 2))]
    crops = np.stack([np.asarray(grey.crop(box).resize((48, 48))) for box in boxes])
    return np.clip(crops * draw.uniform(0.7, 1.2, (42, 1, 1)), 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def fer_rows(crops):
    """(label, pixels, usage) of 42 rows: in each usage two of each class."""
    return [(i % 7, image, USAGES[i // 14]) for i, image in enumerate(crops)]


@pytest.fixture
def fer_csv(tmp_path, fer_rows):
    """A FER2013 csv of 42 rows."""
    return write_csv(tmp_path / "fer2013.csv", fer_rows)


@pytest.fixture
def small_shards(monkeypatch):
    """Shards of 8 images, in this process and those that it starts."""
    monkeypatch.setattr("featfer.extraction.run.SHARD_IMAGES", 8)


@pytest.fixture(scope="session")
def many(tmp_path_factory, crops):
    """A csv of 320 crops, all different."""
    draw = np.random.default_rng(2)
    noisy = np.clip(crops[np.arange(320) % 42] + draw.integers(-8, 9, (320, 48, 48)), 0, 255).astype(np.uint8)
    rows = [(i % 7, image, USAGES[i % 3]) for i, image in enumerate(noisy)]
    return write_csv(tmp_path_factory.mktemp("many") / "fer2013.csv", rows)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory, many):
    """The table of those crops' landmarks, extracted in one go."""
    folder = tmp_path_factory.mktemp("undisturbed")
    extract(many, folder, [Landmarks()], jobs=1)
    return open_table(folder, [Landmarks()])


@pytest.fixture
def fer_folders(tmp_path, fer_rows):
    """The same 42 rows as class folders."""
    root = tmp_path / "fer2013"
    for i, (label, pixels, usage) in enumerate(fer_rows):
        folder = root / ("train" if usage == "Training" else "test") / FER7.names[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{usage}_{i:05d}.png")
    return root


@pytest.fixture(scope="session")
def real_csv(tmp_path_factory):
    """The first 100 rows of each split of the real FER2013, as its csv."""
    if not (FER2013 / "unpack.py").exists():
        pytest.skip(f"FER2013 is not at {FER2013}")
    path = tmp_path_factory.mktemp("real") / "fer2013.csv"
    subprocess.run([sys.executable, FER2013 / "unpack.py", "--csv", path, "--limit", "100"], check=True)
    return path


@pytest.fixture(scope="session")
def small_store(tmp_path_factory, fer_rows):
    """Folder of a store with embedding and landmarks of the 42 rows; not to be written to."""
    folder = tmp_path_factory.mktemp("small")
    extract(write_csv(folder / "fer2013.csv", fer_rows), folder / "store", [Embedding(), Landmarks()], jobs=1)
    return folder / "store"


@pytest.fixture(scope="session")
def small_table(small_store):
    """The FeatureTable of the embeddings of the 42 rows."""
    return open_table(small_store, [Embedding()])


@pytest.fixture(scope="session")
def made_table():
    """A FeatureTable with 350 rows of made-up embeddings in seven clouds that a classifier can tell apart."""
    draw = np.random.default_rng(1)
    labels = np.arange(350) % 7
    features = (draw.normal(size=(7, 128))[labels] + draw.normal(size=(350, 128))).astype(np.float32)
    return FeatureTable(
        features=features, labels=labels.astype(np.int16), splits=np.repeat(["train", "val", "test"], [210, 70, 70]),
        status=np.full(350, "found"), groups=np.arange(350, dtype=np.int32), ids=np.array([f"made:{i}" for i in range(350)]),
        boxes=np.zeros((350, 4), np.float32), label_set=FER7, fingerprints=[Embedding().fingerprint], source="made")


@pytest.fixture(scope="session")
def noisy_table(made_table):
    """The same rows in clouds that lie into each other: an SVM is wrong about some of val."""
    noise = np.random.default_rng(2).normal(scale=3, size=made_table.features.shape)
    return replace(made_table, features=(made_table.features + noise).astype(np.float32))


@pytest.fixture(scope="session")
def bundle(tmp_path_factory, made_table):
    """Path of a trained SVM's bundle, with its card; not to be written to."""
    path = tmp_path_factory.mktemp("bundle") / "svm.joblib"
    recognizer, card = train(made_table, "svm", score_test=True, command="featfer train")
    save(recognizer, path, card)
    return path


@pytest.fixture(scope="module")
def one_thread():
    """Small batches run faster in one thread, above all where other processes keep the cores busy."""
    import torch
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def clouds():
    """Features (900, 20), scaled, and labels of four classes that overlap."""
    X, y = make_classification(900, 20, n_informative=8, n_classes=4, random_state=0)
    return StandardScaler().fit_transform(X).astype(np.float32), y


@pytest.fixture(scope="module")
def texture():
    """A frame with texture everywhere, uint8 (480, 640, 3)."""
    noise = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    return cv2.resize(noise, (640, 480), interpolation=cv2.INTER_CUBIC)
