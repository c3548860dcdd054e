"""Looking images up in a store by their content keys, whatever data set they were extracted with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from featfer.store.files import PASSING, rank_verdicts, read_shard

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from featfer.store.store import Store


class StoredImage(NamedTuple):
    """What a store has of an image.

    Attributes
    ----------
    rank : int
        As `featfer.store.files.rank_verdicts` tells it: 0 for an image with faces.
    values : ndarray of float32, (d,)
        The feature of its best face.
    reason : str
        Why it is unreadable; empty for an image with faces.
    """

    rank: int
    values: NDArray[np.float32]
    reason: str


def look_up(store: Store, feature_key: str, keys: Iterable[str]) -> dict[str, StoredImage]:
    """Find a feature of the best face of images in a store.

    Parameters
    ----------
    store : Store
    feature_key : str
    keys : iterable of str
        Content keys of the images.

    Returns
    -------
    dict of str to StoredImage
        By content key, without the images that the store does not have, or that only could not be read at the time.

    Raises
    ------
    StoreError
        When a shard that has one of the images is damaged.
    """
    wanted = list(keys)
    found: dict[str, StoredImage] = {}
    for path in sorted((store.folder / "features" / feature_key).glob("*.npz")):
        if not np.isin(read_shard(path, ("keys",), verify_checksum=False)["keys"], wanted).any():
            continue
        shard = read_shard(path)
        ranks = rank_verdicts(shard["status"], shard["reasons"])
        for row in np.flatnonzero(np.isin(shard["keys"], wanted) & (shard["faces"] == 0) & (ranks < PASSING)):
            key, rank = str(shard["keys"][row]), int(ranks[row])
            if key not in found or rank < found[key].rank:
                found[key] = StoredImage(rank, shard["values"][row].astype(np.float32), str(shard["reasons"][row]))
    return found
