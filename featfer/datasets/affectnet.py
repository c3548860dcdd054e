"""AffectNet (Mollahosseini et al. 2017) as lists of faces in photos (the release of 2017).

    training.csv, validation.csv, Manually_Annotated_Images/   the lists may also be in Manually_Annotated_file_lists/

The official validation set becomes the test split, because the official test set is not public. The val split is a tenth of
each expression's training rows: those with the smallest digests of their names. Rows with no expression, an uncertain one or
no face are unlabelled.
"""

import csv
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from featfer.datasets import Dataset
from featfer.datasets.digests import (
    Digest,
    check_same,
    digest_file,
    digest_listing,
    join_digests,
    list_names,
    make_content_key,
    make_file_key,
    open_source,
    read_file,
    stamp_files,
)
from featfer.datasets.faceset import MEND_ROW, UNLABELLED, FaceSet, check_usable, is_absent, leave_out
from featfer.errors import DataError
from featfer.images.pixels import read_image
from featfer.labels import AFFECTNET8
from featfer.typing import Integers, Pixels, Strings
from featfer.typing import Path as AnyPath
from featfer.utils.progress import bar

LISTS = {"training.csv": "train", "validation.csv": "test"}
LIST_FOLDERS = ("", "Manually_Annotated_file_lists")
PHOTO_FOLDERS = ("Manually_Annotated_Images", "Manually_Annotated/Manually_Annotated_Images", "")
BOX = ("face_x", "face_y", "face_width", "face_height")
COLUMNS = ("subDirectory_filePath", *BOX, "expression", "valence", "arousal")
EXPRESSIONS = 11  # those of AFFECTNET8, in its order, then 8 none, 9 uncertain, 10 no face
UNKNOWN = -2      # stands for an unknown valence or arousal
MARGIN = 0.25     # fraction of the face box that is added on each side, because detection and landmarks need it
VAL_EVERY = 10    # one in this many training rows goes to val
Area: TypeAlias = tuple[int, int, int, int]  # left, top, width and height of a face in its photo, in pixels


def is_lists(path: Path) -> bool:
    """Tell whether a path is a folder with AffectNet's training.csv or validation.csv."""
    return any((path / folder / name).is_file() for folder in LIST_FOLDERS for name in LISTS)


def digest_lists(path: AnyPath) -> Digest:
    """Compute the digest of the lists and of the folders of the photos, with a stamp of all photos.

    Parameters
    ----------
    path : path

    Returns
    -------
    Digest
    """
    root, files = _find_photos(path), [_find_list(path, name) for name in LISTS]
    folders = [folder for folder in list_names(root) if (root / folder).is_dir()]
    digest = join_digests(*map(digest_file, files), digest_listing(root, folders))
    digest.stamp = stamp_files(root, (str(fields[COLUMNS[0]]) for file in files for _, fields in _read_list(file)))
    return digest


def load_lists(path: AnyPath, skip_bad: bool = False) -> FaceSet:
    """Load the rows of both lists. Each image is the face box of a photo, with a margin.

    Parameters
    ----------
    path : path
    skip_bad : bool, optional
        Leave out bad rows and missing photos, and list them in `FaceSet.skipped`. Otherwise a missing photo is reported at
        extraction, which tries it again every time.

    Returns
    -------
    FaceSet

    Raises
    ------
    DataError
        When a list, a column or the photos are missing; at the first bad row, with file, line and reason, unless `skip_bad`.
    """
    root, rows, skipped = _find_photos(path), [], list[str]()
    for list_name, split in LISTS.items():
        file = _find_list(path, list_name)
        for line, fields in bar(_read_list(file), desc=f"reading {list_name}", unit=" rows"):
            try:
                name, *values = _get_columns(fields)
                if skip_bad and is_absent(root / name):
                    raise DataError(f"{name}: no such file")
                rows.append((f"{file.stem}:{line}", name, _parse_box(values[:4]), *parse_annotation(*values[4:]), split))
            except DataError as error:
                leave_out(f"{file}, line {line}: {error}", MEND_ROW, skip_bad, skipped)
    return make_face_set(path, root, digest_lists(path), rows, skipped, "AffectNet by its lists")


@dataclass(frozen=True)
class FaceInPhoto:
    """A reference to a face in a photo.

    Attributes
    ----------
    path : Path
    box : Area, or None
        None for the whole photo.
    """

    path: Path
    box: Area | None

    def read(self, key: str | None = None) -> Pixels:
        """Read the face with a margin; raise TransientError if its content key is not `key`."""
        content = read_file(self.path, key)
        if key is not None:
            check_same(self.path, key, make_content_key(_make_prefix(self.box) + content))
        image = read_image(content, self.path)
        if self.box is None:
            return image
        left, top, width, height = self.box
        across, down = round(width * MARGIN), round(height * MARGIN)
        cut = image[max(0, top - down):max(0, top + height + down), max(0, left - across):max(0, left + width + across)]
        if not cut.size:
            raise DataError(f"{self.path}: its face box {self.box} lies outside the image")
        return np.ascontiguousarray(cut)


class FacesInPhotos(Sequence[FaceInPhoto]):
    """References to faces in photos below a folder.

    Parameters
    ----------
    root : Path
    names, boxes : sequence
        Of the photos, relative to `root`, and of the faces as in `FaceInPhoto`.
    """

    def __init__(self, root: Path, names: Sequence[str], boxes: Sequence[Area | None]) -> None:
        self.root, self.names, self.boxes = root, names, boxes

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, i: int) -> FaceInPhoto:  # type: ignore[override]  # no slices
        return FaceInPhoto(self.root / self.names[i], self.boxes[i])


