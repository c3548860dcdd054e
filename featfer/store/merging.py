"""Stores of several runs joined into one: whole files are linked or copied, after each has been looked through."""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from featfer.errors import ParameterError, StoreError
from featfer.store.files import find_damage, rank_verdicts, read_record, read_shard
from featfer.store.store import Shard, Store
from featfer.utils.files import write_atomically
from featfer.utils.progress import bar

FINGERPRINT = "fingerprint.json"


@dataclass(frozen=True)
class Merged:
    """What a merge came to."""

    added: int    # shards, whole or the rows that are new
    kept: int     # shards that were there
    sources: int  # records of sources that were added
    missing: dict[str, dict[str, int]]  # {source: {feature: how many images have none yet}} in the whole


def merge(out, stores):
    """Join stores in another; return a Merged.

    out: folder of a store, made where there is none; what it has stays
    stores: folders; their files are linked, or copied where they cannot be

    Of an image that one store calls unreadable and another has features of, the features count.

    Raises StoreError where one is no store or of another version, or a file is damaged or says something else of a source than
    another store; WriteError where out cannot be written to. What was joined before stays: called again, it adds the rest.
    """
    stores = [Store(folder) for folder in stores]
    if any(store.folder.resolve() == Path(out).resolve() for store in stores):
        raise ParameterError(f"out {str(out)!r}: is one of the stores to be joined; name another folder, or leave that one out")
    files = [path for store in stores for path in store.files()]
    whole, counts = Store(out, create=True), {"added": 0, "kept": 0, "sources": 0}
    for path in bar(files, desc="joining stores", unit=" files"):
        is_new = _taken_in(path, whole)
        if path.parent.name == "sources":
            counts["sources"] += is_new
        elif path.name != FINGERPRINT:
            counts["added" if is_new else "kept"] += 1
    return Merged(**counts, missing=_missing(whole))


def _taken_in(path, whole):
    """Put a store's file in its place in another, where there is none yet; say whether something was added."""
    place = whole.folder / path.relative_to(path.parents[1 if path.parent.name == "sources" else 2])
    for file in (path, place):
        if (file is path or file.exists()) and (reason := find_damage(file)):
            raise StoreError(f"{file}: damaged ({reason}); run the `featfer extract` that made it again, which makes it anew")
    if place.exists():
        if path.parent.name == "sources" and (column := _difference(path, place)):
            raise StoreError(f"{path} and {place}: records of the same source with other {column}; run `featfer extract` with "
                             "the same --split and --skip-bad for both")
        return path.suffix == ".npz" and path.parent.name != "sources" and _better_rows_added(path, place, whole)
    _link(path, place)
    return True


def _better_rows_added(path, place, whole):
    """Put those rows of a shard into a store of whose images the shard of the same name there knows less, unreadable ones that
    are readable here; say whether there are such."""
    ours, theirs = read_shard(place), read_shard(path)
    known = dict(zip(ours["keys"].tolist(), rank_verdicts(ours["status"], ours["reasons"]).tolist(), strict=True))
    ranks = rank_verdicts(theirs["status"], theirs["reasons"]).tolist()
    is_better = np.array([rank < known[key] for key, rank in zip(theirs["keys"].tolist(), ranks, strict=True)], bool)
    if is_better.any():
        whole.put_shard(path.parent.name, Shard(**{name: array[is_better] for name, array in theirs.items()}))
    return bool(is_better.any())


def _difference(path, other):
    """Return in what two records of a source differ, "" where they do not."""
    (columns, meta), (others, other_meta) = read_record(path), read_record(other)
    if columns.keys() != others.keys():
        return "columns"
    differing = [name for name in columns if not np.array_equal(columns[name], others[name], equal_nan=name == "affect")]
    return next(iter([*differing, *(name for name in ("labels", "skipped") if meta.get(name) != other_meta.get(name))]), "")


def _link(path, place):
    """Give a file another name, on the same disk without copying it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):  # another disk, or one that has no links
        os.link(path, place)
        return
    with write_atomically(place) as file, path.open("rb") as content:
        shutil.copyfileobj(content, file)


def _missing(store):
    """Return {source: {feature: images that lack it}} of all that a store has."""
    keys = {feature: store.stored_keys(feature) for feature in store.fingerprints()}
    records = {path: read_record(path) for path in store.files() if path.parent.name == "sources"}
    return {f"{meta['name']} ({path.stem[:8]})": {feature: sum(key not in have for key in columns["keys"].tolist())
                                                  for feature, have in keys.items()}
            for path, (columns, meta) in records.items()}
