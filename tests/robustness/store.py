"""A store under faults: each ends in a clear error or a whole store, with the same table as a run that nothing disturbed."""

import errno
import os
import random
import signal
import subprocess
import time
from collections import Counter
from contextlib import contextmanager

import numpy as np
from robustness import seeds

from featfer.errors import FeatferError, StoreError, WriteError
from featfer.extraction import run
from featfer.features import make_features
from featfer.store.opening import open_table
from featfer.store.shards import Shard
from featfer.store.store import Store

IMAGES, SHARD = 42, 2   # small shards: much is written, and a kill is often amid it
WORDS = "pixels"
NOBODY = 65534
NOTHING_NAMED = "not named"


def source(folder, rows=IMAGES):
    """Write a FER2013 csv of some rows; return its path."""
    images = [np.roll(seeds.face(), (i % 7, i // 7), axis=(0, 1)) for i in range(rows)]
    lines = [f"{i % 7},{' '.join(map(str, image.ravel()))},{seeds.USAGES[i % 3]}" for i, image in enumerate(images)]
    (folder / "fer2013.csv").write_text("\n".join(["emotion,pixels,Usage", *lines, ""]))
    return folder / "fer2013.csv"


def fill(csv, store):
    """Extract in this process, with small shards."""
    before, run.SHARD_IMAGES = run.SHARD_IMAGES, SHARD
    try:
        return run.extract(csv, store, make_features(WORDS), jobs=1)
    finally:
        run.SHARD_IMAGES = before


def same(store, whole):
    """Say whether a store's table is that of another, value for value."""
    ours, theirs = (open_table(path, make_features(WORDS)) for path in (store, whole))
    return all(np.array_equal(getattr(ours, name), getattr(theirs, name), equal_nan=name in ("features", "boxes"))
               for name in ("features", "boxes", "labels", "splits", "status", "ids", "groups"))


def forked(work):
    """Run a function in a process of its own, quietly; return its number."""
    child = os.fork()
    if child:
        return child
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - nothing may come out of here
        os._exit(1)


def kills(folder, times, seed=0):
    """Kill an extraction at random moments, as kill -9 does, let the next go on, and begin anew whenever it is done."""
    csv, draw, outcomes = source(folder), random.Random(seed), Counter()
    begin = time.perf_counter()
    fill(csv, folder / "whole")
    seconds, number = time.perf_counter() - begin, 0
    for _ in range(times):
        store = folder / f"store{number}"
        child = forked(lambda store=store: fill(csv, store))
        time.sleep(draw.uniform(0, 0.7 * seconds))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        outcomes["finished before it was killed" if status == 0 else _state(store, folder / "whole")] += 1
        number += status == 0
    for done in range(number + 1):
        fill(csv, folder / f"store{done}")
        is_same = same(folder / f"store{done}", folder / "whole")
        outcomes["the same table in the end" if is_same else "FAULT: another table"] += 1
    return outcomes


def _state(store, whole):
    """Return what a killed run left, in words."""
    try:
        damaged = Store(store).check()["damaged"]
    except StoreError as error:
        return "no store yet" if "no feature store" in str(error) else f"FAULT: {error}"
    if damaged:
        return f"FAULT: damaged: {damaged}"
    try:
        return "whole" if same(store, whole) else "FAULT: another table"
    except StoreError as error:
        known = ("yet; run the same", "in it; run `featfer extract", "no source")
        return "a part, no file damaged" if any(text in str(error) for text in known) else f"FAULT: {error}"


def writers(folder, times, at_once=3, seed=0):
    """Let several processes fill one store at once, one of them killed in half of the cases."""
    csv, draw, outcomes = source(folder), random.Random(seed), Counter()
    fill(csv, folder / "whole")
    for number in range(times):
        store = folder / f"store{number}"
        children = [forked(lambda store=store: fill(csv, store)) for _ in range(at_once)]
        killed = children[0] if number % 2 else None
        if killed:
            time.sleep(draw.uniform(0, 0.5))
            os.kill(killed, signal.SIGKILL)
        ended = {child: os.waitpid(child, 0)[1] for child in children}
        if any(status for child, status in ended.items() if child != killed):
            outcomes["FAULT: a writer failed"] += 1
        elif Store(store).check()["damaged"] or not same(store, folder / "whole"):
            outcomes["FAULT: another table"] += 1
        else:
            outcomes["the same table"] += 1
    return outcomes


@contextmanager
def small_disk(folder, size):
    """A disk of so many bytes, for a `with` block; raises PermissionError where no disk can be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(options, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        done = False
    if not done:
        raise PermissionError("mounting a disk is for root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def full_disks(folder, sizes):
    """Extract to disks too small by more and less; then let them grow, and go on."""
    csv, outcomes = source(folder), Counter()
    fill(csv, folder / "whole")
    for size in sizes:
        with small_disk(folder / "disk", size) as disk:
            try:
                fill(csv, disk / "store")
                outcomes["it was large enough"] += 1
                continue
            except WriteError as error:
                is_named = "No space left on device" in str(error) and str(disk) in str(error)
                outcomes["the error names the file and the disk's end" if is_named else f"FAULT: {error}"] += 1
            state = _state(disk / "store", folder / "whole")
            if state.startswith("FAULT"):
                outcomes[state] += 1
            subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
            fill(csv, disk / "store")
            outcomes["the same table once there was room" if same(disk / "store", folder / "whole") else "FAULT: another"] += 1
    return outcomes


def refused_by_quota(folder):
    """Return why a shard of 160 kB cannot be written, where files may not be as large."""
    csv = source(folder, rows=2)
    store = Store(folder / "store", create=True)
    run.extract(csv, store.folder, make_features(WORDS), jobs=1)
    before = store.files()
    try:
        store.put_shard(make_features(WORDS)[0].key, Shard(
            np.array(["a"]), np.zeros(1, np.uint16), np.zeros(1, np.uint8), np.zeros((1, 4), np.float32),
            np.ones(1, np.float32), np.zeros((1, 40_000), np.float32), np.array([""])))
    except WriteError as error:
        is_clean = store.files() == before and not list(store.folder.rglob("*.part")) and error.errno == errno.EFBIG
        return error.strerror if is_clean else f"FAULT: {error}"
    return "FAULT: written"


def read_only(folder):
    """Extract to folders that may not be written to, as a user who is not root; read a whole one."""
    csv, outcomes = source(folder), Counter()
    fill(csv, folder / "whole")
    (folder / "empty").mkdir()
    Store(folder / "begun", create=True)
    for place in [folder, *folder.rglob("*")]:
        place.chmod(0o555 if place.is_dir() else 0o444)

    def tried(path):
        if os.geteuid() == 0:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        try:
            fill(csv, path)
        except WriteError as error:
            os._exit(3 if "cannot be written" in str(error) else 1)
    for name, expected, words in (("empty", 3, "refused by name"), ("begun", 3, "refused by name"), ("whole", 0, "read")):
        _, status = os.waitpid(forked(lambda name=name: tried(folder / name)), 0)
        outcomes[words if os.waitstatus_to_exitcode(status) == expected else f"FAULT: {name}, {status}"] += 1
    for place in [folder, *folder.rglob("*")]:
        place.chmod(0o755 if place.is_dir() else 0o644)
    return outcomes


def flips(folder, every=1):
    """Flip a bit of each byte of each kind of file in a store, one after the other; read it, and at times mend it."""
    return _damaged(folder, every, lambda whole, at: whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1:])


def truncations(folder, every=1):
    """Cut each kind of file in a store at each length, read it, and at times mend it."""
    return _damaged(folder, every, lambda whole, size: whole[:size])


def _damaged(folder, every, damage):
    """Count the outcomes of a shard, a record and a fingerprint damaged at each place; damage: (bytes, place) -> bytes."""
    csv, outcomes = source(folder, rows=6), Counter()
    fill(csv, folder / "whole")
    fill(csv, folder / "store")
    record, fingerprint, *_, shard = Store(folder / "store").files()
    for path in (shard, record, fingerprint):
        whole = path.read_bytes()
        for at in range(0, len(whole), every):
            path.write_bytes(damage(whole, at))
            outcomes[_after(csv, folder, path, is_mended=at % (97 * every) == 0)] += 1
        path.write_bytes(whole)
    return outcomes


def _after(csv, folder, path, is_mended):
    """Return what came of a damaged file, in words."""
    try:
        return "harmless" if same(folder / "store", folder / "whole") else "FAULT: silently used"
    except FeatferError as error:
        if str(path) not in str(error):
            return f"FAULT: not named: {error}"
    if not is_mended:
        return "refused by name"
    fill(csv, folder / "store")
    return "refused by name, then mended" if same(folder / "store", folder / "whole") else "FAULT: not mended"


def stale(folder):
    """Change a source's image, a label and a feature's parameter; each is computed anew where it must be, and only there."""
    csv, outcomes = source(folder, rows=6), Counter()
    fill(csv, folder / "store")
    lines = csv.read_text().splitlines()
    label, pixels, usage = lines[1].split(",")
    for changed, expected in ((f"{label},{'9 ' + pixels.partition(' ')[2]},{usage}", 1), (f"6,{pixels},{usage}", 0)):
        csv.write_text("\n".join([lines[0], changed, *lines[2:], ""]))
        outcomes["computed as far as it changed" if fill(csv, folder / "store").computed == expected else "FAULT: stale"] += 1
    other = run.extract(csv, folder / "store", make_features(WORDS, align="none"), jobs=1)
    outcomes["computed as far as it changed" if other.computed == 6 else "FAULT: stale"] += 1
    return outcomes
