"""Data sets: a source on disk in, a FaceSet out. To add one: a file, and a line in DATASETS."""

from collections import namedtuple
from functools import partial
from pathlib import Path

from featfer.datasets import affectnet, fer2013, ferplus, folders, jaffe, listed, photos
from featfer.datasets.faceset import UNLABELLED, FaceSet
from featfer.errors import DataError

Dataset = namedtuple("Dataset", "accepts digest load")

# In this order: the first that accepts a source loads it.
DATASETS = {
    "faces-csv": Dataset(listed.is_list, listed.digest, listed.load),
    "fer2013-csv": Dataset(fer2013.is_csv, fer2013.csv_digest, fer2013.load_csv),
    "fer2013-folders": Dataset(fer2013.is_folders, fer2013.folders_digest, fer2013.load_folders),
    "affectnet-lists": Dataset(affectnet.is_lists, affectnet.lists_digest, affectnet.load_lists),
    "affectnet-sets": Dataset(affectnet.is_sets, affectnet.sets_digest, affectnet.load_sets),
    "jaffe": Dataset(jaffe.is_jaffe, jaffe.digest, jaffe.load),
    "class-folders": Dataset(folders.is_folders, folders.digest, folders.load),
    "photos": Dataset(photos.is_photos, photos.digest, photos.load),
}

__all__ = ["DATASETS", "UNLABELLED", "FaceSet", "find_dataset", "with_votes"]


def find_dataset(source):
    """Return the Dataset (accepts, digest, load) for a source's path; raise DataError when there is none."""
    path = Path(source)
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    for dataset in DATASETS.values():
        if dataset.accepts(path):
            return dataset
    raise DataError(f"{path}: not a source known here: a csv of FER2013 or of paths and labels, a folder of class folders, of "
                    "AffectNet or JAFFE, an image, or a folder of images")


def with_votes(source, votes, mode):
    """Return the Dataset for a FER2013 csv with the labels of FER+, whose votes are in another csv.

    mode: one of featfer.datasets.ferplus.MODES. Raises DataError for another source, ParameterError for another mode.
    """
    ferplus.check_mode(mode)
    dataset = find_dataset(source)
    if dataset is not DATASETS["fer2013-csv"]:
        raise DataError(f"{source}: votes are for the rows of a FER2013 csv, which this is not")
    return Dataset(dataset.accepts, partial(ferplus.digest, votes=votes, mode=mode),
                   partial(ferplus.load, votes=votes, mode=mode))
