"""A csv that lists images: path, label and optionally split, subject, valence, arousal and further columns."""

import csv
import math
import os
from collections.abc import Container, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featfer.datasets import Dataset
from featfer.datasets.codes import decode_labels, find_codes
from featfer.datasets.digests import Digest, digest_file, digest_listing, join_digests, make_file_key
from featfer.datasets.faceset import MEND_ROW, UNLABELLED, FaceSet, ImageFiles, check_usable, is_absent, leave_out, parse_split
from featfer.datasets.tables import (
    LONGEST,
    find_delimiter,
    is_table,
    open_table,
    parse_header,
    read_header,
    strip_suffixes,
    wrap_text,
)
from featfer.errors import DataError
from featfer.labels import choose_label_set
from featfer.typing import Path as AnyPath
from featfer.utils.progress import bar
from featfer.utils.words import count

NEEDED = ("path", "label")
OTHER_NAMES = {"image": "path", "pth": "path", "image_path": "path", "filename": "path", "emotion": "label"}
COLUMNS = (*NEEDED, "split", "subject", "valence", "arousal")


def is_list(path: Path) -> bool:
    """Tell whether a path is a table with columns for path and label, and none for pixels.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    if not is_table(path):
        return False
    names = read_header(path)
    return set(NEEDED) <= set(_rename_columns(names)) and "pixels" not in names


def digest(path: AnyPath, codes: str | None = None) -> Digest:
    """Compute the digest of the csv and of the listing of its images.

    Parameters
    ----------
    path : path
    codes : str, optional
        As in `load`.

    Returns
    -------
    Digest
    """
    path = Path(path)
    rows = [row for row, _ in _read_rows(path)]
    names = list(dict.fromkeys(row["path"] for row in rows))
    there = [name for name in names if os.path.isfile(path.parent / name)]
    listed = join_digests(digest_file(path), digest_listing(path.parent, there))
    codes = codes or find_codes({row["label"] for row in rows} - {""}, _file_names(names), strip_suffixes(path))[0]
    return join_digests("codes", codes, listed) if codes else listed


def load(path: AnyPath, skip_bad: bool = False, codes: str | None = None) -> FaceSet:
    """Load the images in the csv. Paths are relative to its folder, empty fields are unknown.

    The label set is the smallest known one that has all labels, or else the labels themselves, sorted.

    Parameters
    ----------
    path : path
    skip_bad : bool, optional
        Leave out bad rows and missing files, and list them in `FaceSet.skipped`. Otherwise a missing file is reported at
        extraction, which tries it again every time.
    codes : str, optional
        What labels that are numbers stand for, as in `featfer.datasets.codes.decode_labels`.

    Returns
    -------
    FaceSet

    Raises
    ------
    DataError
        When there is none of the files; at the first bad row, with file, line and reason, unless `skip_bad`.
    """
    path = Path(path)
    rows: dict[str, tuple[Any, ...]] = {}
    skipped: list[str] = []
    for row, line in _read_rows(path):
        try:
            affect = _parse_affect(row, "valence"), _parse_affect(row, "arousal")
            name = _check_name(row, rows)
            if skip_bad and is_absent(path.parent / name):
                raise DataError(f"{name}: no such file")
            rows[name] = (row["label"], _check_split(row), row["subject"], *affect)
        except DataError as error:
            leave_out(f"{path}, line {line}: {error}", MEND_ROW, skip_bad, skipped)
    check_usable(path, rows, skipped)
    if not any(os.path.exists(path.parent / name) for name in rows):
        raise DataError(f"{path}: none of its {count(len(rows), 'file')} is there, the first is "
                        f"{path.parent / next(iter(rows))}; paths are relative to the csv's folder")
    return _make_face_set(path, list(rows), zip(*rows.values(), strict=True), skipped, codes)


def read_column(path: AnyPath, name: str, ids: Iterable[str]) -> NDArray[np.object_]:
    """Read a further column of the csv, which `load` passes over.

    Parameters
    ----------
    path : path
    name : str
        In any letter case.
    ids : iterable of str
        Paths as the csv has them.

    Returns
    -------
    ndarray of object, (n,)
        The text in the row of each path, "" where it is empty.

    Raises
    ------
    DataError
        When there is no such column; the message names those that there are.
    """
    names, wanted = _rename_columns(read_header(path)), name.strip().lower()
    if wanted not in names:
        raise DataError(f"{path}: no column {name!r:.80}; it has {', '.join(filter(None, names)):.400}")
    texts: dict[str, str] = {}
    for row, _ in _read_rows(Path(path), (*NEEDED, wanted)):
        texts.setdefault(row["path"], row[wanted])
    return np.array([texts.get(str(image), "") for image in ids], object)


def _make_face_set(path: Path, names: list[str], columns: Iterable[Any], skipped: list[str], codes: str | None) -> FaceSet:
    labels, splits, subjects, *values = columns
    distinct, affect = {label for label in labels if label}, np.array(values, np.float32).T
    decoded, notes = decode_labels(distinct, _file_names(names), strip_suffixes(path), codes)
    label_set, root = choose_label_set(set(decoded.values()), strip_suffixes(path)) if distinct else None, path.parent
    keys = [make_file_key(root / name, single=True) for name in bar(names, desc="reading files", unit=" files")]
    return FaceSet(
        path, digest(path, codes), ImageFiles(root, names), np.array(names), np.array(keys),
        np.array([label_set.index(decoded[label]) if label_set and label else UNLABELLED for label in labels], np.int16),
        np.array(splits, "U5"), label_set, single=True, skipped=skipped, kind="a list of paths and labels", notes=notes,
        subjects=np.array(subjects) if any(subjects) else None, affect=None if np.isnan(affect).all() else affect)


def _read_rows(path: Path, names: Sequence[str] = COLUMNS) -> Iterator[tuple[dict[str, str], int]]:
    """Yield each row as {column: text} of some columns, with "" for missing ones, and its line number."""
    with open_table(path) as table:
        file = wrap_text(table)
        header = file.readline(LONGEST)
        columns, reader = _rename_columns(parse_header(header)), csv.reader(file, delimiter=find_delimiter(header))
        try:
            for fields in reader:
                if fields:  # a blank line is no row
                    row = dict(zip(columns, map(str.strip, fields), strict=False))
                    yield {name: row.get(name, "") for name in names}, reader.line_num + 1
        except csv.Error as error:
            raise DataError(f"{path}, line {reader.line_num + 1}: not a row of a csv ({error})") from None


def _rename_columns(names: list[str]) -> list[str]:
    """Return the names of a header with OTHER_NAMES replaced."""
    return [OTHER_NAMES[name] if name in OTHER_NAMES and OTHER_NAMES[name] not in names else name for name in names]


def _check_name(row: dict[str, str], rows: Container[str]) -> str:
    """Return the path in a row; raise DataError if there is none or it is in `rows` already."""
    name = row["path"]
    if not name:
        raise DataError("no path")
    if name in rows:
        raise DataError(f"{name} stands there twice")
    return name


def _check_split(row: dict[str, str]) -> str:
    if row["split"] and not parse_split(row["split"]):
        raise DataError(f"unknown split {row['split']!r:.40}, not train, val or test")
    return parse_split(row["split"])


def _parse_affect(row: dict[str, str], column: str) -> float:
    """Return valence or arousal, NaN if it is empty."""
    try:
        value = float(row[column] or "nan")
    except ValueError:
        value = math.inf
    if abs(value) > 1:
        raise DataError(f"{column} {row[column]!r:.40} is not a number from -1 to 1")
    return value


def _file_names(paths: Iterable[str]) -> list[str]:
    return list(map(os.path.basename, paths))


DATASET = Dataset(is_list, digest, load)
