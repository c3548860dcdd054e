"""Faces listed in a csv: path,label and, where known, split, subject, valence and arousal; an image a row."""

import csv
import math
import os
from pathlib import Path

import numpy as np

from featfer.datasets import Dataset
from featfer.datasets.codes import decode_labels, find_codes
from featfer.datasets.faceset import (
    MEND_ROW,
    UNLABELLED,
    FaceSet,
    ImageFiles,
    check_usable,
    digest_file,
    digest_listing,
    is_absent,
    join_digests,
    leave_out,
    make_file_key,
    parse_split,
)
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
from featfer.utils.progress import bar

NEEDED = ("path", "label")
CALLED = {"image": "path", "pth": "path", "image_path": "path", "filename": "path", "emotion": "label"}  # elsewhere
COLUMNS = (*NEEDED, "split", "subject", "valence", "arousal")


def is_list(path):
    """Say whether a path is a table whose header has path and label, and no pixels."""
    if not is_table(path):
        return False
    names = read_header(path)
    return set(NEEDED) <= set(_columns(names)) and "pixels" not in names


def digest(path, codes=None):
    """Return the digest of a csv and of the sizes and change times of the files in it."""
    path = Path(path)
    rows = [row for row, _ in _rows(path)]
    names = list(dict.fromkeys(row["path"] for row in rows))
    there = [name for name in names if os.path.isfile(path.parent / name)]
    listed = join_digests(digest_file(path), digest_listing(path.parent, there))
    codes = codes or find_codes({row["label"] for row in rows} - {""}, _file_names(names), strip_suffixes(path))[0]
    return join_digests("codes", codes, listed) if codes else listed


def load(path, skip_bad=False, codes=None):
    """Return a FaceSet of the rows; paths are relative to the csv's folder. The label set is the smallest that knows the
    labels, or their names in sorted order. Empty fields are unknown.

    codes: what labels that are numbers are, as featfer.datasets.codes.decode_labels takes it. Raises DataError that names
    file, line and reason at the first bad row, and where none of the files is there; skip_bad: leaves bad rows out and lists
    them. A file that is not there makes a bad row with skip_bad only: else extraction reports it, and looks for it again.
    """
    path = Path(path)
    rows, skipped = {}, []
    for row, line in _rows(path):
        try:
            affect = _affect(row, "valence"), _affect(row, "arousal")
            name = _name(row, rows)
            if skip_bad and is_absent(path.parent / name):
                raise DataError(f"{name}: no such file")
            rows[name] = (row["label"], _split(row), row["subject"], *affect)
        except DataError as error:
            leave_out(f"{path}, line {line}: {error}", MEND_ROW, skip_bad, skipped)
    check_usable(path, rows, skipped)
    if not any(os.path.exists(path.parent / name) for name in rows):
        raise DataError(f"{path}: none of its {len(rows):,} files is there, the first is {path.parent / next(iter(rows))}; "
                        "paths are relative to the csv's folder")
    return _face_set(path, list(rows), zip(*rows.values(), strict=True), skipped, codes)


def _face_set(path, names, columns, skipped, codes):
    labels, splits, subjects, *affect = columns
    named, affect = {label for label in labels if label}, np.array(affect, np.float32).T
    called, notes = decode_labels(named, _file_names(names), strip_suffixes(path), codes)
    label_set, root = choose_label_set(set(called.values()), strip_suffixes(path)) if named else None, path.parent
    keys = [make_file_key(root / name, single=True) for name in bar(names, desc="reading files", unit=" files")]
    return FaceSet(
        path, digest(path, codes), ImageFiles(root, names), np.array(names),
        np.array(keys), np.array([label_set.index(called[label]) if label else UNLABELLED for label in labels], np.int16),
        np.array(splits, "U5"), label_set, single=True, skipped=skipped, kind="a list of paths and labels", notes=notes,
        subjects=np.array(subjects) if any(subjects) else None, affect=None if np.isnan(affect).all() else affect)


def _rows(path):
    """Yield ({column: text}, line) of each row; a column that is not there is empty."""
    with open_table(path) as table:
        file = wrap_text(table)
        header = file.readline(LONGEST)
        columns, reader = _columns(parse_header(header)), csv.reader(file, delimiter=find_delimiter(header))
        try:
            for fields in reader:
                if fields:  # a blank line is no row
                    row = dict(zip(columns, map(str.strip, fields), strict=False))
                    yield {name: row.get(name, "") for name in COLUMNS}, reader.line_num + 1
        except csv.Error as error:
            raise DataError(f"{path}, line {reader.line_num + 1}: not a row of a csv ({error})") from None


def _columns(names):
    """Return the names of a header with those of other data sets as they are called here."""
    return [CALLED[name] if name in CALLED and CALLED[name] not in names else name for name in names]


def _name(row, rows):
    name = row["path"]
    if not name:
        raise DataError("no path")
    if name in rows:
        raise DataError(f"{name} stands there twice")
    return name


def _split(row):
    if row["split"] and not parse_split(row["split"]):
        raise DataError(f"unknown split {row['split']!r:.40}, not train, val or test")
    return parse_split(row["split"])


def _affect(row, column):
    """Return valence or arousal, nan where it is empty."""
    try:
        value = float(row[column] or "nan")
    except ValueError:
        value = math.inf
    if abs(value) > 1:
        raise DataError(f"{column} {row[column]!r:.40} is not a number from -1 to 1")
    return value


def _file_names(paths):
    return list(map(os.path.basename, paths))


DATASET = Dataset(is_list, digest, load)
