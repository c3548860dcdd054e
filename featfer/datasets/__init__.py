"""Load data sets of any known layout as a FaceSet. To add a layout: a module, and a line in DATASETS."""

from collections import namedtuple

from featfer.utils.registry import Registry

# Functions of a path: accepts (is it this layout?), digest (of the data set), load (returns a FaceSet).
Dataset = namedtuple("Dataset", "accepts digest load")

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


def __getattr__(name):
    return _NAMES.attribute(__name__, name)
