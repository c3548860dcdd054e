"""Photos without labels: one file or a folder."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from featfer.datasets import Dataset
from featfer.datasets.digests import Digest, digest_listing, make_file_key
from featfer.datasets.faceset import UNLABELLED, FaceSet, ImageFiles, parse_split, shorten_list
from featfer.errors import DataError
from featfer.images.walking import describe_skipped, is_image_file, walk
from featfer.labels import is_expression
from featfer.typing import Path as AnyPath
from featfer.utils.progress import bar

TABLES = (".csv", ".tsv", ".gz", ".zip")


def is_photos(path: Path) -> bool:
    """Tell whether a path is an image file or a folder.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    return path.is_dir() or (path.is_file() and is_image_file(path))


def digest(path: AnyPath) -> Digest:
    """Compute the digest of the listing of the photos.

    Parameters
    ----------
    path : path

    Returns
    -------
    Digest
    """
    root, names, _ = _list_photos(path)
    return digest_listing(root, names)


def load(path: AnyPath, skip_bad: bool = False) -> FaceSet:
    """Load one photo, or all photos below a folder, without labels.

    Unreadable photos are only noticed at extraction. `FaceSet.notes` says what looks like labels but is not used.

    Parameters
    ----------
    path : path
    skip_bad : bool, optional
        Has no effect: no photo is a bad row.

    Returns
    -------
    FaceSet

    Raises
    ------
    DataError
        When there is no image.
    """
    root, names, skipped = _list_photos(path)
    if not names:
        tables = _list_tables(root)
        hint = [f"give one of {shorten_list(tables)} as the source"] if tables else []
        raise DataError("; ".join([f"{path}: no image in it", *describe_skipped(skipped), *hint]))
    keys = [make_file_key(root / name) for name in bar(names, desc="reading files", unit=" files")]
    count = len(names)
    return FaceSet(Path(path), digest_listing(root, names), ImageFiles(root, names), np.array(names), np.array(keys),
                   np.full(count, UNLABELLED, np.int16), np.full(count, "", "U5"), kind="photos without labels",
                   notes=[*(_find_signs_of_labels(root, names) if Path(path).is_dir() else ()), *describe_skipped(skipped)])


def _list_photos(path: AnyPath) -> tuple[Path, list[str], Counter[str]]:
    """Return the folder of the photos, their names in it, and what was skipped."""
    path = Path(path)
    if path.is_file():
        return path.parent, [path.name], Counter()
    walked = walk(path)
    return path, walked.images, walked.skipped


def _find_signs_of_labels(root: Path, names: Iterable[str]) -> list[str]:
    """Return notes on folders and tables that look like labels but are not used."""
    folders = dict.fromkeys(folder for name in names for folder in name.split("/")[:-1])
    named = [name for name in folders if is_expression(name) or parse_split(name)]
    notes, tables = [], _list_tables(root)
    if named:
        notes.append(f"{shorten_list(named)}: folders named as a class or a split, which are not taken for labels, as there is "
                     "no folder for each class of each split")
    if tables:
        notes.append(f"{shorten_list(tables)}: not read; give such a file as the source, if it has the labels")
    return notes


def _list_tables(root: Path) -> list[str]:
    """Return the names of the tables and archives in a folder."""
    return [path.name for path in sorted(root.iterdir()) if path.suffix.lower() in TABLES]


DATASET = Dataset(is_photos, digest, load)
