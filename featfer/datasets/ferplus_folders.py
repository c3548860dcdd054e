"""FER+ as its script writes it: FER2013Train/, FER2013Valid/ and FER2013Test/, each with images and a label.csv."""

import csv
from collections.abc import Container, Iterator, Set
from pathlib import Path

import numpy as np

from featfer.datasets import Dataset
from featfer.datasets.digests import Digest, digest_file, digest_listing, join_digests, make_file_key, open_source
from featfer.datasets.faceset import MEND_ROW, UNLABELLED, FaceSet, ImageFiles, check_usable, leave_out
from featfer.datasets.ferplus import parse_counts
from featfer.datasets.ferplus_modes import MODES, VOTED, check_mode, normalize_votes
from featfer.errors import DataError
from featfer.images.walking import walk
from featfer.labels import AFFECTNET8
from featfer.typing import Integers
from featfer.typing import Path as AnyPath
from featfer.utils.progress import bar
from featfer.utils.words import count

PARTS = {"FER2013Train": "train", "FER2013Valid": "val", "FER2013Test": "test"}
LABELS = "label.csv"  # without a header; a row has the image's name, its box and ten counts of votes
FIELDS = 2 + len(VOTED)


def is_ferplus(path: Path) -> bool:
    """Tell whether a path is a folder with one of FER+'s folders and its label.csv.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    return any((path / part / LABELS).is_file() for part in PARTS)


def digest(path: AnyPath, mode: str = "majority") -> Digest:
    """Compute the digest of the lists, of the listing of the images, and of the mode.

    Parameters
    ----------
    path : path
    mode : str, optional
        As in `load`.

    Returns
    -------
    Digest
    """
    path, parts = Path(path), _find_parts(path)
    lists = [digest_file(path / part / LABELS) for part in parts]
    return join_digests("ferplus-folders", mode, *lists, digest_listing(path, _list_images(path)))


def load(path: AnyPath, skip_bad: bool = False, mode: str = "majority") -> FaceSet:
    """Load the images in the lists, with labels and votes as in `featfer.datasets.ferplus.load`.

    Parameters
    ----------
    path : path
    skip_bad : bool, optional
        Leave out bad rows and missing images, and list them in `FaceSet.skipped`.
    mode : str, optional
        How votes become labels, a key of `featfer.datasets.ferplus_modes.MODES`.

    Returns
    -------
    FaceSet

    Raises
    ------
    DataError
        When there are no images; at the first bad row or missing image, unless `skip_bad`.
    ParameterError
        For an unknown mode.
    """
    check_mode(mode)
    path = Path(path)
    skipped: list[str] = []
    found = set(_list_images(path))
    if not found:
        raise DataError(f"{path}: has {LABELS}, but no images; generate_training_data.py of FER+ writes them from fer2013.csv")
    rows = _read_votes(path, found, skip_bad, skipped)
    check_usable(path, rows, skipped)
    names, counts = list(rows), np.array(list(rows.values()))
    return _make_face_set(path, names, counts, mode, skipped, others=len(found) - len(names))


def _read_votes(path: Path, found: Set[str], skip_bad: bool, skipped: list[str]) -> dict[str, list[int]]:
    """Return {image: counts of votes} of all lists."""
    rows: dict[str, list[int]] = {}
    for part in _find_parts(path):
        for line, fields in _read_rows(path / part / LABELS):
            try:
                name = f"{part}/{fields[0].strip()}"
                rows[name] = _parse_votes(name, fields, rows, found)
            except DataError as error:
                leave_out(f"{path / part / LABELS}, line {line}: {error}", MEND_ROW, skip_bad, skipped)
    return rows


def _make_face_set(path: Path, names: list[str], counts: Integers, mode: str, skipped: list[str], others: int) -> FaceSet:
    labels, splits = MODES[mode](counts), np.array([PARTS[name.split("/")[0]] for name in names], "U5")
    return FaceSet(
        path, digest(path, mode), ImageFiles(path, names), np.array(names),
        np.array([make_file_key(path / name, single=True) for name in bar(names, desc="reading files", unit=" files")]), labels,
        np.where(labels == UNLABELLED, "", splits), AFFECTNET8, single=True, skipped=skipped,
        votes=normalize_votes(counts), kind=f"FER+ by its {LABELS}s, votes by {mode}",
        notes=[f"{count(others, 'image is', 'images are')} in no {LABELS}: not taken"] if others else [])


def _parse_votes(name: str, fields: list[str], rows: Container[str], found: Container[str]) -> list[int]:
    if len(fields) != FIELDS:
        raise DataError(f"{count(len(fields), 'field')} instead of {FIELDS}; is the file truncated?")
    if name in rows:
        raise DataError(f"{fields[0].strip()} stands there twice")
    if name not in found:
        raise DataError(f"no image {name:.80}")
    return parse_counts([field.strip() for field in fields[2:]])


def _read_rows(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number and the fields of each row of a list."""
    try:
        with open_source(file, text=True) as lines:
            reader = csv.reader(lines)
            yield from ((reader.line_num, fields) for fields in reader if fields)
    except csv.Error as error:
        raise DataError(f"{file}: not a csv ({error})") from None


def _find_parts(path: Path) -> list[str]:
    """Return the folders of PARTS that exist; raise DataError for one without its list."""
    parts = [part for part in PARTS if (path / part).is_dir()]
    for part in parts:
        if not (path / part / LABELS).is_file():
            raise DataError(f"{path / part / LABELS}: no such file; FER+ has one in each of {', '.join(PARTS)}")
    return parts


def _list_images(path: Path) -> list[str]:
    """Return the names of the images, relative to the data set."""
    return [f"{part}/{name}" for part in _find_parts(path) for name in walk(path / part).images]


DATASET = Dataset(is_ferplus, digest, load)
