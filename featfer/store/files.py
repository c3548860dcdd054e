"""The files of a store, each read with its checksum and looked through, or refused by its name."""

import errno
import json
import os
import re
from pathlib import Path

import numpy as np

from featfer.datasets.faceset import ANNOTATIONS
from featfer.errors import OF_CONTENT, StoreError, make_transient
from featfer.faces import STATUSES, UNREADABLE
from featfer.features.base import key_of
from featfer.labels import restore_label_set
from featfer.utils.files import read_json
from featfer.utils.npz import DAMAGE, is_passing, read_arrays, reason_of

RECORD = {"ids": "U", "keys": "U", "labels": "iu", "splits": "U"}  # of a source: names, and the kinds that they may be
KINDS = {"keys": "U", "faces": "u", "status": "u", "boxes": "f", "scores": "f", "values": "f", "reasons": "U"}  # of a shard
WIDE = ("boxes", "values")  # have several numbers a row
PARTS = ("sources", "features")  # what a store's folder has besides its marker
OF_ITS_CONTENT, PASSING = 1, 2  # ranks of an unreadable image, behind 0 of one with faces: why it is not readable
# What featfer stored once as the reason that an image is unreadable, and is no word about its content.
_ERRORS = "|".join(re.escape(os.strerror(number)) for number in errno.errorcode if number not in OF_CONTENT)
NOT_OF_CONTENT = re.compile(
    rf": no such file$|: cannot be read \(|not a readable image \((?:MemoryError|{_ERRORS})"
    r"|^[\d,]+ (?:fields|pixels) instead of |^unknown (?:label|usage) |^a pixel is ")


def read_record(path):
    """Return the record of a source: {name: array}, with those of ANNOTATIONS that it has, and meta (dict)."""
    return _refusing(_record, path)


def get_change_time(path):
    """Return when a file was changed, 0 for one that has just gone."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0


def read_fingerprint(path):
    """Return the fingerprint of a feature (dict), whose digest is in its folder's name."""
    return _refusing(_fingerprint, path)


def read_shard(path, names=tuple(KINDS), verify_checksum=True):
    """Return arrays of a shard by name; verify_checksum: look at its checksum first, which reads it whole."""
    return _refusing(_shard, path, names, verify_checksum)


def rank_verdicts(status, reasons):
    """Return how little is known of the image of each row of a shard, int8 (n,): 0 faces were looked for, OF_ITS_CONTENT it is
    unreadable, PASSING it could not be read when it was tried. Of several rows of an image, those of the least rank count.
    """
    ranks = np.zeros(len(status), np.int8)
    for row in np.flatnonzero(status == STATUSES.index(UNREADABLE)):
        ranks[row] = PASSING if NOT_OF_CONTENT.search(str(reasons[row])) else OF_ITS_CONTENT
    return ranks


def contents(folder):
    """Return the names of what is in a store's folder, half-written files aside; none where there is no such folder."""
    try:
        return [name for name in os.listdir(folder) if not (name.startswith(".") and name.endswith(".part"))]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StoreError(f"{folder}: cannot be read ({error.strerror})") from None


def is_store_without_marker(folder, names):
    """Say whether a folder with these names in it is a store but for its marker."""
    if not set(names) <= set(PARTS):
        return False
    inside = {name: [Path(folder, name, inner) for inner in contents(Path(folder, name))] for name in names}
    return (all(path.suffix in (".npz", ".damaged") for path in inside.get("sources", ()))
            and all(path.is_dir() for path in inside.get("features", ())))


def read_shards(shards, names, verify_checksum=True):
    """Return arrays of several shards, joined, by name; verify_checksum: look at their checksums first."""
    parts = [read_shard(path, names, verify_checksum) for path in shards]
    try:
        return {name: np.concatenate([part[name] for part in parts]) for name in names}
    except ValueError as error:
        raise StoreError(f"{shards[0].parent}: its shards do not fit together ({error})") from None


