"""Merge stores: link or copy whole files, after each was checked for damage."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from featfer.errors import ParameterError, StoreError
from featfer.store.files import find_damage, rank_verdicts, read_record, read_shard
from featfer.store.shards import Shard
from featfer.store.store import Store
from featfer.typing import Path as Name
from featfer.utils.files import write_atomically
from featfer.utils.progress import bar

FINGERPRINT = "fingerprint.json"


@dataclass(frozen=True)
class Merged:
    """The result of a merge.

    Attributes
    ----------
    added : int
        Shards that were added, or of which new rows were.
    kept : int
        Shards that were there already.
    sources : int
        Records of data sets that were added.
    missing : dict
        {data set: {feature: number of images that lack it}} in the merged store.
    """

    added: int
    kept: int
    sources: int
    missing: dict[str, dict[str, int]]


def merge(out: Name, stores: Iterable[Name]) -> Merged:
    """Add the files of stores to another. Called again after an error, it adds the rest.

    If one store calls an image unreadable and another has features of it, the features are used.

    Parameters
    ----------
    out : path
        Folder of a store, made if missing; what it has stays.
    stores : list of path
        Folders whose files are linked or, on another disk, copied.

    Returns
    -------
    Merged

    Raises
    ------
    StoreError
        When one is no store or of another version, a file is damaged, or two records of a data set differ.
    WriteError
        When `out` cannot be written to. ParameterError when it is one of `stores`.
    """
    parts = [Store(folder) for folder in stores]
    if any(store.folder.resolve() == Path(out).resolve() for store in parts):
        raise ParameterError(f"out {str(out)!r}: is one of the stores to be joined; name another folder, or leave that one out")
    files = [path for store in parts for path in store.files()]
    whole, counts = Store(out, create=True), {"added": 0, "kept": 0, "sources": 0}
    for path in bar(files, desc="joining stores", unit=" files"):
        is_new = _add_file(path, whole)
        if path.parent.name == "sources":
            counts["sources"] += is_new
        elif path.name != FINGERPRINT:
            counts["added" if is_new else "kept"] += 1
    return Merged(**counts, missing=_count_missing(whole))


def _add_file(path: Path, whole: Store) -> bool:
    """Add a file to another store, unless it has it; return whether something was added."""
    place = whole.folder / path.relative_to(path.parents[1 if path.parent.name == "sources" else 2])
    for file in (path, place):
        if (file is path or file.exists()) and (reason := find_damage(file)):
            raise StoreError(f"{file}: damaged ({reason}); run the `featfer extract` that made it again, which makes it anew")
    if place.exists():
        if path.parent.name == "sources" and (column := _find_difference(path, place)):
            raise StoreError(f"{path} and {place}: records of the same source with other {column}; run `featfer extract` with "
                             "the same --split and --skip-bad for both")
        return path.suffix == ".npz" and path.parent.name != "sources" and _add_better_rows(path, place, whole)
    _link(path, place)
    return True


def _add_better_rows(path: Path, place: Path, whole: Store) -> bool:
    """Add the rows of images that are readable in a shard, but unreadable in the shard of the same name in the other store.

    Return whether there are any.
    """
    ours, theirs = read_shard(place), read_shard(path)
    known = dict(zip(ours["keys"].tolist(), rank_verdicts(ours["status"], ours["reasons"]).tolist(), strict=True))
    ranks = rank_verdicts(theirs["status"], theirs["reasons"]).tolist()
    is_better = np.array([rank < known[key] for key, rank in zip(theirs["keys"].tolist(), ranks, strict=True)], bool)
    if is_better.any():
        whole.put_shard(path.parent.name, Shard(**{name: array[is_better] for name, array in theirs.items()}))
    return bool(is_better.any())


def _find_difference(path: Path, other: Path) -> str:
    """Return the column in which two records of a data set differ, "" if they are equal."""
    (columns, meta), (others, other_meta) = read_record(path), read_record(other)
    if columns.keys() != others.keys():
        return "columns"
    differing = [name for name in columns if not np.array_equal(columns[name], others[name], equal_nan=name == "affect")]
    return next(iter([*differing, *(name for name in ("labels", "skipped") if meta.get(name) != other_meta.get(name))]), "")


def _link(path: Path, place: Path) -> None:
    """Link a file to another name, or copy it if it cannot be linked."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):  # another disk, or one without links
        os.link(path, place)
        return
    with write_atomically(place) as file, path.open("rb") as content:
        shutil.copyfileobj(content, file)


def _count_missing(store: Store) -> dict[str, dict[str, int]]:
    """Return {data set: {feature: number of images that lack it}}."""
    keys = {feature: store.stored_keys(feature) for feature in store.fingerprints()}
    records = {path: read_record(path) for path in store.files() if path.parent.name == "sources"}
    return {f"{meta['name']} ({path.stem[:8]})": {feature: sum(key not in have for key in columns["keys"].tolist())
                                                  for feature, have in keys.items()}
            for path, (columns, meta) in records.items()}
