"""The feature cache on disk: a folder with a record for each source and append-only shards for each feature.

    store/sources/<digest>.npz           ids, content keys, labels, splits and, where known, subjects, votes, affect
    store/features/<key>/fingerprint.json
    store/features/<key>/<shard>.npz     content keys, status, boxes and values of some hundred images

A shard's name is a digest of the content keys in it, and it is written under another name and renamed when whole: any
number of processes may write, a kill loses what was not yet renamed, and writing a shard twice changes nothing. What is
damaged is never used: reading refuses it by its name (see featfer.store.files), `mend` sets it aside, to be made anew.
"""

import hashlib
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd

from featfer.datasets.faceset import ANNOTATIONS, get_annotations
from featfer.errors import StoreError, WriteError
from featfer.faces import STATUSES
from featfer.features.base import upgraded
from featfer.labels import record_label_set, restore_label_set
from featfer.store.files import (
    PASSING,
    contents,
    find_damage,
    gather_values,
    get_change_time,
    is_store_without_marker,
    rank_verdicts,
    read_fingerprint,
    read_record,
    read_shard,
    read_shards,
)
from featfer.store.table import FeatureTable
from featfer.utils.files import read_json, write_text
from featfer.utils.npz import DAMAGE, reason_of, write_arrays
from featfer.utils.progress import bar

MARKER, FORMAT = "store.json", 1
STALE_SECONDS = 3600  # a half-written file this old has lost its writer


class IncompleteError(StoreError):
    """A feature was not computed of all images of a source."""


@dataclass(frozen=True)
class Shard:
    """Faces of some images, with one feature's values; arrays of n faces, reasons for unreadable images."""

    keys: np.ndarray      # str
    faces: np.ndarray     # uint16, number of the face in its image
    status: np.ndarray    # uint8, index into STATUSES
    boxes: np.ndarray     # float32 (n, 4)
    scores: np.ndarray    # float32
    values: np.ndarray    # float32 or float16 (n, d)
    reasons: np.ndarray   # str, why an image is unreadable

    @classmethod
    def joined(cls, shards):
        """Return the rows of several shards as one."""
        return cls(*(np.concatenate([getattr(shard, field.name) for shard in shards]) for field in fields(cls)))