def gather_values(shards, places):
    """Return the values of several features side by side, (n, d); no more than one shard is held besides.

    shards: list of paths for each feature, whole, as they just were; places: where each row stands in them, one behind the
    other, int (n,) for each feature
    """
    heads = [read_shard(paths[0], ("values",), verify_checksum=False)["values"][:0] for paths in shards]
    ends = np.cumsum([head.shape[1] for head in heads])
    found = np.empty((len(places[0]), ends[-1]), np.result_type(*heads))
    for paths, at, head, end in zip(shards, places, heads, ends, strict=True):
        _fill(found[:, end - head.shape[1]:end], paths, at)
    return found


def _fill(block, shards, places):
    """Write to the rows of a block (n, d) the values at their places in some shards, one behind the other."""
    order, start = np.argsort(places, kind="stable"), 0
    for path in shards:
        values = read_shard(path, ("values",), verify_checksum=False)["values"]
        if values.shape[1] != block.shape[1]:
            raise StoreError(f"{path.parent}: its shards do not fit together ({values.shape[1]} columns in {path.name}, "
                             f"{block.shape[1]} in the first)")
        first, last = np.searchsorted(places, (start, start + len(values)), sorter=order)
        block[order[first:last]] = values[places[order[first:last]] - start]
        start += len(values)


def find_damage(path):
    """Return why a file of a store cannot be used, "" where it can; all of it is read. Raises TransientError where that cannot
    be told at this time."""
    readers = {".json": _fingerprint, ".npz": _record if path.parent.name == "sources" else _shard}
    try:
        readers[path.suffix](path)
    except DAMAGE as error:
        if is_passing(error):
            raise make_transient(path, error) from None
        return reason_of(error)
    return ""


def find_keys(store, features, digest):
    """Return the keys under which a Store has some features of a source, a list of str: today's, or where
    it has these not of all images, those of an earlier detection, if it has them of all."""
    def is_whole(keys):
        return all(wanted <= store.stored_keys(key) for key in keys)
    today, earlier = ([getattr(feature, name) for feature in features] for name in ("key", "earlier_key"))
    if not all(map(store.has, earlier)):
        return today
    wanted = set(store.source(digest)[0]["key"])
    return earlier if not is_whole(today) and is_whole(earlier) else today


def _refusing(reader, path, *options):
    try:
        return reader(path, *options)
    except DAMAGE as error:
        if is_passing(error):
            raise make_transient(path, error) from None
        raise StoreError(f"{path}: damaged ({reason_of(error)}); run the same `featfer extract` again, which makes it "
                         "anew") from None


def _record(path):
    arrays = read_arrays(path, (*RECORD, "meta"), ANNOTATIONS)
    meta = dict(json.loads(str(arrays.pop("meta"))))
    label_set, count = restore_label_set(meta), len(arrays["ids"])
    if any(len(array) != count for array in arrays.values()) or not isinstance(meta["name"], str):
        raise ValueError("its columns do not fit together")
    if any(arrays[name].dtype.kind not in kinds for name, kinds in RECORD.items()):
        raise ValueError("its columns are not of the kinds that they should be")
    if count and not -1 <= arrays["labels"].min() <= arrays["labels"].max() < max(1, len(label_set or ())):
        raise ValueError("its labels are not those of its label set")
    return arrays, {"skipped": [], **meta}


def _fingerprint(path):
    fingerprint = read_json(path)
    if key_of(fingerprint) != path.parent.name:
        raise ValueError("its folder is called by the digest of another")
    return fingerprint


def _shard(path, names=tuple(KINDS), verify_checksum=True):
    arrays = read_arrays(path, names, verify_checksum=verify_checksum)
    for name, array in arrays.items():
        if array.dtype.kind != KINDS[name] or array.ndim != 1 + (name in WIDE):
            raise ValueError(f"its {name} are not what a shard has")
    if len({len(array) for array in arrays.values()}) > 1 or np.any(arrays.get("status", 0) >= len(STATUSES)):
        raise ValueError("its columns do not fit together")
    return arrays