def _find_list(path: AnyPath, name: str) -> Path:
    places = [Path(path, folder, name) for folder in LIST_FOLDERS]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise DataError(f"{places[0]}: no such file; AffectNet has {' and '.join(LISTS)}")
    return found


def _find_photos(path: AnyPath) -> Path:
    """Return the folder that contains one of the first photos in the list."""
    file, places = _find_list(path, "training.csv"), [Path(path, folder) for folder in PHOTO_FOLDERS]
    names = [str(fields[COLUMNS[0]]) for _, fields in islice(_read_list(file), 100)]
    for place in places:
        if any(os.path.isfile(place / name) for name in names):
            return place
    raise DataError(f"{file}: none of its first photos is in {', '.join(map(str, places))}; unpack the images there")


def _read_list(file: Path) -> Iterator[tuple[int, dict[Any, Any]]]:
    """Yield the line number and {column: text} of each row of a list."""
    with open_source(file, text=True) as lines:
        reader = csv.DictReader(lines)
        try:
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise DataError(f"{file}, line 1: no column {', '.join(missing)}; AffectNet's lists have {', '.join(COLUMNS)}")
            for fields in reader:
                yield reader.line_num, fields
        except csv.Error as error:
            raise DataError(f"{file}, line {reader.line_num + 1}: not a row of a csv ({error})") from None


def _get_columns(fields: dict[Any, Any]) -> list[str]:
    """Return the texts of COLUMNS in a row."""
    texts = [fields[name] for name in COLUMNS]
    if None in texts:
        raise DataError(f"no {COLUMNS[texts.index(None)]}; is the file truncated?")
    return texts


def _parse_box(texts: list[str]) -> Area | None:
    """Return a row's face box; None if it is NULL or has no area."""
    if texts == ["NULL"] * 4:
        return None
    try:
        left, top, width, height = (round(float(text)) for text in texts)
    except (OverflowError, ValueError):
        raise DataError(f"face box {', '.join(texts)!r:.60} is not of four numbers") from None
    return (left, top, width, height) if min(width, height) > 0 else None


def parse_annotation(expression: str, valence: str, arousal: str) -> tuple[int, float, float]:
    """Parse the annotations of an image.

    Parameters
    ----------
    expression, valence, arousal : str

    Returns
    -------
    label : int
        Index into AFFECTNET8, or UNLABELLED.
    valence, arousal : float
        In [-1, 1], or NaN.

    Raises
    ------
    DataError
        When one is out of range.
    """
    if not (expression.isdecimal() and len(expression) < 3 and int(expression) < EXPRESSIONS):
        raise DataError(f"unknown expression {expression!r:.40}, not 0 to {EXPRESSIONS - 1}")
    label = int(expression) if int(expression) < len(AFFECTNET8) else UNLABELLED
    return label, _parse_affect("valence", valence), _parse_affect("arousal", arousal)


def _parse_affect(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = np.inf
    if value == UNKNOWN:
        return np.nan
    if not abs(value) <= 1:
        raise DataError(f"{name} {text!r:.40} is neither a number from -1 to 1 nor {UNKNOWN}, unknown")
    return value


def make_face_set(path: AnyPath, root: Path, digest: Digest, rows: Sequence[tuple[Any, ...]], skipped: list[str],
                  kind: str) -> FaceSet:
    """Make a FaceSet of AffectNet.

    Parameters
    ----------
    path, root : path
        The data set, and the folder of its images.
    digest : Digest
    rows : list of tuple
        Id, file name below `root`, face box or None, label, valence, arousal and split.
    skipped : list of str
        Rows that were left out.
    kind : str
        The layout in words.

    Returns
    -------
    FaceSet

    Raises
    ------
    DataError
        When there are no rows.
    """
    check_usable(path, rows, skipped)
    ids, names, boxes, numbers, valence, arousal, splits = zip(*rows, strict=True)
    labels, places = np.array(numbers, np.int16), zip(names, boxes, strict=True)
    keys = [make_file_key(root / name, prefix=_make_prefix(box))
            for name, box in bar(places, total=len(names), desc="reading files", unit=" files")]
    return FaceSet(
        Path(path), digest, FacesInPhotos(root, names, boxes), np.array(ids), np.array(keys), labels,
        _choose_val(names, labels, splits), AFFECTNET8, single=True, skipped=skipped, kind=kind,
        affect=np.array([valence, arousal], np.float32).T)


def _make_prefix(box: Area | None) -> bytes:
    """Return the bytes that distinguish the content key of a face from that of its photo."""
    return f"affectnet {box} ".encode()


def _choose_val(names: Sequence[str], labels: Integers, splits: Sequence[str]) -> Strings:
    """Return the splits, with one in VAL_EVERY of each label's training rows in val, independent of their order."""
    chosen, rows = np.array(splits, "U5"), defaultdict[int, list[tuple[str, int]]](list)
    for row in np.flatnonzero(chosen == "train").tolist():
        rows[labels[row]].append((make_content_key(os.path.basename(names[row]).encode()), row))
    for of_label in rows.values():
        chosen[[row for _, row in sorted(of_label)[:len(of_label) // VAL_EVERY]]] = "val"
    return chosen


LISTS_DATASET = Dataset(is_lists, digest_lists, load_lists)
