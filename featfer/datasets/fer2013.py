"""FER2013 (Goodfellow et al. 2013): the Kaggle csv in both its forms, and the class folders."""

import csv
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from featfer.datasets.faceset import (
    MEND_ROW,
    MOVE_FILE,
    FaceSet,
    ImageFiles,
    check_usable,
    content_key,
    file_digest,
    file_key,
    leave_out,
    listing_digest,
    reading,
)
from featfer.errors import DataError, ParameterError
from featfer.labels import FER7
from featfer.progress import bar
from featfer.walking import walk

SIDE = 48
USAGES = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}
COLUMNS = ("emotion", "pixels", "usage")
LONGEST = 1 << 24  # bytes of a line; a longer one is cut, and its parts are bad rows


# -- the csv ----------------------------------------------------------------------------------------------------------

def is_csv(path):
    """Say whether a path is a csv file."""
    return path.is_file() and path.suffix.lower() == ".csv"


def csv_digest(path):
    """Return the digest of a csv source."""
    return file_digest(path)


def load_csv(path, skip_bad=False):
    """Return a FaceSet from fer2013.csv or icml_face_data.csv; the rows are read from the file when asked for.

    Raises DataError that names file, line and reason at the first bad row; skip_bad: leaves bad rows out and lists them.
    """
    path = Path(path)
    digest = csv_digest(path)
    rows, skipped = [], []
    with reading(path) as file, bar(total=path.stat().st_size, desc="reading rows", unit="B", unit_scale=True) as shown:
        columns = _columns(path, file.readline(LONGEST))
        offset = file.tell()
        for number, line in enumerate(iter(lambda: file.readline(LONGEST), b""), start=2):
            try:
                if line.strip():  # a blank line is no row
                    pixels, label, split = _parse(line, columns)
                    rows.append((f"{path.stem}:{number}", content_key(pixels.tobytes()), label, split, offset))
            except DataError as error:
                leave_out(f"{path}, line {number}: {error}", MEND_ROW, skip_bad, skipped)
            offset += len(line)
            shown.update(len(line))
    return _face_set(path, digest, rows, skipped, lambda places: CsvImages(path, columns, places))


@dataclass(frozen=True)
class CsvRow:
    """A reference to the image in one row of a csv."""

    path: Path
    columns: tuple[int, ...]
    offset: int

    def read(self):
        with reading(self.path) as file:
            file.seek(self.offset)
            return _parse(file.readline(LONGEST), self.columns)[0]


class CsvImages(Sequence):
    """References to rows of a csv by their place in the file."""

    def __init__(self, path, columns, offsets):
        self.path, self.columns, self.offsets = path, columns, np.asarray(offsets, np.int64)

    def __len__(self):
        return len(self.offsets)

    def __getitem__(self, i):
        return CsvRow(self.path, self.columns, int(self.offsets[i]))


def _columns(path, header):
    """Return where emotion, pixels and usage stand in the header; names may carry spaces and capitals."""
    names = [name.strip(' "\ufeff\r\n').lower() for name in header.decode(errors="replace").split(",")]
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise DataError(f"{path}, line 1: no column {', '.join(missing)} in {', '.join(names)!r:.80}; "
                        "a FER2013 csv has emotion, pixels and Usage, a list of faces path and label")
    return tuple(names.index(name) for name in COLUMNS)


def _parse(line, columns):
    """Return pixels uint8 (48, 48), label and split of a row; raise DataError with the reason it is bad."""
    try:
        fields = next(csv.reader([line.decode(errors="replace").strip()]), [])
    except csv.Error as error:
        raise DataError(f"not a row of a csv ({error})") from None
    if len(fields) <= max(columns):
        raise DataError(f"{len(fields)} fields instead of {max(columns) + 1}; is the file truncated?")
    emotion, pixels, usage = (fields[i].strip() for i in columns)
    if not (emotion.isdecimal() and len(emotion) < 3 and int(emotion) < len(FER7)):
        raise DataError(f"unknown label {emotion!r:.40}, not 0 to {len(FER7) - 1}")
    if usage not in USAGES:
        raise DataError(f"unknown usage {usage!r:.40}, not {', '.join(USAGES)}")
    return _pixels(pixels), int(emotion), USAGES[usage]


def _pixels(text):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # numpy warns, and stops short, where the text is no number
            values = np.fromstring(text, np.int64, sep=" ")
    except (ValueError, DeprecationWarning):
        raise DataError("a pixel is not a whole number") from None
    if values.size != SIDE * SIDE:
        raise DataError(f"{values.size:,} pixels instead of {SIDE * SIDE:,}")
    if values.min() < 0 or values.max() > 255:
        raise DataError(f"a pixel is {values.min() if values.min() < 0 else values.max()}, outside 0 to 255")
    return values.astype(np.uint8).reshape(SIDE, SIDE)


# -- the folders ------------------------------------------------------------------------------------------------------

def is_folders(path):
    """Say whether a path is a folder with train/ and test/ in it, and a file named as FER2013's test files are."""
    return (path / "train").is_dir() and (path / "test").is_dir() and any(
        Path(name).name.startswith(("PublicTest_", "PrivateTest_")) for name in walk(path / "test").images)


def folders_digest(path):
    """Return the digest of a source of class folders."""
    return listing_digest(path, _image_names(Path(path)))


def load_folders(path, skip_bad=False):
    """Return a FaceSet from train/<class>/* and test/<class>/{PublicTest,PrivateTest}_*.

    Raises DataError at the first file whose class or split is unknown; skip_bad: leaves such files out and lists them.
    """
    path = Path(path)
    names = _image_names(path)
    rows, skipped = [], []
    for name in bar(names, desc="reading files", unit=" files"):
        try:
            label, split = _place(Path(name))
            rows.append((name, file_key(path / name, single=True), label, split, name))
        except (DataError, ParameterError) as error:
            leave_out(f"{path / name}: {error}", MOVE_FILE, skip_bad, skipped)
    return _face_set(path, listing_digest(path, names), rows, skipped, lambda names: ImageFiles(path, names))


def _image_names(path):
    return sorted(f"{part}/{name}" for part in ("train", "test") for name in walk(path / part).images)


def _place(name):
    """Return label and split of a file by its folders and the first word of its name."""
    if len(name.parts) != 3:
        raise DataError("not in a class folder: expected train/<class>/<file> or test/<class>/<file>")
    part, emotion, file = name.parts
    split = USAGES.get(file.partition("_")[0], "train" if part == "train" else "")
    if not split or (split == "train") != (part == "train"):
        raise DataError(f"unknown usage: a file in {part}/ starts with "
                        + ("Training_" if part == "train" else "PublicTest_ or PrivateTest_"))
    return FER7.index(emotion), split


def _face_set(path, digest, rows, skipped, images):
    check_usable(path, rows, skipped)
    ids, keys, labels, splits, places = zip(*rows, strict=True)
    return FaceSet(path, digest, images(places), np.array(ids), np.array(keys), np.array(labels, np.int16),
                   np.array(splits), FER7, single=True, skipped=skipped)
