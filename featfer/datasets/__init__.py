"""Load data sets of any known layout as a FaceSet. To add a layout: a module, and a line in DATASETS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from featfer.utils.registry import Registry

if TYPE_CHECKING:
    from featfer.datasets.digests import Digest
    from featfer.datasets.faceset import UNLABELLED as UNLABELLED
    from featfer.datasets.faceset import FaceSet as FaceSet
    from featfer.datasets.finding import find_dataset as find_dataset
    from featfer.datasets.finding import find_extracted as find_extracted
    from featfer.datasets.finding import with_votes as with_votes


class Dataset(NamedTuple):
    """A layout of data sets: functions of a path.

    Attributes
    ----------
    accepts : function
        Tells whether a path is of this layout.
    digest : function
        Computes the digest of the data set.
    load : function
        Loads it as a FaceSet; `skip_bad` leaves out bad rows.
    """

    accepts: Callable[[Path], bool]
    digest: Callable[..., Digest]
    load: Callable[..., FaceSet]


# The order matters: the first that accepts a path loads it.
DATASETS = Registry({
    "faces-csv": "featfer.datasets.listed:DATASET",
    "fer2013-csv": "featfer.datasets.fer2013:CSV_DATASET",
    "fer2013-folders": "featfer.datasets.fer2013_folders:DATASET",
    "ferplus-folders": "featfer.datasets.ferplus_folders:DATASET",
    "affectnet-lists": "featfer.datasets.affectnet:LISTS_DATASET",
    "affectnet-sets": "featfer.datasets.affectnet_sets:DATASET",
    "raf-db": "featfer.datasets.rafdb:DATASET",
    "ck+": "featfer.datasets.ckplus:DATASET",
    "jaffe": "featfer.datasets.jaffe:DATASET",
    "class-folders": "featfer.datasets.folders:DATASET",
    "photos": "featfer.datasets.photos:DATASET",
})
_NAMES = Registry({
    "FaceSet": "featfer.datasets.faceset:FaceSet",
    "UNLABELLED": "featfer.datasets.faceset:UNLABELLED",
    "find_dataset": "featfer.datasets.finding:find_dataset",
    "find_extracted": "featfer.datasets.finding:find_extracted",
    "with_votes": "featfer.datasets.finding:with_votes",
})

__all__ = ["DATASETS", "Dataset", *_NAMES]


def __getattr__(name: str) -> Any:
    return _NAMES.attribute(__name__, name)
