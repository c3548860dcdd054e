"""Changed files, and what is made of each: read, refused in a line, or a fault: a traceback, a hang, a crash, memory."""

import json
import os
import random
import resource
import select
import signal
import time
import traceback
import warnings
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from robustness.changes import changed

from featfer.errors import FeatferError

SECONDS = 20           # that a case may take
MEMORY = 3 << 30       # bytes that it may add to what the libraries take
BATCH = 100            # cases that a process tries before another takes over
LONGEST_MESSAGE = 2000

@dataclass
class Target:
    """A kind of file, examples of it, and what reads it.

    read: function from the path of a changed file to nothing; raises FeatferError for what it refuses
    seeds: {name of a file: its content}; text: whether words are exchanged in it
    entry: name of what is read, where that is not the changed file; fixed: further files, which are not changed
    forge: share of the files of arrays whose checksums are right, as an author of bad files would have them
    """

    name: str
    read: object
    seeds: dict
    text: bool = False
    entry: str | None = None
    fixed: dict = field(default_factory=dict)
    forge: float = 0.0


@dataclass
class Tally:
    """What came of some cases: how many were read and refused; faults, a line each; the longest, in seconds."""

    read: int = 0
    refused: int = 0
    faults: list = field(default_factory=list)
    slowest: float = 0.0

    def add(self, outcome, seconds):
        self.slowest = max(self.slowest, seconds)
        if outcome in ("read", "refused"):
            setattr(self, outcome, getattr(self, outcome) + 1)
        else:
            self.faults.append(outcome)


class Hang(BaseException):
    """A case took too long."""


# -- one case ---------------------------------------------------------------------------------------------------------

def outcome_of(read, path):
    """Return "read", "refused", or what went wrong, in a line."""
    try:
        with in_time(SECONDS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read(path)
    except FeatferError as error:
        said = str(error)
        return "refused" if 0 < len(said) < LONGEST_MESSAGE and said.isprintable() else f"a message of no line: {said[:100]!r}"
    except Hang:
        return f"hang: more than {SECONDS} s"
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        last = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in last if "/featfer/" in frame.filename] or last
        return f"{type(error).__name__}: {str(error)[:150]!r} in {os.path.basename(ours[-1].filename)}, {ours[-1].name}"
    return "read"


@contextmanager
def in_time(seconds):
    """Raise Hang in a block that takes longer; in the main thread only."""
    def stop(number, frame):
        raise Hang
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def place(target, folder):
    """Write a target's examples below a folder."""
    for name, content in (target.seeds | target.fixed).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def cases(target, folder, seed, start, count):
    """Yield (number, path of a changed file) of some cases, each the same in every run."""
    for number in range(start, start + count):
        name, content = changed(target, random.Random(f"{target.name} {seed} {number}"))
        (folder / name).write_bytes(content)
        yield number, folder / (target.entry or name)
        (folder / name).write_bytes(target.seeds[name])  # of several files, one is changed at a time


# -- many, in processes of their own ----------------------------------------------------------------------------------

def fuzz(target, folder, seconds, seed=0, kept=None):
    """Return the Tally of changed files, as many as there is time for, each batch in a process with bounded memory.

    kept: folder for the files that were faults
    """
    tally, start, end = Tally(), 0, time.monotonic() + seconds
    place(target, folder)
    while time.monotonic() < end:
        start = _batch(target, folder, seed, start, end, tally, kept)
    return tally


def _batch(target, folder, seed, start, end, tally, kept):
    """Try some cases in a process of their own; return the number of the next case."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _try_all(target, folder, seed, start, end, writing)
    os.close(writing)
    number = start - 1
    for line in _lines(reading, child):
        number, outcome, took = json.loads(line)
        tally.add(outcome, took)
        if outcome not in ("read", "refused"):
            _keep(target, seed, number, kept)
    _, status = os.waitpid(child, 0)
    if status:
        number += 1
        tally.add("hang: killed" if status == signal.SIGKILL else f"crash: the process ended with status {status}", 0.0)
        _keep(target, seed, number, kept)
    return number + 1


def _lines(reading, child):
    """Yield the lines that a process writes; kill it where none comes for long."""
    rest = b""
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        while True:
            if not select.select([pipe], [], [], 3 * SECONDS)[0]:
                os.kill(child, signal.SIGKILL)
                return
            if not (block := pipe.read(1 << 16)):
                return
            *lines, rest = (rest + block).split(b"\n")
            yield from lines


def _try_all(target, folder, seed, start, end, writing):
    """Try cases, write a line on each, and end this process."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    try:
        for number, path in cases(target, folder, seed, start, BATCH):
            signal.alarm(0)
            began = time.monotonic()
            outcome = outcome_of(target.read, path)
            os.write(writing, (json.dumps([number, outcome, time.monotonic() - began]) + "\n").encode())
            if time.monotonic() > end:
                break
    except BaseException:  # noqa: BLE001 - nothing may come out of here
        os._exit(1)
    os._exit(0)


def _keep(target, seed, number, kept):
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
        name, content = changed(target, random.Random(f"{target.name} {seed} {number}"))
        (kept / f"{target.name.replace(' ', '-').replace('/', '-')}-{number}-{os.path.basename(name)}").write_bytes(content)


def joined(tallies):
    """Return how often each fault came, the most frequent first."""
    return Counter(fault for tally in tallies for fault in tally.faults).most_common()
