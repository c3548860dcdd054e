"""AffectNet (Mollahosseini et al. 2017) in both its forms: lists with photos (2017), and cut faces with a file for each value.

    training.csv, validation.csv, Manually_Annotated_Images/   the lists may also stand in Manually_Annotated_file_lists/
    train_set/images/ID.jpg, train_set/annotations/ID_exp.npy, ID_val.npy, ID_aro.npy; val_set/ likewise

In both, the official validation set is the test split, as its test set is not public; a tenth of each expression's training
rows is the val split, those with the least digests of their names. Rows of no expression, of an uncertain one or of no face
are unlabelled.
"""

import csv
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from featfer.datasets import Dataset
from featfer.datasets.faceset import (
    MEND_ROW,
    MOVE_FILE,
    UNLABELLED,
    FaceSet,
    check_same,
    check_usable,
    digest_file,
    digest_listing,
    is_absent,
    join_digests,
    leave_out,
    list_names,
    make_content_key,
    make_file_key,
    open_source,
    read_file,
    stamp_files,
)
from featfer.errors import DataError, TransientError, make_transient
from featfer.images.pixels import read_image
from featfer.images.walking import SUFFIXES, is_hidden
from featfer.labels import AFFECTNET8
from featfer.utils.files import open_regular
from featfer.utils.npz import DAMAGE, is_passing, reason_of, whole_array
from featfer.utils.progress import bar

LISTS = {"training.csv": "train", "validation.csv": "test"}
LIST_FOLDERS = ("", "Manually_Annotated_file_lists")
PHOTO_FOLDERS = ("Manually_Annotated_Images", "Manually_Annotated/Manually_Annotated_Images", "")
BOX = ("face_x", "face_y", "face_width", "face_height")
COLUMNS = ("subDirectory_filePath", *BOX, "expression", "valence", "arousal")
SETS = {"train_set": "train", "val_set": "test"}
EXPRESSIONS = 11  # those of AFFECTNET8, in its order, and 8 none, 9 uncertain, 10 no face
UNKNOWN = -2      # a valence or arousal
MARGIN = 0.25     # of a face box's sides, on each: the detector and the landmarks want more than the box
VAL_SHARE = 10    # one in so many training rows


# -- the lists --------------------------------------------------------------------------------------------------------

def is_lists(path):
    """Say whether a path is a folder with AffectNet's training.csv or validation.csv."""
    return any((path / folder / name).is_file() for folder in LIST_FOLDERS for name in LISTS)


def lists_digest(path):
    """Return the digest of the lists and of the listings of the folders that hold the photos, with the photos' stamp."""
    root, files = _photos(path), [_list(path, name) for name in LISTS]
    folders = [folder for folder in list_names(root) if (root / folder).is_dir()]
    digest = join_digests(*map(digest_file, files), digest_listing(root, folders))
    digest.stamp = stamp_files(root, (str(fields[COLUMNS[0]]) for file in files for _, fields in _read_list(file)))
    return digest


def load_lists(path, skip_bad=False):
    """Return a FaceSet of the rows of both lists; an image is the face box of a photo with a margin about it.

    Raises DataError where a list, a column or the photos are not there, and at the first bad row with file, line and reason;
    skip_bad: leaves bad rows out and lists them. A photo that is not there makes a bad row with skip_bad only: else extraction
    reports it, and looks for it again.
    """
    root, rows, skipped = _photos(path), [], []
    for list_name, split in LISTS.items():
        file = _list(path, list_name)
        for line, fields in bar(_read_list(file), desc=f"reading {list_name}", unit=" rows"):
            try:
                name, *values = _fields(fields)
                if skip_bad and is_absent(root / name):
                    raise DataError(f"{name}: no such file")
                rows.append((f"{file.stem}:{line}", name, _box(values[:4]), *_annotation(*values[4:]), split))
            except DataError as error:
                leave_out(f"{file}, line {line}: {error}", MEND_ROW, skip_bad, skipped)
    return _face_set(path, root, lists_digest(path), rows, skipped, "AffectNet by its lists")


@dataclass(frozen=True)
class FaceInPhoto:
    """A reference to the face in a box (left, top, width, height in pixels) of a photo; box None: the whole photo."""

    path: Path
    box: tuple[int, int, int, int] | None

    def read(self, key=None):
        content = read_file(self.path, key)
        if key is not None:
            check_same(self.path, key, make_content_key(_prefix(self.box) + content))
        image = read_image(content, self.path)
        if self.box is None:
            return image
        left, top, width, height = self.box
        across, down = round(width * MARGIN), round(height * MARGIN)
        cut = image[max(0, top - down):max(0, top + height + down), max(0, left - across):max(0, left + width + across)]
        if not cut.size:
            raise DataError(f"{self.path}: its face box {self.box} lies outside the image")
        return np.ascontiguousarray(cut)


class FacesInPhotos(Sequence):
    """References to faces in photos below a folder."""

    def __init__(self, root, names, boxes):
        self.root, self.names, self.boxes = root, names, boxes

    def __len__(self):
        return len(self.names)

    def __getitem__(self, i):
        return FaceInPhoto(self.root / self.names[i], self.boxes[i])


def _list(path, name):
    places = [Path(path, folder, name) for folder in LIST_FOLDERS]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise DataError(f"{places[0]}: no such file; AffectNet has {' and '.join(LISTS)}")
    return found


def _photos(path):
    """Return the folder that holds the photos listed first."""
    file, places = _list(path, "training.csv"), [Path(path, folder) for folder in PHOTO_FOLDERS]
    names = [str(fields[COLUMNS[0]]) for _, fields in islice(_read_list(file), 100)]
    for place in places:
        if any(os.path.isfile(place / name) for name in names):
            return place
    raise DataError(f"{file}: none of its first photos is in {', '.join(map(str, places))}; unpack the images there")


