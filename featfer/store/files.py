"""Read the files of a store: each is checked by its checksum and content, or an error names it."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from featfer.datasets.faceset import ANNOTATIONS
from featfer.errors import OF_CONTENT, StoreError, make_transient
from featfer.faces import STATUSES, UNREADABLE
from featfer.features.base import Feature, make_key
from featfer.labels import restore_label_set
from featfer.typing import Fingerprint, Integers, Strings
from featfer.utils.files import read_json
from featfer.utils.npz import DAMAGE, describe_failure, is_machine_fault, read_arrays

if TYPE_CHECKING:
    from featfer.store.store import Store

RECORD = {"ids": "U", "keys": "U", "labels": "iu", "splits": "U"}  # arrays of a record, with numpy's dtype kinds
KINDS = {"keys": "U", "faces": "u", "status": "u", "boxes": "f", "scores": "f", "values": "f", "reasons": "U"}  # of a shard
WIDE = ("boxes", "values")  # arrays with several columns
PARTS = ("sources", "features")  # what a store's folder has besides its marker
OF_ITS_CONTENT, PASSING = 1, 2  # ranks of unreadable images, see `rank_verdicts`; 0 is that of images with faces
# Reasons that older versions stored for unreadable images, although they are not about the content.
_ERRORS = "|".join(re.escape(os.strerror(number)) for number in errno.errorcode if number not in OF_CONTENT)
NOT_OF_CONTENT = re.compile(
    rf": no such file$|: cannot be read \(|not a readable image \((?:MemoryError|{_ERRORS})"
    r"|^[\d,]+ (?:fields?|pixels?) instead of |^unknown (?:label|usage) |^a pixel is ")


def read_record(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read the record of a data set.

    Parameters
    ----------
    path : Path

    Returns
    -------
    arrays : dict of str to ndarray
        Those of RECORD, and the annotations that it has.
    meta : dict

    Raises
    ------
    StoreError
        When it is damaged.
    """
    return _read_or_refuse(_load_record, path)


def get_change_time(path: Path) -> float:
    """Return the modification time of a file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    float
        Seconds; 0 if the file has just been removed.
    """
    try:
        return path.stat().st_mtime
    except OSError:
        return 0


def read_fingerprint(path: Path) -> Fingerprint:
    """Read the fingerprint of a feature.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict

    Raises
    ------
    StoreError
        When it is damaged, or is not that of its folder.
    """
    return _read_or_refuse(_load_fingerprint, path)


def read_shard(path: Path, names: Sequence[str] = tuple(KINDS), verify_checksum: bool = True) -> dict[str, NDArray[Any]]:
    """Read arrays of a shard.

    Parameters
    ----------
    path : Path
    names : tuple of str, optional
        All by default.
    verify_checksum : bool, optional
        Check the whole file first.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    StoreError
        When it is damaged.
    """
    return _read_or_refuse(_load_shard, path, names, verify_checksum)


def rank_verdicts(status: Integers, reasons: Strings) -> NDArray[np.int8]:
    """Rank what the rows of a shard say about their images. If an image has several rows, those of the lowest rank count.

    Parameters
    ----------
    status : ndarray of uint8, (n,)
    reasons : ndarray of str, (n,)

    Returns
    -------
    ndarray of int8, (n,)
        0 for faces, OF_ITS_CONTENT for an unreadable image, PASSING for one that only could not be read at the time.
    """
    ranks = np.zeros(len(status), np.int8)
    for row in np.flatnonzero(status == STATUSES.index(UNREADABLE)):
        ranks[row] = PASSING if NOT_OF_CONTENT.search(str(reasons[row])) else OF_ITS_CONTENT
    return ranks


def list_contents(folder: Path) -> list[str]:
    """List what is in a store's folder.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    list of str
        Names, without half-written files; empty if there is no such folder.

    Raises
    ------
    StoreError
        When it cannot be read.
    """
    try:
        return [name for name in os.listdir(folder) if not (name.startswith(".") and name.endswith(".part"))]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StoreError(f"{folder}: cannot be read ({error.strerror})") from None


def is_store_without_marker(folder: Path, names: Iterable[str]) -> bool:
    """Tell whether a folder is a store that lacks only its marker.

    Parameters
    ----------
    folder : Path
    names : list of str
        What is in it.

    Returns
    -------
    bool
    """
    if not set(names) <= set(PARTS):
        return False
    inside = {name: [Path(folder, name, inner) for inner in list_contents(Path(folder, name))] for name in names}
    return (all(path.suffix in (".npz", ".damaged") for path in inside.get("sources", ()))
            and all(path.is_dir() for path in inside.get("features", ())))


def find_damage(path: Path) -> str:
    """Read a whole file of a store to find out whether it is damaged.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        What is wrong; "" if it is sound.

    Raises
    ------
    TransientError
        When it cannot be read now.
    """
    readers = {".json": _load_fingerprint, ".npz": _load_record if path.parent.name == "sources" else _load_shard}
    try:
        readers[path.suffix](path)
    except DAMAGE as error:
        if is_machine_fault(error):
            raise make_transient(path, error) from None
        return describe_failure(error)
    return ""


def find_keys(store: Store, features: Sequence[Feature], digest: str) -> list[str]:
    """Find the keys under which a store has features of a data set.

    Parameters
    ----------
    store : Store
    features : list of Feature
    digest : str

    Returns
    -------
    list of str
        The current keys, or those of the latest earlier version of detection whose features are complete, if the current ones
        are not.
    """
    current, *earlier = zip(*([feature.key, *feature.earlier_keys] for feature in features), strict=True)
    held = [keys for keys in earlier if all(map(store.has, keys))]
    if not held:
        return list(current)
    wanted = set(store.require_source(digest)[0]["key"])
    return list(next((keys for keys in (current, *held) if _has_all(store, keys, wanted)), current))


def _has_all(store: Store, feature_keys: Iterable[str], wanted: set[str]) -> bool:
    return all(wanted <= store.stored_keys(key) for key in feature_keys)


def _read_or_refuse(reader: Callable[..., Any], path: Path, *options: Any) -> Any:
    try:
        return reader(path, *options)
    except DAMAGE as error:
        if is_machine_fault(error):
            raise make_transient(path, error) from None
        raise StoreError(f"{path}: damaged ({describe_failure(error)}); run the same `featfer extract` again, which makes it "
                         "anew") from None


def _load_record(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
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


def _load_fingerprint(path: Path) -> Fingerprint:
    fingerprint = read_json(path)
    if make_key(fingerprint) != path.parent.name:
        raise ValueError("its folder is called by the digest of another")
    return fingerprint


def _load_shard(path: Path, names: Sequence[str] = tuple(KINDS), verify_checksum: bool = True) -> dict[str, NDArray[Any]]:
    arrays = read_arrays(path, names, verify_checksum=verify_checksum)
    for name, array in arrays.items():
        if array.dtype.kind != KINDS[name] or array.ndim != 1 + (name in WIDE):
            raise ValueError(f"its {name} are not what a shard has")
    if len({len(array) for array in arrays.values()}) > 1 or np.any(arrays.get("status", 0) >= len(STATUSES)):
        raise ValueError("its columns do not fit together")
    return arrays
