"""FER2013 (Goodfellow et al. 2013) as a csv, and other tables of the same form."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from featfer.datasets import Dataset
from featfer.datasets.codes import CODES
from featfer.datasets.digests import Digest, check_same, digest_file, join_digests, make_content_key, open_source
from featfer.datasets.faceset import MEND_ROW, UNLABELLED, FaceSet, check_usable, leave_out
from featfer.datasets.tables import LONGEST, find_delimiter, is_packed, is_table, open_table, parse_header, strip_suffixes
from featfer.errors import DataError, TransientError
from featfer.labels import AFFECTNET8, FER7
from featfer.typing import Path as AnyPath
from featfer.typing import Pixels
from featfer.utils.progress import bar
from featfer.utils.words import count

SIDE = 48
COLUMNS = ("emotion", "pixels", "usage")
USAGES = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}



def is_csv(path: Path) -> bool:
    """Tell whether a path is a table, packed or not.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    return is_table(path)


def digest_csv(path: AnyPath, codes: str | None = None) -> Digest:
    """Compute the digest of a csv.

    Parameters
    ----------
    path : path
    codes : str, optional
        As in `load_csv`.

    Returns
    -------
    Digest
    """
    return join_digests("codes", codes, digest_file(path)) if codes else digest_file(path)


def load_csv(path: AnyPath, skip_bad: bool = False, codes: str | None = None) -> FaceSet:
    """Load fer2013.csv, icml_face_data.csv, or another table of emotion, pixels and perhaps Usage.

    Without Usage there are no splits; with pixels alone there are no labels. Images are read from the file when they are
    needed; those of a packed table are kept in memory.

    Parameters
    ----------
    path : path
    skip_bad : bool, optional
        Leave out bad rows and list them in `FaceSet.skipped`.
    codes : str, optional
        What numbers stand for, a key of `featfer.datasets.codes.CODES`; FER2013's by default.

    Returns
    -------
    FaceSet

    Raises
    ------
    DataError
        At the first bad row, with file, line and reason, unless `skip_bad`.
    """
    return load_rows(path, skip_bad, codes)[0]


def load_rows(path: AnyPath, skip_bad: bool = False, codes: str | None = None) -> tuple[FaceSet, list[int], int]:
    """Load a csv as `load_csv` does, and tell which rows of the table were loaded.

    Parameters
    ----------
    path, skip_bad, codes
        As in `load_csv`.

    Returns
    -------
    faceset : FaceSet
    numbers : list of int
        For each row of the FaceSet, its row in the table, from 0 and without blank lines.
    count : int
        Rows in the table.
    """
    path = Path(path)
    digest, meaning = digest_csv(path, codes), CODES[codes if codes in CODES else _guess_codes(path)]
    rows, numbers, count = [], [], 0
    skipped: list[str] = []
    with open_table(path) as file, bar(total=_get_size(path), desc="reading rows", unit="B", unit_scale=True) as shown:
        columns = _find_columns(path, file.readline(LONGEST))
        offset = 0 if is_packed(path) else file.tell()
        for line_number, line in enumerate(iter(lambda: file.readline(LONGEST), b""), start=2):
            if line.strip():  # a blank line is no row
                try:
                    pixels, name, split = _parse(line, columns, meaning)
                    place = pixels if is_packed(path) else offset
                    key = make_content_key(pixels.tobytes())
                    rows.append((f"{strip_suffixes(path)}:{line_number}", key, name, split, place))
                    numbers.append(count)
                except DataError as error:
                    leave_out(f"{path}, line {line_number}: {error}", MEND_ROW, skip_bad, skipped)
                count += 1
            offset += len(line)
            shown.update(len(line))
    return _make_face_set(path, digest, rows, skipped, columns), numbers, count


def _get_size(path: Path) -> int | None:
    return None if is_packed(path) else path.stat().st_size


def _guess_codes(path: Path) -> str:
    """Return the codes of a csv's numbers: FER2013's, unless it is named like CK+'s, which adds contempt."""
    return "ckextended" if path.name.lower().startswith("ck") else "fer2013"


def _make_face_set(path: Path, digest: Digest, rows: Sequence[tuple[Any, ...]], skipped: list[str],
                   columns: Columns) -> FaceSet:
    """Return the FaceSet of rows: (id, key, expression or None, split, offset in the file or pixels)."""
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
    """The index of each field in a line, None if the table has no such column, and the delimiter."""

    pixels: int
    emotion: int | None
    usage: int | None
    delimiter: str = ","


