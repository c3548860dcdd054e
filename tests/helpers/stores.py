"""What the tests of stores share: one with landmarks, and what lies in it."""

import numpy as np
import pytest
from helpers.fer2013 import write_csv

from featfer.extraction.run import extract
from featfer.features import Landmarks
from featfer.store.shards import Shard
from featfer.store.store import Store


def fill(folder, rows):
    """Return a Store with the landmarks of rows, four in a shard, beside the csv that they are from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("featfer.extraction.run.SHARD_IMAGES", 4)
        extract(write_csv(folder / "fer2013.csv", rows), folder / "store", [Landmarks()], jobs=1)
    return Store(folder / "store")


def shard_of(keys, value=1.0):
    n = len(keys)
    return Shard(np.array(keys), np.zeros(n, np.uint16), np.zeros(n, np.uint8), np.zeros((n, 4), np.float32),
                 np.ones(n, np.float32), np.full((n, 136), value, np.float32), np.full(n, ""))


def shards(store):
    return sorted((store.folder / "features" / Landmarks().key).glob("*.npz"))


def table_of(store):
    return store.table([Landmarks().key], store.find_source())
