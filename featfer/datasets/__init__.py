"""Data sets: a source on disk in, a FaceSet out. To add one: a file, and a line in DATASETS."""

from collections import namedtuple
from pathlib import Path

from featfer.datasets import fer2013, photos
from featfer.datasets.faceset import UNLABELLED, FaceSet
from featfer.errors import DataError

Dataset = namedtuple("Dataset", "accepts digest load")

# In this order: the first that accepts a source loads it.
DATASETS = {
    "fer2013-csv": Dataset(fer2013.is_csv, fer2013.csv_digest, fer2013.load_csv),
    "fer2013-folders": Dataset(fer2013.is_folders, fer2013.folders_digest, fer2013.load_folders),
    "photos": Dataset(photos.is_photos, photos.digest, photos.load),
}

__all__ = ["DATASETS", "UNLABELLED", "FaceSet", "find_dataset"]


def find_dataset(source):
    """Return the Dataset (accepts, digest, load) for a source's path; raise DataError when there is none."""
    path = Path(source)
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    for dataset in DATASETS.values():
        if dataset.accepts(path):
            return dataset
    raise DataError(f"{path}: not a source known here: a FER2013 csv, a folder with train/ and test/, an image, "
                    "or a folder of images")
