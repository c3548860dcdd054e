"""Sources and stores that change, or go, while a store is filled: nothing wrong is kept, and the next run is whole."""

import os
import shutil
from collections import Counter
from contextlib import contextmanager
from functools import partial

import numpy as np
from PIL import Image
from robustness import seeds
from robustness.store import NOTHING_NAMED, WORDS, fill, same

from featfer.errors import FeatferError
from featfer.extraction import chunks
from featfer.features import make_features

IMAGES = 12


@contextmanager
def before_image(number, happen):
    """Let something happen, in a `with` block, before faces are looked for in an image, counted from 1."""
    seen, find = [], chunks.find_faces

    def find_faces(*args, **options):
        seen.append(1)
        if len(seen) == number:
            happen()
        return find(*args, **options)
    chunks.find_faces = find_faces
    try:
        yield
    finally:
        chunks.find_faces = find


# -- sources ----------------------------------------------------------------------------------------------------------

def csv(folder):
    """Write a FER2013 csv of some rows; return its path."""
    rows = (f"{i % 7},{' '.join(map(str, _face(i).ravel()))},{seeds.USAGES[i % 3]}" for i in range(IMAGES))
    (folder / "fer2013.csv").write_text("\n".join(["emotion,pixels,Usage", *rows, ""]))
    return folder / "fer2013.csv"


