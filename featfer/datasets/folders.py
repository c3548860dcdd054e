"""Class folders: images below a folder for each expression, in train/, val/ and test/ or without splits."""

import os
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from featfer.datasets import Dataset
from featfer.datasets.codes import decode_labels, find_codes, is_code
from featfer.datasets.entries import check_links, list_folders, list_images
from featfer.datasets.faceset import (
    MOVE_FILE,
    FaceSet,
    ImageFiles,
    check_usable,
    digest_listing,
    join_digests,
    leave_out,
    list_names,
    make_file_key,
    parse_split,
    shorten_list,
)
from featfer.datasets.subjects import parse_subjects
from featfer.images.walking import describe_skipped, walk
from featfer.labels import choose_label_set, is_expression
from featfer.utils.progress import bar

LOOKED_AT = 1000  # file names that tell whose numbers the classes are


def is_folders(path, least=1):
    """Say whether a path is a folder of class folders: in folders named after splits, or without splits, `least` of them named
    after an expression, two where images lie beside them, or all by numbers as data sets have them."""
    if not path.is_dir():
        return False
    parts = _parts(path)
    if parts:
        named = {parse_split(name) for name in list_folders(path)} - {""}
        return {"train"} < named or any(_has_classes(path / part, least=1) for part in parts)
    return _has_classes(path, 2 if list_images(path) else least)


def _has_classes(path, least):
    names = list_folders(path)
    are_codes = len(names) > 1 and all(len(name) == 1 and is_code(name) for name in names)
    return are_codes or sum(map(is_expression, names)) >= least


def digest(path, codes=None):
    """Return the digest of a source of class folders."""
    layout = _layout(Path(path))
    return _digest(layout, codes or _codes_of(layout)[0])


def load(path, skip_bad=False, codes=None):
    """Return a FaceSet from <class>/**, <class>/<split>/** or <split>/<class>/**; its label set is the smallest that knows the
    classes, or their names in sorted order; subjects are told by the names of CK+ and JAFFE.

    codes: what classes named by numbers are, as featfer.datasets.codes.decode_labels takes it. Raises DataError at the first
    file that is in no class folder; skip_bad: leaves such files out and lists them.
    """
    path, layout, skipped = Path(path), _layout(Path(path)), []
    placed = [name for name in layout.names if name.count("/") > layout.depth]
    for name in layout.names:
        if name.count("/") <= layout.depth:
            leave_out(f"{path / name}: not in a class folder", MOVE_FILE, skip_bad, skipped)
    check_usable(path, placed, skipped)
    classes = [name.split("/")[layout.depth] for name in placed]
    called, read_as = decode_labels(set(classes), _file_names(placed), path.resolve().name, codes)
    label_set = choose_label_set(set(called.values()), path.resolve().name)
    keys = [make_file_key(path / name, single=True) for name in bar(placed, desc="reading files", unit=" files")]
    return FaceSet(
        path, _digest(layout, codes or _codes_of(layout)[0]), ImageFiles(path, placed), np.array(placed), np.array(keys),
        np.array([label_set.index(called[name]) for name in classes], np.int16),
        np.array(list(map(layout.split, placed)), "U5"), label_set, single=True, skipped=skipped, kind=layout.kind,
        subjects=parse_subjects(name.rpartition("/")[2] for name in placed),
        notes=[*read_as, *_unknown(called.values(), label_set), *layout.notes])


@dataclass(frozen=True)
class _Layout:
    """Where the images of class folders are.

    names: those of the images, sorted; parts: {folder: split}; is_inverse: the splits are in the class folders
    """

    path: Path
    names: list
    parts: dict
    is_inverse: bool
    notes: list

    @property
    def depth(self):
        """Which folder of a name is the class."""
        return 1 if self.parts else 0

    @property
    def kind(self):
        if self.is_inverse:
            return "class folders with splits in them"
        return f"class folders in {', '.join(f'{part}/' for part in self.parts)}" if self.parts else "class folders"

    def split(self, name):
        """Return the split of an image."""
        if self.is_inverse:
            return parse_split(name.split("/")[1])
        return self.parts[name.split("/")[0]] if self.parts else ""


def _layout(path):
    parts, names, passed, empty = _parts(path), [], Counter(), []
    check_links(path)
    for place in [path / part for part in parts] or [path]:
        below = place.relative_to(path).as_posix() + "/" if parts else ""
        names += [below + name for name in list_images(place)] if parts else []
        check_links(place)
        for folder in list_folders(place):
            walked = walk(place / folder)  # each alone: two classes may be links to one folder
            names += [f"{below}{folder}/{name}" for name in walked.images]
            passed += walked.skipped
            if not walked.images:
                empty.append(f"{below}{folder}/")
    is_inverse = not parts and bool(names) and all(
        name.count("/") > 1 and parse_split(name.split("/")[1]) for name in names)
    notes = [f"{shorten_list(empty)}: no images in it, not taken for a class"] if empty else []
    return _Layout(path, sorted(names), parts, is_inverse, [*_beside(path, parts), *notes, *describe_skipped(passed)])


def _beside(path, parts):
    """Return a note for what lies beside the class folders, or beside those of the splits."""
    notes, strays, folders = [], list_images(path), [f"{name}/" for name in list_folders(path) if parts and name not in parts]
    if strays:
        notes.append(f"{len(strays):,} images beside the folders, such as {strays[0]}, are in no class: not taken")
    flat = [name for name in folders if parse_split(name[:-1])]
    notes += [f"{shorten_list(flat)}: no class folders in it, not taken"] if flat else []
    others = [name for name in folders if name not in flat]
    notes += [f"{shorten_list(others)}: named after no split, not taken"] if others else []
    tables = [name for name in list_names(path) if name.lower().endswith((".csv", ".txt"))]
    return notes + ([f"{shorten_list(tables)}: not read, the folders say the classes"] if tables else [])


def _unknown(names, label_set):
    """Return a note where the label set is one of the source's own names, though some are expressions."""
    unknown = sorted(name for name in set(names) if not is_expression(name))
    if label_set.maps is None and unknown and len(unknown) < len(set(names)):
        return [f"no known set of labels has {shorten_list(unknown)}: the labels are the names that the source has"]
    return []


def _digest(layout, codes):
    listed = digest_listing(layout.path, layout.names)
    return join_digests("codes", codes, listed) if codes else listed


def _codes_of(layout):
    placed = [name for name in layout.names if name.count("/") > layout.depth]
    return find_codes({name.split("/")[layout.depth] for name in placed}, _file_names(placed), layout.path.resolve().name)


def _file_names(names):
    return [os.path.basename(name) for name in islice(names, LOOKED_AT)]


def _parts(path):
    """Return {folder: split} of the folders named after splits that have folders in them."""
    return {name: parse_split(name) for name in list_folders(path) if parse_split(name) and list_folders(path / name)}


DATASET = Dataset(is_folders, digest, load)
