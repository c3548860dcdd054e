"""The feature store on disk: a folder with a record for each data set, and shards that are only added for each feature.

    store/sources/<digest>.npz           ids, content keys, labels, splits and, where known, subjects, votes, affect
    store/features/<key>/fingerprint.json
    store/features/<key>/<shard>.npz     content keys, status, boxes and values of some hundred images

A shard's name is a digest of the content keys in it. It is written under a temporary name and renamed when complete: any
number of processes may write, a kill loses only what was not yet renamed, and writing a shard twice changes nothing. Damaged
files are never used: reading them raises an error (see featfer.store.files), and `mend` sets them aside to be made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from featfer.errors import StoreError, to_one_line
from featfer.faces import STATUSES
from featfer.features.base import Feature, upgraded
from featfer.labels import restore_label_set
from featfer.store.files import (
    PASSING,
    find_damage,
    is_store_without_marker,
    list_contents,
    rank_verdicts,
    read_fingerprint,
    read_shard,
)
from featfer.store.frames import describe_store
from featfer.store.mending import find_all_damage, set_aside
from featfer.store.records import SourceRecords
from featfer.store.shards import Shard, gather_values, read_shards
from featfer.store.table import FeatureTable
from featfer.typing import Fingerprint, Path
from featfer.utils.files import read_json, write_text
from featfer.utils.npz import DAMAGE, describe_failure, write_arrays
from featfer.utils.requiring import require_path
from featfer.utils.words import count

MARKER, FORMAT = "store.json", 1
STALE_SECONDS = 3600  # a half-written file of this age has lost its writer


class IncompleteError(StoreError):
    """A feature was not computed for all images of a data set."""


class Store(SourceRecords):
    """A folder of cached features.

    Methods that write raise WriteError if the folder cannot be written to.

    Parameters
    ----------
    folder : path
    create : bool, optional
        Make the folder if it does not exist.

    Raises
    ------
    StoreError
        When there is no store, or the folder contains other things.
    """

    folder: pathlib.Path

    def __init__(self, folder: Path, create: bool = False) -> None:
        require_path(folder, "store", "the name of a folder")
        self.folder = pathlib.Path(folder)
        marker = self.folder / MARKER
        content = list_contents(self.folder)  # before checking for the marker: another process may be making this store
        if not os.path.isfile(marker):
            if not (create or (content and is_store_without_marker(self.folder, content))):
                raise StoreError(f"{folder}: no feature store; `featfer extract SOURCE --store {folder}` makes one")
            if content and not is_store_without_marker(self.folder, content):
                raise StoreError(f"{folder}: a folder with other things in it; name a new or empty one")
            if create:
                write_text(marker, json.dumps({"format": FORMAT}))
        elif _read_format(marker) != FORMAT:
            raise StoreError(f"{folder}: a store of another version; extract again into a new folder")

    def __repr__(self) -> str:
        return to_one_line(f"Store({describe_store(self)})")

    # -- features -----------------------------------------------------------------------------------------------------

    def open_feature(self, feature: Feature) -> None:
        """Make a feature's folder and write its fingerprint; remove half-written files of processes that were killed.

        Parameters
        ----------
        feature : Feature
        """
        folder = self._feature_folder(feature.key)
        if find_damage(folder / "fingerprint.json"):
            write_text(folder / "fingerprint.json", json.dumps(feature.fingerprint, indent=1))
        for part in [*folder.glob(".*.part"), *(self.folder / "sources").glob(".*.part")]:
            with suppress(FileNotFoundError):  # its writer may just rename it
                if time.time() - part.stat().st_mtime > STALE_SECONDS:
                    part.unlink()

    def fingerprints(self) -> dict[str, Fingerprint]:
        """Read the fingerprints of all features in the store.

        Returns
        -------
        dict of str to dict
            By the features' keys.
        """
        return {path.parent.name: read_fingerprint(path) for path in self.files() if path.suffix == ".json"}

    def has(self, feature_key: str) -> bool:
        """Tell whether the store has a feature for any image; `table` checks whether it has it for all.

        Parameters
        ----------
        feature_key : str

        Returns
        -------
        bool
        """
        return bool(self._shards(feature_key))

    def stored_keys(self, feature_key: str) -> set[str]:
        """Collect the content keys for which a feature was computed, after `mend` has checked the shards.

        Images do not count if they were unreadable for a reason that is not their content, which older versions stored.

        Parameters
        ----------
        feature_key : str

        Returns
        -------
        set of str
        """
        keys: set[str] = set()
        for path in self._shards(feature_key):
            try:
                shard = read_shard(path, ("keys", "status", "reasons"), verify_checksum=False)
                keys.update(shard["keys"][rank_verdicts(shard["status"], shard["reasons"]) < PASSING].tolist())
            except StoreError:
                if path.exists():  # otherwise another process has just set it aside
                    raise
        return keys

    def put_shard(self, feature_key: str, shard: Shard) -> None:
        """Write a shard; raise StoreError if its folder, which `open_feature` makes, is missing.

        Parameters
        ----------
        feature_key : str
        shard : featfer.store.shards.Shard
        """
        if not self._feature_folder(feature_key).is_dir():
            raise StoreError(f"{self.folder}: removed while it was written to; run the same `featfer extract` again")
        name = hashlib.sha256("".join(shard.keys.tolist()).encode()).hexdigest()[:32]
        write_arrays(self._feature_folder(feature_key) / f"{name}.npz", **vars(shard))

    def table(self, feature_keys: Sequence[str], digest: str) -> FeatureTable:
        """Make the feature table of a data set: a row for each face and each unreadable image.

        Parameters
        ----------
        feature_keys : list of str
            Features, whose columns are put side by side.
        digest : str

        Returns
        -------
        FeatureTable

        Raises
        ------
        StoreError
            When a feature is incomplete.
        """
        meta, shards = self.require_source(digest)[1], [self._shards(key) for key in feature_keys]
        found = [self._faces(key, paths, digest) for key, paths in zip(feature_keys, shards, strict=True)]
        if len(set(map(len, found))) > 1:
            raise StoreError(f"{self.folder}: {' and '.join(feature_keys)} were computed on different faces")
        faces, features = found[-1], gather_values(shards, [part["at"].to_numpy() for part in found])
        boxes = read_shards(shards[-1], ("keys", "boxes"), verify_checksum=False)["boxes"][faces["at"]]
        fingerprints = [upgraded(read_fingerprint(self._feature_folder(key) / "fingerprint.json")) for key in feature_keys]
        return FeatureTable(
            features=features, boxes=boxes, labels=faces["label"].to_numpy(np.int16),
            splits=faces["split"].to_numpy(str), status=faces["status"].to_numpy(str), ids=faces["id"].to_numpy(str),
            groups=pd.factorize(faces["key"])[0].astype(np.int32),
            label_set=restore_label_set(meta), fingerprints=fingerprints, source=meta["name"], split_plan=meta.get("drawn", ""),
            **{name: array[faces["row"]] for name, array in self._read_annotations(digest).items()})

    def faces(self, feature_key: str, digest: str, whole: bool = True) -> pd.DataFrame:
        """List the faces and unreadable images of a data set.

        Parameters
        ----------
        feature_key, digest : str
        whole : bool, optional
            Raise StoreError if the feature is incomplete, instead of leaving out the images that lack it.

        Returns
        -------
        DataFrame
            With id, key, label, split, face, status and reason.
        """
        shards = self._shards(feature_key)
        if not (shards or whole):
            return pd.DataFrame({name: [] for name in ("id", "key", "label", "split", "face", "status", "reason")})
        return self._faces(feature_key, shards, digest, whole).drop(columns=["at", "row"])

    def _faces(self, feature_key: str, shards: list[pathlib.Path], digest: str, whole: bool = True) -> pd.DataFrame:
        """Return what `faces` does, with the index of each row in the shards (at) and in the data set's record (row)."""
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
            raise IncompleteError(f"{self.folder}: {missing:,} of {count(len(rows), 'image')} have no "
                                  f"{feature_key.rpartition('-')[0]} yet; run the same `featfer extract` again")
        return joined.dropna(subset="at").astype({"at": np.int64})

    # -- soundness ----------------------------------------------------------------------------------------------------

    def files(self) -> list[pathlib.Path]:
        """List the paths of all records, fingerprints and shards."""
        folders = sorted(path for path in (self.folder / "features").glob("*") if path.is_dir())
        begun = [path for path in folders if self._shards(path.name) or (path / "fingerprint.json").exists()]
        return [*self.records(), *(path for folder in begun
                                    for path in (folder / "fingerprint.json", *self._shards(folder.name)))]

    def check(self) -> dict[str, Any]:
        """Read the whole store and report damage.

        Returns
        -------
        dict
            "folder", "files" (how many), "bytes", "damaged" ({path: reason}), and "set_aside" (paths of files that were
            damaged before).
        """
        marker, files = self.folder / MARKER, self.files()
        paths = [*([marker] if marker.is_file() else []), *files]
        damaged = {str(path): reason for path, reason in find_all_damage(files).items()}
        return {"folder": str(self.folder), "files": len(paths), "bytes": sum(p.stat().st_size for p in paths if p.is_file()),
                "damaged": damaged, "set_aside": sorted(map(str, self.folder.rglob("*.damaged")))}

    def mend(self, feature_keys: Iterable[str]) -> list[str]:
        """Set damaged files aside: add .damaged to their names, so that they no longer count.

        Parameters
        ----------
        feature_keys : list of str
            Whose shards are checked; records are always checked.

        Returns
        -------
        list of str
            A sentence on each damaged file.
        """
        paths = [*self.records(), *(path for key in feature_keys for path in self._shards(key))]
        return [f"{path}: damaged ({reason}); set aside as {set_aside(path)}, to be made anew"
                for path, reason in find_all_damage(paths).items() if path.exists()]

    def _shards(self, feature_key: str) -> list[pathlib.Path]:
        return sorted(self._feature_folder(feature_key).glob("*.npz"))

    def _feature_folder(self, feature_key: str) -> pathlib.Path:
        return self.folder / "features" / feature_key


def _read_format(marker: pathlib.Path) -> Any:
    try:
        return read_json(marker).get("format")
    except DAMAGE as error:
        raise StoreError(f"{marker}: damaged ({describe_failure(error)}); write {json.dumps({'format': FORMAT})} into it, or "
                         "extract again into a new folder") from None
