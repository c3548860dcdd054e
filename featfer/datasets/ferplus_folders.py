"""FER+ as its own script writes it: FER2013Train/, FER2013Valid/ and FER2013Test/, each with images and a label.csv."""

import csv
from pathlib import Path

import numpy as np

from featfer.datasets import Dataset, ferplus
from featfer.datasets.faceset import (
    MEND_ROW,
    UNLABELLED,
    FaceSet,
    ImageFiles,
    check_usable,
    digest_file,
    digest_listing,
    join_digests,
    leave_out,
    make_file_key,
    open_source,
)
from featfer.errors import DataError
from featfer.images.walking import walk
from featfer.labels import AFFECTNET8
from featfer.utils.progress import bar

PARTS = {"FER2013Train": "train", "FER2013Valid": "val", "FER2013Test": "test"}
LABELS = "label.csv"  # rows of an image's name, its box, and ten raters' votes, without a header
FIELDS = 2 + len(ferplus.VOTED)


def is_ferplus(path):
    """Say whether a path is a folder with one of FER+'s, with a label.csv in it."""
    return any((path / part / LABELS).is_file() for part in PARTS)


def digest(path, mode="majority"):
    """Return the digest of the lists and of the names, sizes and change times of the images, taken in a mode."""
    path, parts = Path(path), _parts(path)
    lists = [digest_file(path / part / LABELS) for part in parts]
    return join_digests("ferplus-folders", mode, *lists, digest_listing(path, _images(path)))


def load(path, skip_bad=False, mode="majority"):
    """Return a FaceSet of the images in the lists, with labels and votes as featfer.datasets.ferplus.load has them.

    Raises DataError where there are no images, and at the first bad row or the first whose image is not there; skip_bad: leaves
    such rows out and lists them. Raises ParameterError for another mode.
    """
    ferplus.check_mode(mode)
    path, rows, skipped = Path(path), {}, []
    found = set(_images(path))
    if not found:
        raise DataError(f"{path}: has {LABELS}, but no images; generate_training_data.py of FER+ writes them from fer2013.csv")
    for part in _parts(path):
        for line, fields in _read(path / part / LABELS):
            try:
                name = f"{part}/{fields[0].strip()}"
                rows[name] = _counts(name, fields, rows, found)
            except DataError as error:
                leave_out(f"{path / part / LABELS}, line {line}: {error}", MEND_ROW, skip_bad, skipped)
    check_usable(path, rows, skipped)
    names, counts = list(rows), np.array(list(rows.values()))
    labels, splits = ferplus.MODES[mode](counts), np.array([PARTS[name.split("/")[0]] for name in names], "U5")
    others = len(found) - len(names)
    return FaceSet(
        path, digest(path, mode), ImageFiles(path, names), np.array(names),
        np.array([make_file_key(path / name, single=True) for name in bar(names, desc="reading files", unit=" files")]), labels,
        np.where(labels == UNLABELLED, "", splits), AFFECTNET8, single=True, skipped=skipped, votes=ferplus.shares(counts),
        kind=f"FER+ by its {LABELS}s, votes by {mode}",
        notes=[f"{others:,} images are in no {LABELS}: not taken"] if others else [])


def _counts(name, fields, rows, found):
    """Return the votes in a row."""
    if len(fields) != FIELDS:
        raise DataError(f"{len(fields)} fields instead of {FIELDS}; is the file truncated?")
    if name in rows:
        raise DataError(f"{fields[0].strip()} stands there twice")
    if name not in found:
        raise DataError(f"no image {name:.80}")
    return ferplus.parse_counts([field.strip() for field in fields[2:]])


def _read(file):
    """Yield (line, fields) of each row of a list."""
    try:
        with open_source(file, text=True) as lines:
            reader = csv.reader(lines)
            yield from ((reader.line_num, fields) for fields in reader if fields)
    except csv.Error as error:
        raise DataError(f"{file}: not a csv ({error})") from None


def _parts(path):
    """Return the folders that are there; raise DataError for one without its list."""
    parts = [part for part in PARTS if (path / part).is_dir()]
    for part in parts:
        if not (path / part / LABELS).is_file():
            raise DataError(f"{path / part / LABELS}: no such file; FER+ has one in each of {', '.join(PARTS)}")
    return parts


def _images(path):
    """Return the names of the images, relative to the source."""
    return [f"{part}/{name}" for part in _parts(path) for name in walk(path / part).images]


DATASET = Dataset(is_ferplus, digest, load)
