"""Class folders: images below a folder for each expression, in train/, val/ and test/ or without splits."""

from pathlib import Path

import numpy as np

from featfer.datasets.faceset import (
    MOVE_FILE,
    SPLIT_OF,
    FaceSet,
    ImageFiles,
    check_usable,
    file_key,
    leave_out,
    listing_digest,
    names_in,
)
from featfer.datasets.subjects import subjects_of
from featfer.labels import is_expression, labels_of
from featfer.progress import bar
from featfer.walking import is_hidden, is_image_file, walk


def is_folders(path):
    """Say whether a path is a folder of class folders: in train/ and val/ or test/, or, without splits, folders only, one of
    which at least is named after an expression."""
    if not path.is_dir():
        return False
    parts = _parts(path)
    if parts:
        return {"train"} < set(parts.values()) and any(_folders(path / part) for part in parts)
    return any(map(is_expression, _folders(path))) and not any(
        is_image_file(path / name) for name in names_in(path) if not is_hidden(name))


def digest(path):
    """Return the digest of a source of class folders."""
    return listing_digest(path, _image_names(Path(path)))


def load(path, skip_bad=False):
    """Return a FaceSet from <class>/** or {train,val,test}/<class>/**; its label set is the smallest that knows the classes,
    or their names in sorted order; subjects are told by the names of CK+ and JAFFE.

    Raises DataError at the first file that is in no class folder; skip_bad: leaves such files out and lists them.
    """
    path = Path(path)
    names, parts = _image_names(path), _parts(path)
    depth = 1 if parts else 0
    placed, skipped = [name for name in names if name.count("/") > depth], []
    for name in names:
        if name.count("/") <= depth:
            leave_out(f"{path / name}: not in a class folder", MOVE_FILE, skip_bad, skipped)
    check_usable(path, placed, skipped)
    classes = [name.split("/")[depth] for name in placed]
    label_set = labels_of(set(classes), path.resolve().name)
    keys = [file_key(path / name, single=True) for name in bar(placed, desc="reading files", unit=" files")]
    return FaceSet(
        path, listing_digest(path, names), ImageFiles(path, placed), np.array(placed), np.array(keys),
        np.array([label_set.index(name) for name in classes], np.int16),
        np.array([parts[name.split("/")[0]] if parts else "" for name in placed], "U5"), label_set, single=True,
        skipped=skipped, subjects=subjects_of(name.rpartition("/")[2] for name in placed))


def _parts(path):
    """Return {folder: split} of the folders named after splits; {} where there is none for training."""
    parts = {name: SPLIT_OF[name.lower()] for name in _folders(path) if name.lower() in SPLIT_OF}
    return parts if "train" in parts.values() else {}


def _folders(path):
    return [name for name in names_in(path) if (path / name).is_dir() and not is_hidden(name)]


def _image_names(path):
    """Return the images below a folder: in the folders of its splits, where it has such; hidden folders are passed over."""
    names, parts = walk(path).images, _parts(path)
    return [name for name in names if not parts or name.split("/")[0] in parts]
