"""FER2013 (Goodfellow et al. 2013): tables in the form of the Kaggle csv, and the class folders."""

import csv
import os
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from featfer.datasets import Dataset
from featfer.datasets.codes import CODES, is_code
from featfer.datasets.entries import check_links, list_folders
from featfer.datasets.faceset import (
    MEND_ROW,
    MOVE_FILE,
    UNLABELLED,
    FaceSet,
    ImageFiles,
    check_same,
    check_usable,
    digest_file,
    digest_listing,
    join_digests,
    leave_out,
    make_content_key,
    make_file_key,
    open_source,
    parse_split,
    shorten_list,
)
from featfer.datasets.tables import LONGEST, find_delimiter, is_packed, is_table, open_table, parse_header, strip_suffixes
from featfer.errors import DataError, ParameterError, TransientError
from featfer.images.walking import describe_skipped, walk
from featfer.labels import AFFECTNET8, FER7
from featfer.utils.progress import bar

SIDE = 48
COLUMNS = ("emotion", "pixels", "usage")
USAGES = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}


# -- the csv ----------------------------------------------------------------------------------------------------------

def is_csv(path):
    """Say whether a path is a table, packed or not."""
    return is_table(path)


def csv_digest(path, codes=None):
    """Return the digest of a csv source."""
    return join_digests("codes", codes, digest_file(path)) if codes else digest_file(path)


def load_csv(path, skip_bad=False, codes=None):
    """Return a FaceSet from fer2013.csv, icml_face_data.csv, or another table of emotion, pixels and, maybe, Usage; its rows
    are read from the file when asked for, those of a packed one held in memory.

    codes: what numbers stand for, one of featfer.datasets.codes.CODES (default: FER2013's). Without Usage there are no splits,
    with pixels alone no labels. Raises DataError that names file, line and reason at the first bad row; skip_bad: leaves bad
    rows out and lists them.
    """
    return load_rows(path, skip_bad, codes)[0]


def load_rows(path, skip_bad=False, codes=None):
    """Return (FaceSet, which rows of the table its rows are, how many rows the table has), all counted without blank lines."""
    path = Path(path)
    digest, codes = csv_digest(path, codes), CODES[codes if codes in CODES else _codes_of(path)]
    rows, numbers, skipped, count = [], [], [], 0
    with open_table(path) as file, bar(total=_size(path), desc="reading rows", unit="B", unit_scale=True) as shown:
        columns = _columns(path, file.readline(LONGEST))
        offset = 0 if is_packed(path) else file.tell()
        for line_number, line in enumerate(iter(lambda: file.readline(LONGEST), b""), start=2):
            if line.strip():  # a blank line is no row
                try:
                    pixels, name, split = _parse(line, columns, codes)
                    place = pixels if is_packed(path) else offset
                    key = make_content_key(pixels.tobytes())
                    rows.append((f"{strip_suffixes(path)}:{line_number}", key, name, split, place))
                    numbers.append(count)
                except DataError as error:
                    leave_out(f"{path}, line {line_number}: {error}", MEND_ROW, skip_bad, skipped)
                count += 1
            offset += len(line)
            shown.update(len(line))
    return _of_rows(path, digest, rows, skipped, columns), numbers, count


def _size(path):
    return None if is_packed(path) else path.stat().st_size


def _codes_of(path):
    """Return the codes of a csv's numbers: FER2013's, unless it is named as CK+'s, which has contempt besides."""
    return "ckextended" if path.name.lower().startswith("ck") else "fer2013"


def _of_rows(path, digest, rows, skipped, columns):
    """Return the FaceSet of rows of id, key, name of an expression or None, split, and place in the file or pixels."""
    check_usable(path, rows, skipped)
    ids, keys, names, splits, places = zip(*rows, strict=True)
    label_set = FER7 if all(name in FER7 for name in set(names) - {None}) else AFFECTNET8
    images = list(map(ImageInMemory, places)) if is_packed(path) else CsvImages(path, columns, places)
    is_labelled = columns.emotion is not None
    kind = f"a csv of {'emotion and pixels, as FER2013' if is_labelled else 'pixels, without labels'}"
    labels = [UNLABELLED if name is None else label_set.index(name) for name in names]
    return FaceSet(path, digest, images, np.array(ids), np.array(keys), np.array(labels, np.int16), np.array(splits, "U5"),
                   label_set if is_labelled else None, single=True, skipped=skipped, kind=kind)


class Columns(NamedTuple):
    """Where the fields stand in a line, None where a table has none, and what stands between them."""

    pixels: int
    emotion: int | None
    usage: int | None
    delimiter: str = ","


@dataclass(frozen=True)
class ImageInMemory:
    """A reference to an image in memory."""

    pixels: np.ndarray

    def read(self, key=None):
        return self.pixels


@dataclass(frozen=True)
class CsvRow:
    """A reference to the image in one row of a csv."""

    path: Path
    columns: Columns
    offset: int

    def read(self, key=None):
        with open_source(self.path) as file:
            file.seek(self.offset)
            line = file.readline(LONGEST)
        try:
            pixels = _parse(line, self.columns)[0]
        except DataError as error:
            raise TransientError(f"{self.path}: changed while the source was read ({error})") from None
        if key is not None:
            check_same(self.path, key, make_content_key(pixels.tobytes()))
        return pixels


