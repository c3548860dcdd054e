"""Faces listed in a csv: path,label and, where known, split, subject, valence and arousal; an image a row."""

import csv
import math
import os
from pathlib import Path

import numpy as np

from featfer.datasets.faceset import (
    MEND_ROW,
    SPLIT_OF,
    UNLABELLED,
    FaceSet,
    ImageFiles,
    check_usable,
    file_digest,
    file_key,
    joined_digest,
    leave_out,
    listing_digest,
    reading,
)
from featfer.errors import DataError
from featfer.labels import labels_of
from featfer.progress import bar

NEEDED = ("path", "label")
LONGEST = 1 << 17  # characters of a header
COLUMNS = (*NEEDED, "split", "subject", "valence", "arousal")


def is_list(path):
    """Say whether a path is a csv file whose header has path and label."""
    if not (path.is_file() and path.suffix.lower() == ".csv"):
        return False
    with reading(path, text=True) as file:
        return set(NEEDED) <= set(_header(file.readline(LONGEST)))


def digest(path):
    """Return the digest of a csv and of the sizes and change times of the files in it."""
    path = Path(path)
    return _digest(path, [row["path"] for row, _ in _rows(path)])


def load(path, skip_bad=False):
    """Return a FaceSet of the rows; paths are relative to the csv's folder. The label set is the smallest that knows the
    labels, or their names in sorted order. Empty fields are unknown.

    Raises DataError that names file, line and reason at the first bad row; skip_bad: leaves bad rows out and lists them.
    A file that is not there is no bad row: extraction reports it as unreadable.
    """
    path = Path(path)
    rows, skipped = {}, []
    for row, line in _rows(path):
        try:
            affect = _affect(row, "valence"), _affect(row, "arousal")
            rows[_name(row, rows)] = (row["label"], _split(row), row["subject"], *affect)
        except DataError as error:
            leave_out(f"{path}, line {line}: {error}", MEND_ROW, skip_bad, skipped)
    check_usable(path, rows, skipped)
    return _face_set(path, list(rows), zip(*rows.values(), strict=True), skipped)


def _face_set(path, names, columns, skipped):
    labels, splits, subjects, *affect = columns
    named = {label for label in labels if label}
    label_set, root, affect = labels_of(named, path.stem) if named else None, path.parent, np.array(affect, np.float32).T
    keys = [file_key(root / name, single=True) for name in bar(names, desc="reading files", unit=" files")]
    return FaceSet(
        path, _digest(path, names), ImageFiles(root, names), np.array(names), np.array(keys),
        np.array([label_set.index(label) if label else UNLABELLED for label in labels], np.int16), np.array(splits, "U5"),
        label_set, single=True, skipped=skipped, subjects=np.array(subjects) if any(subjects) else None,
        affect=None if np.isnan(affect).all() else affect)


def _rows(path):
    """Yield ({column: text}, line) of each row; a column that is not there is empty."""
    with reading(path, text=True) as file:
        columns = _header(file.readline(LONGEST))
        reader = csv.reader(file)
        try:
            for fields in reader:
                if fields:  # a blank line is no row
                    row = dict(zip(columns, map(str.strip, fields), strict=False))
                    yield {name: row.get(name, "") for name in COLUMNS}, reader.line_num + 1
        except csv.Error as error:
            raise DataError(f"{path}, line {reader.line_num + 1}: not a row of a csv ({error})") from None


def _header(line):
    return [name.strip(' "\r\n').lower() for name in line.split(",")]


def _name(row, rows):
    name = row["path"]
    if not name:
        raise DataError("no path")
    if name in rows:
        raise DataError(f"{name} stands there twice")
    return name


def _split(row):
    if row["split"] and row["split"].lower() not in SPLIT_OF:
        raise DataError(f"unknown split {row['split']!r:.40}, not train, val or test")
    return SPLIT_OF.get(row["split"].lower(), "")


def _affect(row, column):
    """Return valence or arousal, nan where it is empty."""
    try:
        value = float(row[column] or "nan")
    except ValueError:
        value = math.inf
    if abs(value) > 1:
        raise DataError(f"{column} {row[column]!r:.40} is not a number from -1 to 1")
    return value


def _digest(path, names):
    there = [name for name in names if os.path.isfile(path.parent / name)]
    return joined_digest(file_digest(path), listing_digest(path.parent, there))
