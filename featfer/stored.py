"""The files of a store, each read with its checksum and looked through, or refused by its name."""

import json

import numpy as np

from featfer.arrays import DAMAGE, read_arrays, reason_of
from featfer.datasets.faceset import ANNOTATIONS
from featfer.errors import StoreError
from featfer.faces import STATUSES
from featfer.features.base import key_of
from featfer.files import read_json
from featfer.labels import restored

RECORD = ("ids", "keys", "labels", "splits")
KINDS = {"keys": "U", "faces": "u", "status": "u", "boxes": "f", "scores": "f", "values": "f", "reasons": "U"}  # of a shard
WIDE = ("boxes", "values")  # have several numbers a row


def read_record(path):
    """Return the record of a source: {name: array}, with those of ANNOTATIONS that it has, and meta (dict)."""
    return _refusing(_record, path)


def read_fingerprint(path):
    """Return the fingerprint of a feature (dict), whose digest is in its folder's name."""
    return _refusing(_fingerprint, path)


def read_shard(path, names=tuple(KINDS), sealed=True):
    """Return arrays of a shard by name; sealed: look at its checksum first, which reads it whole."""
    return _refusing(_shard, path, names, sealed)


def damage_of(path):
    """Return why a file of a store cannot be used, "" where it can; all of it is read."""
    readers = {".json": _fingerprint, ".npz": _record if path.parent.name == "sources" else _shard}
    try:
        readers[path.suffix](path)
    except DAMAGE as error:
        return reason_of(error)
    return ""


def keys_in(store, features, digest):
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
        raise StoreError(f"{path}: damaged ({reason_of(error)}); run the same `featfer extract` again, which makes it "
                         "anew") from None


def _record(path):
    arrays = read_arrays(path, (*RECORD, "meta"), ANNOTATIONS)
    meta = dict(json.loads(str(arrays.pop("meta"))))
    label_set, count = restored(meta), len(arrays["ids"])
    if any(len(array) != count for array in arrays.values()) or not isinstance(meta["name"], str):
        raise ValueError("its columns do not fit together")
    if count and not -1 <= arrays["labels"].min() <= arrays["labels"].max() < max(1, len(label_set or ())):
        raise ValueError("its labels are not those of its label set")
    return arrays, {"skipped": [], **meta}


def _fingerprint(path):
    fingerprint = read_json(path)
    if key_of(fingerprint) != path.parent.name:
        raise ValueError("its folder is called by the digest of another")
    return fingerprint


def _shard(path, names=tuple(KINDS), sealed=True):
    arrays = read_arrays(path, names, sealed=sealed)
    for name, array in arrays.items():
        if array.dtype.kind != KINDS[name] or array.ndim != 1 + (name in WIDE):
            raise ValueError(f"its {name} are not what a shard has")
    if len({len(array) for array in arrays.values()}) > 1 or np.any(arrays.get("status", 0) >= len(STATUSES)):
        raise ValueError("its columns do not fit together")
    return arrays