class Store:
    """A folder of cached features.

    create: make the folder when there is none. Raises StoreError when there is none, or it is something else; what writes
    raises WriteError where the folder cannot be written to.
    """

    def __init__(self, folder, create=False):
        self.folder = Path(folder)
        marker = self.folder / MARKER
        # Listed before the marker is looked for: another process may be making this store.
        content = contents(self.folder)
        if not os.path.isfile(marker):
            if not (create or (content and is_store_without_marker(self.folder, content))):
                raise StoreError(f"{folder}: no feature store; `featfer extract SOURCE --store {folder}` makes one")
            if content and not is_store_without_marker(self.folder, content):
                raise StoreError(f"{folder}: a folder with other things in it; name a new or empty one")
            if create:
                write_text(marker, json.dumps({"format": FORMAT}))
        elif _format(marker) != FORMAT:
            raise StoreError(f"{folder}: a store of another version; extract again into a new folder")

    # -- sources ------------------------------------------------------------------------------------------------------

    def put_source(self, faceset):
        """Record a FaceSet's rows."""
        path = self._source_path(faceset.digest)
        meta = {"name": faceset.name or faceset.path.name, **record_label_set(faceset.label_set), "drawn": faceset.split_plan,
                "skipped": faceset.skipped, "kind": faceset.kind, "notes": faceset.notes,
                "path": os.path.abspath(faceset.path)}
        if stamp := getattr(faceset.digest, "stamp", ""):
            meta["stamp"] = stamp
        write_arrays(path, compressed=True, ids=faceset.ids, keys=faceset.keys, labels=faceset.labels, splits=faceset.splits,
                     meta=json.dumps(meta), **get_annotations(faceset))

    def source(self, digest):
        """Return the record of a source as (rows: DataFrame of id, key, label and split; meta: dict), or None."""
        path = self._source_path(digest)
        if not path.exists():
            return None
        arrays, meta = read_record(path)
        rows = pd.DataFrame({"id": arrays["ids"], "key": arrays["keys"], "label": arrays["labels"], "split": arrays["splits"]})
        return rows, meta

    def require_source(self, digest):
        """Return what `source` does; raise StoreError where there is no such record."""
        record = self.source(digest)
        if record is None:
            raise StoreError(f"{self.folder}: no record of source {digest[:8]} any more; run the same `featfer extract` again")
        return record

    def find_source(self, name=None):
        """Return the digest of a source by its name (the newest of those) or its digest's start; without, of the only one."""
        paths = sorted((self.folder / "sources").glob("*.npz"), key=get_change_time)
        newest = {read_record(path)[1]["name"]: path.stem for path in paths}
        if name is None:
            chosen = list(newest.values())
        else:
            chosen = [newest[name]] if name in newest else [path.stem for path in paths if path.stem.startswith(name)]
        if len(chosen) == 1:
            return chosen[0]
        listing = ", ".join(f"{title} ({digest[:8]})" for title, digest in newest.items()) or "nothing"
        raise StoreError(f"{self.folder}: {'no source' if not chosen else 'more than one source'}"
                         f"{f' named {name!r}' if name else ''}; it holds {listing}. Choose with --source NAME")

    def touch_source(self, digest):
        """Let a name stand for this source of those that have it; where nothing may be written, it stands for what it did."""
        with suppress(OSError):
            os.utime(self._source_path(digest))

    def _annotations(self, digest):
        """Return {name: array} of those of ANNOTATIONS that a source has, an entry a row of its record."""
        return {name: array for name, array in read_record(self._source_path(digest))[0].items() if name in ANNOTATIONS}

    def _source_path(self, digest):
        return self.folder / "sources" / f"{digest}.npz"

    # -- features -----------------------------------------------------------------------------------------------------

    def open_feature(self, feature):
        """Make a feature's folder, with its fingerprint where that is not there whole, and sweep out what dead writers left."""
        folder = self._feature_folder(feature.key)
        if find_damage(folder / "fingerprint.json"):
            write_text(folder / "fingerprint.json", json.dumps(feature.fingerprint, indent=1))
        for part in [*folder.glob(".*.part"), *(self.folder / "sources").glob(".*.part")]:
            with suppress(FileNotFoundError):  # its writer may rename it meanwhile
                if time.time() - part.stat().st_mtime > STALE_SECONDS:
                    part.unlink()

    def fingerprints(self):
        """Return the fingerprint of each feature in the store, by key."""
        return {path.parent.name: read_fingerprint(path) for path in self.files() if path.suffix == ".json"}

    def has(self, feature_key):
        """Say whether a feature was computed of any image; whether of all, `table` finds out."""
        return bool(self._shards(feature_key))

    def stored_keys(self, feature_key):
        """Return the set of content keys that a feature has been computed for, where `mend` has looked at its shards.

        An image that is unreadable for a reason that is not in its content, as featfer stored them once, does not count.
        """
        keys = set()
        for path in self._shards(feature_key):
            try:
                shard = read_shard(path, ("keys", "status", "reasons"), verify_checksum=False)
                keys.update(shard["keys"][rank_verdicts(shard["status"], shard["reasons"]) < PASSING].tolist())
            except StoreError:
                if path.exists():  # else another process has just set it aside
                    raise
        return keys

    def put_shard(self, feature_key, shard):
        """Write a shard whole; raise StoreError where `open_feature` has made no folder for it, or that was removed since."""
        if not self._feature_folder(feature_key).is_dir():
            raise StoreError(f"{self.folder}: removed while it was written to; run the same `featfer extract` again")
        name = hashlib.sha256("".join(shard.keys.tolist()).encode()).hexdigest()[:32]
        write_arrays(self._feature_folder(feature_key) / f"{name}.npz", **vars(shard))

    def table(self, feature_keys, digest):
        """Return the FeatureTable of a source: a row for each face, and for each unreadable image.

        feature_keys: keys of features, whose columns stand side by side. Raises StoreError when one is not there whole.
        """
        meta, shards = self.require_source(digest)[1], [self._shards(key) for key in feature_keys]
        looks = [self._faces(key, paths, digest) for key, paths in zip(feature_keys, shards, strict=True)]
        if len(set(map(len, looks))) > 1:
            raise StoreError(f"{self.folder}: {' and '.join(feature_keys)} were computed on different faces")
        faces, features = looks[-1], gather_values(shards, [look["at"].to_numpy() for look in looks])
        boxes = read_shards(shards[-1], ("keys", "boxes"), verify_checksum=False)["boxes"][faces["at"]]
        fingerprints = [upgraded(read_fingerprint(self._feature_folder(key) / "fingerprint.json")) for key in feature_keys]
        return FeatureTable(
            features=features, boxes=boxes, labels=faces["label"].to_numpy(np.int16),
            splits=faces["split"].to_numpy(str), status=faces["status"].to_numpy(str), ids=faces["id"].to_numpy(str),
            groups=pd.factorize(faces["key"])[0].astype(np.int32),
            label_set=restore_label_set(meta), fingerprints=fingerprints, source=meta["name"], split_plan=meta.get("drawn", ""),
            **{name: known[faces["row"]] for name, known in self._annotations(digest).items()})

    def faces(self, feature_key, digest, whole=True):
        """Return a DataFrame of a source's faces and unreadable images: id, key, label, split, face, status, reason.

        whole: raise StoreError when the feature is not there whole, instead of leaving out the images that lack it
        """
        shards = self._shards(feature_key)
        if not (shards or whole):
            return pd.DataFrame({name: [] for name in ("id", "key", "label", "split", "face", "status", "reason")})
        return self._faces(feature_key, shards, digest, whole).drop(columns=["at", "row"])

    def _faces(self, feature_key, shards, digest, whole=True):
        """Return what `faces` does, with the place of each in those shards (at) and in the source's record (row)."""
        if not shards:
            raise StoreError(f"{self.folder}: no {feature_key} in it; run `featfer extract` first")
        stored = read_shards(shards, ("keys", "faces", "status", "reasons"))
        places = pd.DataFrame({"key": stored["keys"], "face": stored["faces"], "status": np.array(STATUSES)[stored["status"]],
                               "reason": stored["reasons"], "at": np.arange(len(stored["keys"])),
                               "rank": rank_verdicts(stored["status"], stored["reasons"])})
        if places["rank"].any():
            places = places[places["rank"] == places.groupby("key")["rank"].transform("min")]
        rows, _ = self.require_source(digest)
        rows["row"] = np.arange(len(rows))
        joined = rows.merge(places.drop(columns="rank").drop_duplicates(["key", "face"]), on="key", how="left", sort=False)
        missing = joined["at"].isna().sum()
        if missing and whole:
            raise IncompleteError(f"{self.folder}: {missing:,} of {len(rows):,} images have no "
                                  f"{feature_key.rpartition('-')[0]} yet; run the same `featfer extract` again")
        return joined.dropna(subset="at").astype({"at": np.int64})

    # -- soundness ----------------------------------------------------------------------------------------------------

    def files(self):
        """Return the paths of its files: the records of sources, and of each feature the fingerprint and the shards."""
        folders = sorted(path for path in (self.folder / "features").glob("*") if path.is_dir())
        begun = [path for path in folders if self._shards(path.name) or (path / "fingerprint.json").exists()]
        return [*self._records(), *(path for folder in begun
                                    for path in (folder / "fingerprint.json", *self._shards(folder.name)))]

    def check(self):
        """Return how sound the store is, as plain data, after reading all of it: folder, files (how many), bytes, damaged
        ({path: reason}) and set_aside (paths of what was damaged before)."""
        marker, files = self.folder / MARKER, self.files()
        paths = [*([marker] if marker.is_file() else []), *files]
        damaged = {str(path): reason for path in _shown(files) if (reason := find_damage(path))}
        return {"folder": str(self.folder), "files": len(paths), "bytes": sum(p.stat().st_size for p in paths if p.is_file()),
                "damaged": damaged, "set_aside": sorted(map(str, self.folder.rglob("*.damaged")))}

    def mend(self, feature_keys):
        """Set aside what is damaged of the sources' records and of these features' shards; return a sentence on each.

        It is called .damaged then, and counts as not there. Raises WriteError where it cannot be renamed.
        """
        paths = [*self._records(), *(path for key in feature_keys for path in self._shards(key))]
        damaged = {path: reason for path in _shown(paths) if (reason := find_damage(path))}
        return [f"{path}: damaged ({reason}); set aside as {_set_aside(path)}, to be made anew"
                for path, reason in damaged.items() if path.exists()]

    def _records(self):
        return sorted((self.folder / "sources").glob("*.npz"))

    def _shards(self, feature_key):
        return sorted(self._feature_folder(feature_key).glob("*.npz"))

    def _feature_folder(self, feature_key):
        return self.folder / "features" / feature_key


def _shown(paths):
    return bar(paths, desc="checking the store", unit=" files", delay=0.5)


def _set_aside(path):
    """Give a damaged file another name; return it."""
    name = f"{path.name}.damaged"
    try:
        with suppress(FileNotFoundError):  # another process was first
            path.replace(path.with_name(name))
    except OSError as error:
        raise WriteError(error.errno, error.strerror, str(path)) from None
    return name


def _format(marker):
    try:
        return read_json(marker).get("format")
    except DAMAGE as error:
        raise StoreError(f"{marker}: damaged ({reason_of(error)}); write {json.dumps({'format': FORMAT})} into it, or extract "
                         "again into a new folder") from None
