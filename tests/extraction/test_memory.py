"""The memory that an extraction takes, watched from outside."""

import sys
import time

import numpy as np
import psutil
import pytest
from helpers.fer2013 import USAGES
from helpers.runs import shards, started

IMAGES, SHARD_IMAGES = 8000, 128
# `featfer extract` that takes each whole image for a face: to look for one takes ten times as long.
COMMAND = f"""from functools import partial; from featfer.extraction import chunks, run; from featfer_cli.main import main
run.SHARD_IMAGES = {SHARD_IMAGES}; chunks.find_faces = partial(chunks.find_faces, detector='whole'); main()"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_images(tmp_path):
    words = ("-c", COMMAND, "extract", made(tmp_path / "made.csv"), "--store", tmp_path / "store", "--features", "crop",
             "--jobs", 1)
    seen = []
    with started(sys.executable, *words) as run:
        watched = psutil.Process(run.pid)
        while run.poll() is None:
            seen.append((SHARD_IMAGES * len(shards(tmp_path / "store")), watched.memory_info().rss))
            time.sleep(0.02)
        assert run.returncode == 0, run.stderr.read()
    early = max(size for done, size in seen if IMAGES * 0.05 < done < IMAGES * 0.2)
    late = max(size for done, size in seen if IMAGES * 0.8 < done < IMAGES * 0.98)
    assert late - early < 5 * 2**20, "one byte of each pixel kept would be 12 MiB"
    assert late < 600 * 2**20


def made(path):
    """Write a csv of random images in FER2013's form."""
    words, draw = np.array([str(value) for value in range(256)], object), np.random.default_rng(0)
    rows = (f"{i % 7},{' '.join(words[draw.integers(0, 256, 2304)])},{USAGES[i % 3]}\n" for i in range(IMAGES))
    with path.open("w") as file:
        file.writelines(["emotion,pixels,Usage\n", *rows])
    return path
