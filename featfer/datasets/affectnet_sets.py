"""AffectNet (Mollahosseini et al. 2017) as cropped faces with a file for each annotation (the later release).

    train_set/images/ID.jpg, train_set/annotations/ID_exp.npy, ID_val.npy, ID_aro.npy; val_set/ likewise

Splits and labels are as in `featfer.datasets.affectnet`.
"""

import os
from pathlib import Path

import numpy as np

from featfer.datasets import Dataset
from featfer.datasets.affectnet import make_face_set, parse_annotation
from featfer.datasets.digests import Digest, digest_listing, join_digests, list_names
from featfer.datasets.faceset import MOVE_FILE, FaceSet, leave_out
from featfer.errors import DataError, TransientError, make_transient
from featfer.images.walking import SUFFIXES, is_hidden
from featfer.typing import Path as AnyPath
from featfer.utils.files import open_regular
from featfer.utils.npz import DAMAGE, check_array, describe_failure, is_machine_fault
from featfer.utils.progress import bar

SETS = {"train_set": "train", "val_set": "test"}


def is_sets(path: Path) -> bool:
    """Tell whether a path is a folder with AffectNet's train_set/ or val_set/, with annotations in it.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    return any((path / name / "annotations").is_dir() for name in SETS)


def digest_sets(path: AnyPath) -> Digest:
    """Compute the digest of the listings of images and annotations.

    Parameters
    ----------
    path : path

    Returns
    -------
    Digest
    """
    listings = []
    for name in SETS:
        for part in ("images", "annotations"):
            listings.append(digest_listing(path, [f"{name}/{part}/{file}" for file in _list_files(path, name, part)]))
    return join_digests(*listings)


def load_sets(path: AnyPath, skip_bad: bool = False) -> FaceSet:
    """Load the images of both sets.

    Parameters
    ----------
    path : path
    skip_bad : bool, optional
        Leave out images with bad or missing annotations, and list them in `FaceSet.skipped`.

    Returns
    -------
    FaceSet

    Raises
    ------
    DataError
        When a folder is missing; at the first bad or missing annotation, unless `skip_bad`.
    """
    path, rows = Path(path), []
    skipped: list[str] = []
    digest = digest_sets(path)
    for name, split in SETS.items():
        for file in bar(_list_files(path, name, "images"), desc=f"reading {name}", unit=" annotations"):
            try:
                annotations = path / name / "annotations"
                values = [_read_value(annotations / f"{Path(file).stem}_{kind}.npy") for kind in ("exp", "val", "aro")]
                image = f"{name}/images/{file}"
                rows.append((image, image, None, *parse_annotation(*values), split))
            except TransientError:
                raise
            except DataError as error:
                leave_out(f"{path / name / 'images' / file}: {error}", MOVE_FILE, skip_bad, skipped)
    return make_face_set(path, path, digest, rows, skipped, "AffectNet by its annotations")


def _list_files(path: AnyPath, name: str, part: str) -> list[str]:
    """Return the files in a set's images/ or annotations/, without those of landmarks."""
    folder = Path(path, name, part)
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; AffectNet has images/ and annotations/ in {' and '.join(SETS)}")
    suffixes = SUFFIXES if part == "images" else {".npy"}
    return [name for name in list_names(folder)
            if os.path.splitext(name)[1].lower() in suffixes and not (name.endswith("_lnd.npy") or is_hidden(name))]


def _read_value(path: Path) -> str:
    """Return the one value in a file, as text."""
    try:
        with open_regular(path) as file:
            return str(check_array(np.load(file, allow_pickle=False), path.name).item())
    except DAMAGE as error:
        if is_machine_fault(error):
            raise make_transient(path, error) from None
        raise DataError(f"no annotation in {path.name} ({describe_failure(error)})") from None


DATASET = Dataset(is_sets, digest_sets, load_sets)