def class_folders(folder):
    """Write class folders of as many pictures, all files of one size; return their path."""
    for i in range(IMAGES):
        path = folder / "faces" / ("train", "test")[i % 2] / ("happy", "sad")[i // 2 % 2] / f"{i:02}.bmp"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(seeds.encoded(_face(i), "BMP"))
    return folder / "faces"


def _face(number):
    return np.roll(seeds.face(), (number % 7, number // 7), axis=(0, 1))


def _files(path):
    return [path] if path.is_file() else sorted(path.rglob("*.bmp"))


def _to_others(path):
    """Put other content into each file, of the same length and time."""
    for file in _files(path):
        stat, content = file.stat(), file.read_bytes()
        if file.suffix == ".bmp":
            changed = seeds.encoded(np.asarray(Image.open(file))[:, ::-1], "BMP")
        else:
            head, *rows = content.splitlines(keepends=True)
            changed = b"".join([head, *reversed(rows)])
        file.write_bytes(changed)
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _to_a_part(path):
    for file in _files(path):
        file.write_bytes(file.read_bytes()[:file.stat().st_size // 2])


def _to_nothing(path):
    for file in _files(path):
        file.write_bytes(b"")


def _replaced(path, make):
    """Take each file away, and make something else of its name."""
    for file in _files(path):
        file.unlink()
        make(file)


SOURCES = (csv, class_folders)
CHANGES = (_to_others, _to_a_part, _to_nothing)
LOSSES = (lambda path: path.rename(path.with_name("away")), partial(_replaced, make=lambda file: None),
          partial(_replaced, make=os.mkdir), partial(_replaced, make=os.mkfifo),
          partial(_replaced, make=lambda file: file.symlink_to("nowhere")))


def disturbed_sources(folder, disturbances, moments):
    """Disturb sources while a store is filled from them, put them back, and fill it again."""
    outcomes = Counter()
    for make in SOURCES:
        whole = folder / make.__name__
        whole.mkdir()
        fill(make(whole), whole / "store")
        for number, disturb in enumerate(disturbances):
            for moment in moments:
                place = folder / f"{make.__name__}-{number}-{moment}"
                place.mkdir()
                outcomes.update(_disturbed(place, make, disturb, moment, whole / "store"))
    return outcomes


def _disturbed(place, make, disturb, moment, whole):
    """Yield what came of a source that was disturbed before an image was looked at."""
    path = make(place)
    kept = shutil.move(shutil.copytree(place, place.with_name(f"{place.name}-kept")), place / "kept")
    with before_image(moment, partial(disturb, path)):
        yield _filled(path, place / "store", whole)
    if disturb in CHANGES:
        yield _changed(path, place)
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    shutil.move(kept / path.name, path)
    yield _whole_again(path, place / "store", whole, "the same table once it was back")


def _filled(path, store, whole):
    """Fill a store; return in words what was said."""
    try:
        summary = fill(path, store)
    except FeatferError as error:
        return "refused by name" if path.name in str(error) else f"FAULT: {NOTHING_NAMED}: {error}"
    if summary.unreadable:
        return f"FAULT: kept as unreadable: {summary.unreadable}"
    if not summary.failed:
        return "all was read before" if same(store, whole) else "FAULT: another table, without a word"
    are_named = all(path.name in reason for reason in summary.failed.values())
    return "the images were named, and nothing kept of them" if are_named else f"FAULT: {NOTHING_NAMED}: {summary.failed}"


def _changed(path, place):
    """Fill the store and a new one from a source that stays changed; return in words whether both are the same."""
    try:
        fill(path, place / "fresh")
    except FeatferError:
        return "what it had become was refused"
    return _whole_again(path, place / "store", place / "fresh", "what it had become was computed")


def _whole_again(path, store, whole, words):
    try:
        fill(path, store)
        return words if same(store, whole) else "FAULT: wrong features were kept"
    except FeatferError as error:
        return f"FAULT: a dead end: {error}"


# -- stores -----------------------------------------------------------------------------------------------------------

def lost_stores(folder, moments):
    """Remove a store, or a part of it, while it is filled, at times with a file in its place; fill it again."""
    path, outcomes = csv(folder), Counter()
    fill(path, folder / "whole")
    key = make_features(WORDS)[0].key
    for part in ("", "store.json", "sources", "sources/*.npz", "features", f"features/{key}", "features/*/*.npz"):
        for moment in moments:
            for is_replaced in (False, True)[:1 if part == "store.json" else 2]:  # what is overwritten: without_marker
                store = folder / f"store{sum(outcomes.values())}"
                outcomes.update(_lost(path, store, part, moment, is_replaced, folder / "whole"))
    return outcomes


def _lost(path, store, part, moment, is_replaced, whole):
    lost = []

    def remove():
        lost.extend(store.glob(part) if part else [store])
        for place in lost:
            shutil.rmtree(place) if place.is_dir() else place.unlink()
            if is_replaced:
                place.write_text("a file")
    with before_image(moment, remove):
        yield _kept_on(path, store, whole)
    for place in lost if is_replaced else ():
        if place.suffix != ".npz":  # what is no shard and no record is damaged, and set aside
            place.unlink(missing_ok=True)
    yield _whole_again(path, store, whole, "the same table after the next run")


def _kept_on(path, store, whole):
    try:
        fill(path, store)
    except FeatferError as error:
        is_named = str(store) in str(error) and "\n" not in str(error)
        return "refused by name" if is_named else f"FAULT: {NOTHING_NAMED}: {error}"
    return "the same table all the same" if same(store, whole) else "FAULT: another table, without a word"


def without_marker(folder):
    """Take away or overwrite the file that says what a store is; read the store, and fill it again."""
    path, outcomes = csv(folder), Counter()
    fill(path, folder / "whole")
    for number, content in enumerate((None, b"", b"{", b"[]", b"{}", b"\0" * 13, b"\xff\xfe")):
        store = folder / f"store{number}"
        shutil.copytree(folder / "whole", store)
        (store / ".store.json.part").write_bytes(b"{")
        if content is None:
            (store / "store.json").unlink()
        else:
            (store / "store.json").write_bytes(content)
        try:
            outcomes["read" if same(store, folder / "whole") else "FAULT: another table"] += 1
        except FeatferError as error:
            is_named = str(store) in str(error)
            outcomes["refused by name" if is_named else f"FAULT: {NOTHING_NAMED}: {error}"] += 1
            (store / "store.json").unlink()
        outcomes[_whole_again(path, store, folder / "whole", "the same table after the next run")] += 1
    return outcomes
