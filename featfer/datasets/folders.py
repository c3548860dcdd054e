"""Class folders: a folder for each expression, inside train/, val/ and test/, around them, or without splits."""

import os
from collections import Counter
from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from featfer.datasets import Dataset
from featfer.datasets.codes import decode_labels, find_codes, is_code
from featfer.datasets.digests import Digest, digest_listing, join_digests, list_names, make_file_key
from featfer.datasets.entries import check_links, list_folders, list_images
from featfer.datasets.faceset import MOVE_FILE, FaceSet, ImageFiles, check_usable, leave_out, parse_split, shorten_list
from featfer.datasets.subjects import parse_subjects
from featfer.images.walking import describe_skipped, walk
from featfer.labels import LabelSet, choose_label_set, is_expression
from featfer.typing import Path as AnyPath
from featfer.utils.progress import bar
from featfer.utils.words import count

FILE_NAMES = 1000  # how many file names are used to find out what classes named by numbers are


def is_folders(path: Path, least: int = 1) -> bool:
    """Tell whether a path is a folder of class folders, by the names of the folders in it.

    Parameters
    ----------
    path : Path
    least : int, optional
        How many folders must be named after an expression, if there are no folders for splits; at least two if images lie
        beside them. Folders that are all named by single digits also count as class folders.

    Returns
    -------
    bool
    """
    if not path.is_dir():
        return False
    parts = _find_parts(path)
    if parts:
        named = {parse_split(name) for name in list_folders(path)} - {""}
        return {"train"} < named or any(_has_classes(path / part, least=1) for part in parts)
    return _has_classes(path, 2 if list_images(path) else least)


def _has_classes(path: Path, least: int) -> bool:
    names = list_folders(path)
    are_codes = len(names) > 1 and all(len(name) == 1 and is_code(name) for name in names)
    return are_codes or sum(map(is_expression, names)) >= least


def digest(path: AnyPath, codes: str | None = None) -> Digest:
    """Compute the digest of the listing of the images.

    Parameters
    ----------
    path : path
    codes : str, optional
        As in `load`.

    Returns
    -------
    Digest
    """
    layout = _find_layout(Path(path))
    return _digest_layout(layout, codes or _find_codes(layout)[0])


def load(path: AnyPath, skip_bad: bool = False, codes: str | None = None) -> FaceSet:
    """Load images from <class>/**, <class>/<split>/** or <split>/<class>/**.

    The label set is the smallest known one that has all classes, or else the classes, sorted. Subjects are found in the file
    names of CK+ and JAFFE.

    Parameters
    ----------
    path : path
    skip_bad : bool, optional
        Leave out files that are in no class folder, and list them in `FaceSet.skipped`.
    codes : str, optional
        What classes named by numbers are, as in `featfer.datasets.codes.decode_labels`.

    Returns
    -------
    FaceSet

    Raises
    ------
    DataError
        At the first file that is in no class folder, unless `skip_bad`.
    """
    path, layout = Path(path), _find_layout(Path(path))
    skipped: list[str] = []
    placed = layout.placed
    for name in layout.names:
        if name.count("/") <= layout.depth:
            leave_out(f"{path / name}: not in a class folder", MOVE_FILE, skip_bad, skipped)
    check_usable(path, placed, skipped)
    classes = [name.split("/")[layout.depth] for name in placed]
    decoded, notes = decode_labels(set(classes), _file_names(placed), path.resolve().name, codes)
    label_set = choose_label_set(set(decoded.values()), path.resolve().name)
    keys = [make_file_key(path / name, single=True) for name in bar(placed, desc="reading files", unit=" files")]
    return FaceSet(
        path, _digest_layout(layout, codes or _find_codes(layout)[0]), ImageFiles(path, placed), np.array(placed),
        np.array(keys), np.array([label_set.index(decoded[name]) for name in classes], np.int16),
        np.array(list(map(layout.find_split, placed)), "U5"), label_set, single=True, skipped=skipped, kind=layout.kind,
        subjects=parse_subjects(name.rpartition("/")[2] for name in placed),
        notes=[*notes, *_note_unknown(decoded.values(), label_set), *layout.notes])


