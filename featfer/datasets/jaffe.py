"""JAFFE (Lyons et al. 1998): a flat folder of 213 images, whose names say who makes which face (KA.AN1.39.tiff)."""

import re
from pathlib import Path

import numpy as np

from featfer.datasets import Dataset
from featfer.datasets.faceset import MOVE_FILE, FaceSet, ImageFiles, digest_listing, leave_out, list_names, make_file_key
from featfer.datasets.subjects import parse_subjects
from featfer.images.walking import is_hidden, is_image_file
from featfer.labels import FER7

NAME = re.compile(r"[A-Z]{2}\.(AN|DI|FE|HA|NE|SA|SU)\d\.\d+\.tiff?", re.I)
CODES = {"AN": "angry", "DI": "disgust", "FE": "fear", "HA": "happy", "NE": "neutral", "SA": "sad", "SU": "surprise"}


def is_jaffe(path):
    """Say whether a path is a folder with a file named as JAFFE's are."""
    return path.is_dir() and any(map(NAME.fullmatch, list_names(path)))


def digest(path):
    """Return the digest of a source."""
    return digest_listing(path, _image_names(path))


def load(path, skip_bad=False):
    """Return a FaceSet of the folder's images, with their subjects and without splits.

    Raises DataError at the first image with another kind of name; skip_bad: leaves such files out and lists them.
    """
    path, names = Path(path), _image_names(path)
    placed, skipped = [name for name in names if NAME.fullmatch(name)], []
    for name in names:
        if not NAME.fullmatch(name):
            leave_out(f"{path / name}: not a name of JAFFE's, such as KA.AN1.39.tiff", MOVE_FILE, skip_bad, skipped)
    labels = [FER7.index(CODES[NAME.fullmatch(name)[1].upper()]) for name in placed]
    return FaceSet(path, digest_listing(path, names), ImageFiles(path, placed), np.array(placed),
                   np.array([make_file_key(path / name, single=True) for name in placed]), np.array(labels, np.int16),
                   np.full(len(placed), "", "U5"), FER7, single=True, skipped=skipped, subjects=parse_subjects(placed),
                   kind="JAFFE")


def _image_names(path):
    return [name for name in list_names(path) if not is_hidden(name) and is_image_file(Path(path, name))]


DATASET = Dataset(is_jaffe, digest, load)
