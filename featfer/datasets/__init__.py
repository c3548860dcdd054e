"""Data sets: a source on disk in, a FaceSet out. To add one: a file, and a line in featfer.datasets.finding.DATASETS."""

from featfer.utils.registry import Registry

_NAMES = Registry({
    "DATASETS": "featfer.datasets.finding:DATASETS",
    "FaceSet": "featfer.datasets.faceset:FaceSet",
    "UNLABELLED": "featfer.datasets.faceset:UNLABELLED",
    "find_dataset": "featfer.datasets.finding:find_dataset",
    "find_extracted": "featfer.datasets.finding:find_extracted",
    "with_votes": "featfer.datasets.finding:with_votes",
})

__all__ = [*_NAMES]


def __getattr__(name):
    return _NAMES.attribute(__name__, name)
