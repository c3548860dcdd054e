"""RAF-DB (Li et al. 2017) as published: aligned faces in Image/aligned/ and a list of their classes, 1 to 7."""

import re
from collections.abc import Container
from pathlib import Path
from typing import NamedTuple

import numpy as np

from featfer.datasets import Dataset
from featfer.datasets.codes import CODES
from featfer.datasets.digests import Digest, digest_file, digest_listing, join_digests, make_file_key, open_source
from featfer.datasets.faceset import MEND_ROW, FaceSet, ImageFiles, check_usable, leave_out
from featfer.errors import DataError
from featfer.images.walking import walk
from featfer.labels import FER7
from featfer.typing import Path as AnyPath
from featfer.utils.progress import bar
from featfer.utils.words import count

LISTS = ("list_patition_label.txt", "list_partition_label.txt")  # the first is RAF-DB's own spelling
PLACES = ("", "EmoLabel", "basic/EmoLabel")
FOLDERS = ("Image/aligned", "Image/original", "aligned", "original", "")
IMAGE = re.compile(r"(train|test)_")
LINE = re.compile(r"((train|test)_\w+)(\.\w+)\s+(\S+)")


class _Row(NamedTuple):
    name: str
    label: int
    split: str


def is_rafdb(path: Path) -> bool:
    """Tell whether a path is a folder with RAF-DB's list of classes.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    return path.is_dir() and _find_list(path) is not None


def digest(path: AnyPath) -> Digest:
    """Compute the digest of the list and of the listing of the images.

    Parameters
    ----------
    path : path

    Returns
    -------
    Digest
    """
    path = Path(path)
    root, images = _find_images(path)
    return join_digests("raf-db", digest_file(_find_list(path)), digest_listing(root, images))


def load(path: AnyPath, skip_bad: bool = False) -> FaceSet:
    """Load the images in the list, the aligned ones if there are any.

    Parameters
    ----------
    path : path
    skip_bad : bool, optional
        Leave out bad lines and list them in `FaceSet.skipped`.

    Returns
    -------
    FaceSet

    Raises
    ------
    DataError
        When there are no images; at the first bad line or missing image, unless `skip_bad`.
    """
    path = Path(path)
    rows: dict[str, _Row] = {}
    skipped: list[str] = []
    file, (root, images) = _find_list(path), _find_images(path)
    found = set(images)
    with open_source(file, text=True) as lines:
        for number, line in enumerate(lines, start=1):
            try:
                if line.strip():
                    row = _parse_row(line, found, rows)
                    rows[row.name] = row
            except DataError as error:
                leave_out(f"{file}, line {number}: {error}", MEND_ROW, skip_bad, skipped)
    check_usable(path, rows, skipped)
    names = list(rows)
    unlisted = len(found - set(names))
    notes = [f"{count(unlisted, 'image is', 'images are')} not in {file.name}: not taken"] if unlisted else []
    return FaceSet(
        path, digest(path), ImageFiles(root, names), np.array(names),
        np.array([make_file_key(root / name, single=True) for name in bar(names, desc="reading files", unit=" files")]),
        np.array([row.label for row in rows.values()], np.int16), np.array([row.split for row in rows.values()], "U5"), FER7,
        single=True, skipped=skipped, kind=f"RAF-DB by its {file.name}, images of {root.name}/", notes=notes)


def _parse_row(line: str, found: Container[str], rows: Container[str]) -> _Row:
    match = LINE.fullmatch(line.strip())
    if not match:
        raise DataError(f"{line.strip()!r:.40} is not as train_00001.jpg 5")
    stem, split, suffix, text = match.groups()
    if not (text.isdecimal() and int(text[:9]) in CODES["raf-db"]):
        raise DataError(f"unknown label {text!r:.40}, not 1 to 7")
    name = next((name for name in (f"{stem}_aligned{suffix}", stem + suffix) if name in found), None)
    if name is None:
        raise DataError(f"no image {stem:.60}_aligned{suffix:.10} or {stem:.60}{suffix:.10}")
    if name in rows:
        raise DataError(f"{stem}{suffix} stands there twice")
    return _Row(name, FER7.index(CODES["raf-db"][int(text)]), split)


def _find_list(path):
    places = (Path(path, place, name) for place in PLACES for name in LISTS)
    return next((place for place in places if place.is_file()), None)


def _find_images(path: Path) -> tuple[Path, list[str]]:
    """Return the folder that holds the images, and their names in it."""
    bases = [path, path / "basic"]
    for place in [base / folder for folder in FOLDERS for base in bases]:
        if place.is_dir() and (names := [name for name in walk(place).images if "/" not in name and IMAGE.match(name)]):
            return place, names
    raise DataError(f"{path}: has RAF-DB's list of classes, but no images in {path / FOLDERS[0]}; unpack aligned.zip there")


DATASET = Dataset(is_rafdb, digest, load)