@dataclass(frozen=True)
class ImageInMemory:
    """A reference to an image that is kept in memory.

    Attributes
    ----------
    pixels : ndarray of uint8, (48, 48)
    """

    pixels: np.ndarray

    def read(self, key: str | None = None) -> Pixels:
        """Return the pixels."""
        return self.pixels


@dataclass(frozen=True)
class CsvRow:
    """A reference to the image in one row of a csv.

    Attributes
    ----------
    path : Path
    columns : Columns
    offset : int
        Of the row in the file, in bytes.
    """

    path: Path
    columns: Columns
    offset: int

    def read(self, key: str | None = None) -> Pixels:
        """Read the image; raise TransientError if its content key is not `key`."""
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


class CsvImages(Sequence[CsvRow]):
    """References to rows of a csv.

    Parameters
    ----------
    path : Path
    columns : Columns
    offsets : sequence of int
        Of the rows in the file, in bytes.
    """

    def __init__(self, path: Path, columns: Columns, offsets: Sequence[int]) -> None:
        self.path, self.columns, self.offsets = path, columns, np.asarray(offsets, np.int64)

    def __len__(self) -> int:
        return len(self.offsets)

    def __getitem__(self, i: int) -> CsvRow:  # type: ignore[override]  # no slices
        return CsvRow(self.path, self.columns, int(self.offsets[i]))


def _find_columns(path: Path, header: bytes) -> Columns:
    """Return the Columns of a header."""
    text = header.decode(errors="replace")
    names = parse_header(text)
    is_enough = "pixels" in names and ("emotion" in names or names == ["pixels"])  # Kaggle's train.csv, test.csv
    if not is_enough:
        missing = [name for name in COLUMNS if name not in names]
        raise DataError(f"{path}, line 1: no column {', '.join(missing)} in {', '.join(names)!r:.80}; "
                        "a FER2013 csv has emotion, pixels and Usage, a list of faces path and label")
    emotion, usage = (names.index(name) if name in names else None for name in ("emotion", "usage"))
    return Columns(names.index("pixels"), emotion, usage, find_delimiter(text))


def _split_fields(line: bytes, columns: Columns) -> list[str]:
    """Return the fields of a row, stripped."""
    try:
        fields = next(csv.reader([line.decode(errors="replace").strip(" \r\n")], delimiter=columns.delimiter), [])
    except csv.Error as error:
        raise DataError(f"not a row of a csv ({error})") from None
    needed = 1 + max(place for place in columns[:3] if place is not None)
    if len(fields) < needed:
        raise DataError(f"{count(len(fields), 'field')} instead of {needed}; is the file truncated?")
    return [field.strip() for field in fields]


def _parse(line: bytes, columns: Columns, codes: Mapping[int, str] | None = None) -> tuple[Pixels, str | None, str]:
    """Return a row's pixels, uint8 (48, 48), expression (None without codes) and split; raise DataError if it is bad."""
    fields = _split_fields(line, columns)
    name = _parse_expression(fields[columns.emotion], codes) if codes and columns.emotion is not None else None
    usage = "" if columns.usage is None else fields[columns.usage]
    if columns.usage is not None and usage not in USAGES:
        raise DataError(f"unknown usage {usage!r:.40}, not {', '.join(USAGES)}")
    return _parse_pixels(fields[columns.pixels]), name, USAGES.get(usage, "")


def _parse_expression(text: str, codes: Mapping[int, str]) -> str:
    """Return the name of an expression from its number or name."""
    if text.isdecimal() and len(text) < 3 and int(text) in codes:
        return codes[int(text)]
    if text.isdecimal() or text not in AFFECTNET8:
        raise DataError(f"unknown label {text!r:.40}, not {min(codes)} to {max(codes)}")
    return AFFECTNET8.names[AFFECTNET8.index(text)]


def _parse_pixels(text: str) -> Pixels:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # numpy only warns, and stops, at what is no number
            values = np.fromstring(text, np.int64, sep=" ")
    except (ValueError, DeprecationWarning):
        raise DataError("a pixel is not a whole number") from None
    if values.size != SIDE * SIDE:
        raise DataError(f"{values.size:,} pixels instead of {SIDE * SIDE:,}")
    if values.min() < 0 or values.max() > 255:
        raise DataError(f"a pixel is {values.min() if values.min() < 0 else values.max()}, outside 0 to 255")
    return values.astype(np.uint8).reshape(SIDE, SIDE)


CSV_DATASET = Dataset(is_csv, digest_csv, load_csv)
