"""Shards: a feature of the faces of some images, and the joined arrays of many shards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from featfer.errors import StoreError
from featfer.store.files import read_shard
from featfer.typing import Floats, Integers, Strings


@dataclass(frozen=True)
class Shard:
    """A feature of the faces of some images, as it is stored in one file.

    Attributes
    ----------
    keys : ndarray of str, (n,)
        Content keys of the images.
    faces : ndarray of uint16, (n,)
        Number of the face in its image.
    status : ndarray of uint8, (n,)
        Indices into `featfer.faces.STATUSES`.
    boxes : ndarray of float32, (n, 4)
    scores : ndarray of float32, (n,)
        Of the detector.
    values : ndarray of float32 or float16, (n, d)
    reasons : ndarray of str, (n,)
        Why an image is unreadable.
    """

    keys: Strings
    faces: Integers
    status: Integers
    boxes: Floats
    scores: Floats
    values: Floats
    reasons: Strings

    @classmethod
    def join(cls, shards: Sequence[Self]) -> Self:
        """Join the rows of several shards.

        Parameters
        ----------
        shards : list of Shard

        Returns
        -------
        Shard
        """
        return cls(*(np.concatenate([getattr(shard, field.name) for shard in shards]) for field in fields(cls)))


def read_shards(shards: Sequence[Path], names: Sequence[str], verify_checksum: bool = True) -> dict[str, NDArray[Any]]:
    """Read and join arrays of several shards.

    Parameters
    ----------
    shards : list of Path
    names : tuple of str
    verify_checksum : bool, optional

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    StoreError
        When one is damaged, or they do not fit together.
    """
    parts = [read_shard(path, names, verify_checksum) for path in shards]
    try:
        return {name: np.concatenate([part[name] for part in parts]) for name in names}
    except ValueError as error:
        raise StoreError(f"{shards[0].parent}: its shards do not fit together ({error})") from None


def gather_values(shards: Sequence[Sequence[Path]], places: Sequence[Integers]) -> Floats:
    """Read the values of several features side by side, with at most one shard in memory besides the result.

    Parameters
    ----------
    shards : list of list of Path
        For each feature its shards, whose checksums were verified before.
    places : list of ndarray of int, (n,)
        For each feature the index of each row in its joined shards.

    Returns
    -------
    ndarray of float32 or float16, (n, d)
    """
    heads = [read_shard(paths[0], ("values",), verify_checksum=False)["values"][:0] for paths in shards]
    ends = np.cumsum([head.shape[1] for head in heads])
    found = np.empty((len(places[0]), ends[-1]), np.result_type(*heads))
    for paths, at, head, end in zip(shards, places, heads, ends, strict=True):
        _fill(found[:, end - head.shape[1]:end], paths, at)
    return found


def _fill(block: Floats, shards: Sequence[Path], places: Integers) -> None:
    """Write the values at some places of the joined shards to a block (n, d)."""
    order, start = np.argsort(places, kind="stable"), 0
    for path in shards:
        values = read_shard(path, ("values",), verify_checksum=False)["values"]
        if values.shape[1] != block.shape[1]:
            raise StoreError(f"{path.parent}: its shards do not fit together ({values.shape[1]} columns in {path.name}, "
                             f"{block.shape[1]} in the first)")
        first, last = np.searchsorted(places, (start, start + len(values)), sorter=order)
        block[order[first:last]] = values[places[order[first:last]] - start]
        start += len(values)