@dataclass(frozen=True)
class _Layout:
    """Where the images of class folders are."""

    path: Path
    names: list[str]       # of the images, sorted
    parts: dict[str, str]  # {folder: split}
    is_inverse: bool       # whether the folders of the splits are inside those of the classes
    notes: list[str]

    @property
    def depth(self) -> int:
        """The index of the class in the parts of a name."""
        return 1 if self.parts else 0

    @property
    def placed(self) -> list[str]:
        """The names of the images that are in a class folder."""
        return [name for name in self.names if name.count("/") > self.depth]

    @property
    def kind(self) -> str:
        if self.is_inverse:
            return "class folders with splits in them"
        return f"class folders in {', '.join(f'{part}/' for part in self.parts)}" if self.parts else "class folders"

    def find_split(self, name: str) -> str:
        if self.is_inverse:
            return parse_split(name.split("/")[1])
        return self.parts[name.split("/")[0]] if self.parts else ""


def _find_layout(path: Path) -> _Layout:
    parts, empty = _find_parts(path), []
    names: list[str] = []
    skipped: Counter[str] = Counter()
    check_links(path)
    for place in [path / part for part in parts] or [path]:
        below = place.relative_to(path).as_posix() + "/" if parts else ""
        names += [below + name for name in list_images(place)] if parts else []
        check_links(place)
        for folder in list_folders(place):
            walked = walk(place / folder)  # each alone: two classes may be links to one folder
            names += [f"{below}{folder}/{name}" for name in walked.images]
            skipped += walked.skipped
            if not walked.images:
                empty.append(f"{below}{folder}/")
    is_inverse = not parts and bool(names) and all(
        name.count("/") > 1 and parse_split(name.split("/")[1]) for name in names)
    notes = [f"{shorten_list(empty)}: no images in it, not taken for a class"] if empty else []
    return _Layout(path, sorted(names), parts, is_inverse, [*_note_others(path, parts), *notes, *describe_skipped(skipped)])


def _note_others(path: Path, parts: Container[str]) -> list[str]:
    """Return notes on what lies beside the folders of the classes or splits."""
    notes, strays, folders = [], list_images(path), [f"{name}/" for name in list_folders(path) if parts and name not in parts]
    if strays:
        notes.append(f"{count(len(strays), 'image')} beside the folders, such as {strays[0]}, in no class: not taken")
    flat = [name for name in folders if parse_split(name[:-1])]
    notes += [f"{shorten_list(flat)}: no class folders in it, not taken"] if flat else []
    others = [name for name in folders if name not in flat]
    notes += [f"{shorten_list(others)}: named after no split, not taken"] if others else []
    tables = [name for name in list_names(path) if name.lower().endswith((".csv", ".txt"))]
    return notes + ([f"{shorten_list(tables)}: not read, the folders say the classes"] if tables else [])


def _note_unknown(names: Collection[str], label_set: LabelSet) -> list[str]:
    """Return a note if only some names are expressions, so that the label set is made of the names."""
    unknown = sorted(name for name in set(names) if not is_expression(name))
    if label_set.maps is None and unknown and len(unknown) < len(set(names)):
        return [f"no known set of labels has {shorten_list(unknown)}: the labels are the names that the source has"]
    return []


def _digest_layout(layout: _Layout, codes: str) -> Digest:
    listed = digest_listing(layout.path, layout.names)
    return join_digests("codes", codes, listed) if codes else listed


def _find_codes(layout: _Layout) -> tuple[str, str]:
    classes = {name.split("/")[layout.depth] for name in layout.placed}
    return find_codes(classes, _file_names(layout.placed), layout.path.resolve().name)


def _file_names(names: Iterable[str]) -> list[str]:
    return [os.path.basename(name) for name in islice(names, FILE_NAMES)]


def _find_parts(path: Path) -> dict[str, str]:
    """Return {folder: split} of the folders named after splits that have folders in them."""
    return {name: parse_split(name) for name in list_folders(path) if parse_split(name) and list_folders(path / name)}


DATASET = Dataset(is_folders, digest, load)
