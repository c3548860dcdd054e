"""JAFFE (Lyons et al. 1998): a folder of 213 images, whose names have the subject and the expression (KA.AN1.39.tiff)."""

import re
from pathlib import Path

import numpy as np

from featfer.datasets import Dataset
from featfer.datasets.digests import Digest, digest_listing, list_names, make_file_key
from featfer.datasets.faceset import MOVE_FILE, FaceSet, ImageFiles, leave_out
from featfer.datasets.subjects import parse_subjects
from featfer.images.walking import is_hidden, is_image_file
from featfer.labels import FER7
from featfer.typing import Path as AnyPath

NAME = re.compile(r"[A-Z]{2}\.(AN|DI|FE|HA|NE|SA|SU)\d\.\d+\.tiff?", re.I)
CODES = {"AN": "angry", "DI": "disgust", "FE": "fear", "HA": "happy", "NE": "neutral", "SA": "sad", "SU": "surprise"}


def is_jaffe(path: Path) -> bool:
    """Tell whether a path is a folder with a file named like JAFFE's.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    return path.is_dir() and any(map(NAME.fullmatch, list_names(path)))


def digest(path: AnyPath) -> Digest:
    """Compute the digest of the listing of the images.

    Parameters
    ----------
    path : path

    Returns
    -------
    Digest
    """
    return digest_listing(path, _list_images(path))


def load(path: AnyPath, skip_bad: bool = False) -> FaceSet:
    """Load the images with their labels and subjects; there are no splits.

    Parameters
    ----------
    path : path
    skip_bad : bool, optional
        Leave out images with other names and list them in `FaceSet.skipped`.

    Returns
    -------
    FaceSet

    Raises
    ------
    DataError
        At the first image with another name, unless `skip_bad`.
    """
    path, names = Path(path), _list_images(path)
    placed = [name for name in names if NAME.fullmatch(name)]
    skipped: list[str] = []
    for name in names:
        if not NAME.fullmatch(name):
            leave_out(f"{path / name}: not a name of JAFFE's, such as KA.AN1.39.tiff", MOVE_FILE, skip_bad, skipped)
    labels = [FER7.index(CODES[name.split(".")[1][:2].upper()]) for name in placed]
    return FaceSet(path, digest_listing(path, names), ImageFiles(path, placed), np.array(placed),
                   np.array([make_file_key(path / name, single=True) for name in placed]), np.array(labels, np.int16),
                   np.full(len(placed), "", "U5"), FER7, single=True, skipped=skipped, subjects=parse_subjects(placed),
                   kind="JAFFE")


def _list_images(path: AnyPath) -> list[str]:
    return [name for name in list_names(path) if not is_hidden(name) and is_image_file(Path(path, name))]


DATASET = Dataset(is_jaffe, digest, load)