class CsvImages(Sequence):
    """References to rows of a csv by their place in the file."""

    def __init__(self, path, columns, offsets):
        self.path, self.columns, self.offsets = path, columns, np.asarray(offsets, np.int64)

    def __len__(self):
        return len(self.offsets)

    def __getitem__(self, i):
        return CsvRow(self.path, self.columns, int(self.offsets[i]))


def _columns(path, header):
    """Return the Columns of a header, whose names may carry spaces and capitals."""
    text = header.decode(errors="replace")
    names = parse_header(text)
    is_enough = "pixels" in names and ("emotion" in names or names == ["pixels"])  # the challenge's train.csv, test.csv
    if not is_enough:
        missing = [name for name in COLUMNS if name not in names]
        raise DataError(f"{path}, line 1: no column {', '.join(missing)} in {', '.join(names)!r:.80}; "
                        "a FER2013 csv has emotion, pixels and Usage, a list of faces path and label")
    places = (names.index(name) if name in names else None for name in ("pixels", "emotion", "usage"))
    return Columns(*places, find_delimiter(text))


def _fields(line, columns):
    """Return the fields of a row, without spaces about them."""
    try:
        fields = next(csv.reader([line.decode(errors="replace").strip(" \r\n")], delimiter=columns.delimiter), [])
    except csv.Error as error:
        raise DataError(f"not a row of a csv ({error})") from None
    needed = 1 + max(place for place in columns[:3] if place is not None)
    if len(fields) < needed:
        raise DataError(f"{len(fields)} fields instead of {needed}; is the file truncated?")
    return [field.strip() for field in fields]


def _parse(line, columns, codes=None):
    """Return pixels uint8 (48, 48), name of the expression, None without codes, and split of a row; raise DataError with the
    reason it is bad."""
    fields = _fields(line, columns)
    name = _expression(fields[columns.emotion], codes) if codes and columns.emotion is not None else None
    usage = "" if columns.usage is None else fields[columns.usage]
    if columns.usage is not None and usage not in USAGES:
        raise DataError(f"unknown usage {usage!r:.40}, not {', '.join(USAGES)}")
    return _pixels(fields[columns.pixels]), name, USAGES.get(usage, "")


def _expression(text, codes):
    """Return the name of an expression, given by its number or its name."""
    if text.isdecimal() and len(text) < 3 and int(text) in codes:
        return codes[int(text)]
    if text.isdecimal() or text not in AFFECTNET8:
        raise DataError(f"unknown label {text!r:.40}, not {min(codes)} to {max(codes)}")
    return AFFECTNET8.names[AFFECTNET8.index(text)]


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
    return path.is_dir() and {*_parts(path).values()} == {"train", "test"} and any(
        os.path.basename(name).startswith(("PublicTest_", "PrivateTest_")) for name in _image_names(path)[0])


def _parts(path):
    """Return {folder: split} of the folders named after splits, in any letter case."""
    return {name: parse_split(name) for name in list_folders(path) if parse_split(name)}


def folders_digest(path, codes=None):
    """Return the digest of a source of class folders."""
    return digest_listing(path, _image_names(Path(path))[0])


def load_folders(path, skip_bad=False, codes=None):
    """Return a FaceSet from train/<class>/* and test/<class>/{PublicTest,PrivateTest}_*; a class is a name, or its number.

    Raises DataError at the first file whose class or split is unknown; skip_bad: leaves such files out and lists them.
    """
    path = Path(path)
    parts, (names, passed) = _parts(path), _image_names(path)
    rows, skipped = [], []
    for name in bar(names, desc="reading files", unit=" files"):
        try:
            label, split = _place(Path(name), parts)
            rows.append((name, make_file_key(path / name, single=True), label, split))
        except (DataError, ParameterError) as error:
            leave_out(f"{path / name}: {error}", MOVE_FILE, skip_bad, skipped)
    check_usable(path, rows, skipped)
    ids, keys, labels, splits = zip(*rows, strict=True)
    beside = [f"{name}/" for name in list_folders(path) if name not in parts]
    others = [f"{shorten_list(beside)}: named after no split, not taken"] if beside else []
    return FaceSet(path, digest_listing(path, names), ImageFiles(path, ids), np.array(ids), np.array(keys),
                   np.array(labels, np.int16), np.array(splits), FER7, single=True, skipped=skipped,
                   kind=f"FER2013 as class folders in {', '.join(f'{part}/' for part in parts)}",
                   notes=[*others, *describe_skipped(passed)])


def _image_names(path):
    """Return the names of the images, sorted, and what was passed over."""
    walks = {part: walk(path / part) for part in _parts(path)}
    for place in (path, *(path / part for part in walks)):
        check_links(place)
    names = [f"{part}/{name}" for part, walked in walks.items() for name in walked.images]
    return sorted(names), sum((walked.skipped for walked in walks.values()), Counter())


def _place(name, parts):
    """Return label and split of a file by its folders and the first word of its name."""
    if len(name.parts) != 3:
        raise DataError("not in a class folder: expected train/<class>/<file> or test/<class>/<file>")
    part, emotion, file = name.parts
    is_train = parts[part] == "train"
    split = USAGES.get(file.partition("_")[0], "train" if is_train else "")
    if not split or (split == "train") != is_train:
        raise DataError(f"unknown usage: a file in {part}/ starts with "
                        + ("Training_" if is_train else "PublicTest_ or PrivateTest_"))
    return FER7.index(CODES["fer2013"].get(int(emotion), emotion) if is_code(emotion) else emotion), split


CSV_DATASET = Dataset(is_csv, csv_digest, load_csv)
FOLDERS_DATASET = Dataset(is_folders, folders_digest, load_folders)
