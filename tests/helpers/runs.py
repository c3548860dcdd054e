"""How the tests of extraction start it in processes of their own, wait for what happens there, and see that they end."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from featfer.extraction import chunks
from featfer.extraction.run import extract
from featfer.features import Landmarks

ARRAYS = ("features", "labels", "splits", "status", "groups", "ids", "boxes")

# `featfer extract` with shards of 8 images.
COMMAND = "from featfer.extraction import run; run.SHARD_IMAGES = 8; from featfer_cli.main import main; main()"


@contextmanager
def started(*words):
    """Start a program in a session of its own; what is left of it dies with the block."""
    process = subprocess.Popen([*map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               start_new_session=True)
    try:
        yield process
    finally:
        if session(process):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def extracting(source, store, *options):
    """Start `featfer extract` of landmarks with shards of 8 images."""
    return started(sys.executable, "-c", COMMAND, "extract", source, "--store", store, "--features", "landmarks", *options)


def session(process):
    """Return the ids of the living processes of the session that a process leads."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, leader = status.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(leader) == process.pid and state != "Z":
            found.append(int(status.parent.name))
    return found


def wait_until(happened, process, seconds=90):
    """Wait until something has happened, or the process has ended."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        if process.poll() is not None:
            return
        time.sleep(0.005)


def assert_ended(process):
    """Assert that all that a process started ends within ten seconds."""
    end = time.monotonic() + 10
    while session(process) and time.monotonic() < end:
        time.sleep(0.1)
    assert session(process) == []


def shards(store):
    return sorted(Path(store).glob("features/*/*.npz"))


def rows_in(store):
    return sum(len(np.load(path)["keys"]) for path in shards(store))


def assert_same(table, other):
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(table, name), getattr(other, name))


def extracted(source, store, **options):
    """Extract landmarks in this process; return the Summary."""
    return extract(source, store, [Landmarks()], jobs=1, **options)


def when_computing(monkeypatch, number, happen):
    """Let something happen before faces are looked for in an image, counted from 1."""
    seen, find = [], chunks.find_faces

    def find_faces(*args, **options):
        seen.append(1)
        if len(seen) == number:
            happen()
        return find(*args, **options)
    monkeypatch.setattr(chunks, "find_faces", find_faces)