def _read_list(file):
    """Yield (line, {column: text}) of each row of a list."""
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


def _fields(fields):
    """Return the texts of COLUMNS in a row."""
    texts = [fields[name] for name in COLUMNS]
    if None in texts:
        raise DataError(f"no {COLUMNS[texts.index(None)]}; is the file truncated?")
    return texts


def _box(texts):
    """Return a row's face box, or None where it has none: NULL, or no width."""
    if texts == ["NULL"] * 4:
        return None
    try:
        box = tuple(round(float(text)) for text in texts)
    except (OverflowError, ValueError):
        raise DataError(f"face box {', '.join(texts)!r:.60} is not of four numbers") from None
    return box if min(box[2:]) > 0 else None


# -- the folders ------------------------------------------------------------------------------------------------------

def is_sets(path):
    """Say whether a path is a folder with AffectNet's train_set/ or val_set/, with annotations in it."""
    return any((path / name / "annotations").is_dir() for name in SETS)


def sets_digest(path):
    """Return the digest of the names, sizes and change times of the images and annotations."""
    listings = []
    for name in SETS:
        for part in ("images", "annotations"):
            listings.append(digest_listing(path, [f"{name}/{part}/{file}" for file in _files(path, name, part)]))
    return join_digests(*listings)


def load_sets(path, skip_bad=False):
    """Return a FaceSet of the images of both sets.

    Raises DataError where a folder is not there, and at the first image without whole annotations with the file and the reason;
    skip_bad: leaves such images out and lists them.
    """
    path, rows, skipped = Path(path), [], []
    digest = sets_digest(path)
    for name, split in SETS.items():
        for file in bar(_files(path, name, "images"), desc=f"reading {name}", unit=" annotations"):
            try:
                annotations = path / name / "annotations"
                values = [_value(annotations / f"{Path(file).stem}_{kind}.npy") for kind in ("exp", "val", "aro")]
                image = f"{name}/images/{file}"
                rows.append((image, image, None, *_annotation(*values), split))
            except TransientError:
                raise
            except DataError as error:
                leave_out(f"{path / name / 'images' / file}: {error}", MOVE_FILE, skip_bad, skipped)
    return _face_set(path, path, digest, rows, skipped, "AffectNet by its annotations")


def _files(path, name, part):
    """Return the files in a set's images/ or annotations/, those of annotations without the landmarks."""
    folder = Path(path, name, part)
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; AffectNet has images/ and annotations/ in {' and '.join(SETS)}")
    suffixes = SUFFIXES if part == "images" else {".npy"}
    return [name for name in list_names(folder)
            if os.path.splitext(name)[1].lower() in suffixes and not (name.endswith("_lnd.npy") or is_hidden(name))]


def _value(path):
    """Return what a file of one value holds, as text."""
    try:
        with open_regular(path) as file:
            return str(whole_array(np.load(file, allow_pickle=False), path.name).item())
    except DAMAGE as error:
        if is_passing(error):
            raise make_transient(path, error) from None
        raise DataError(f"no annotation in {path.name} ({reason_of(error)})") from None


# -- both -------------------------------------------------------------------------------------------------------------

def _annotation(expression, valence, arousal):
    """Return label, valence and arousal, given as texts."""
    if not (expression.isdecimal() and len(expression) < 3 and int(expression) < EXPRESSIONS):
        raise DataError(f"unknown expression {expression!r:.40}, not 0 to {EXPRESSIONS - 1}")
    label = int(expression) if int(expression) < len(AFFECTNET8) else UNLABELLED
    return label, _affect("valence", valence), _affect("arousal", arousal)


def _affect(name, text):
    try:
        value = float(text)
    except ValueError:
        value = np.inf
    if value == UNKNOWN:
        return np.nan
    if not abs(value) <= 1:
        raise DataError(f"{name} {text!r:.40} is neither a number from -1 to 1 nor {UNKNOWN}, unknown")
    return value


def _face_set(path, root, digest, rows, skipped, kind):
    """Return the FaceSet of rows of id, file name below root, face box, label, valence, arousal and split."""
    check_usable(path, rows, skipped)
    ids, names, boxes, labels, valence, arousal, splits = zip(*rows, strict=True)
    labels, places = np.array(labels, np.int16), zip(names, boxes, strict=True)
    keys = [make_file_key(root / name, prefix=_prefix(box))
            for name, box in bar(places, total=len(names), desc="reading files", unit=" files")]
    return FaceSet(
        Path(path), digest, FacesInPhotos(root, names, boxes), np.array(ids), np.array(keys), labels,
        _with_val(names, labels, splits), AFFECTNET8, single=True, skipped=skipped, kind=kind,
        affect=np.array([valence, arousal], np.float32).T)


def _prefix(box):
    """Return what stands before a photo's bytes in the content key of the face in a box."""
    return f"affectnet {box} ".encode()


def _with_val(names, labels, splits):
    """Return the splits with one in VAL_SHARE of each label's training rows in val, whatever their order."""
    splits, rows = np.array(splits, "U5"), defaultdict(list)
    for row in np.flatnonzero(splits == "train"):
        rows[labels[row]].append((make_content_key(os.path.basename(names[row]).encode()), row))
    for of_label in rows.values():
        splits[[row for _, row in sorted(of_label)[:len(of_label) // VAL_SHARE]]] = "val"
    return splits


LISTS_DATASET = Dataset(is_lists, lists_digest, load_lists)
SETS_DATASET = Dataset(is_sets, sets_digest, load_sets)
