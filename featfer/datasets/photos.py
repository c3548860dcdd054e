"""Photos without labels: one file, or a folder of them."""

from pathlib import Path

import numpy as np

from featfer.datasets import Dataset
from featfer.datasets.faceset import UNLABELLED, FaceSet, ImageFiles, digest_listing, make_file_key, parse_split, shorten_list
from featfer.errors import DataError
from featfer.images.walking import describe_skipped, is_image_file, walk
from featfer.labels import is_expression
from featfer.utils.progress import bar

TABLES = (".csv", ".tsv", ".gz", ".zip")


def is_photos(path):
    """Say whether a path is an image file, as is_image_file says, or a folder."""
    return path.is_dir() or (path.is_file() and is_image_file(path))


def digest(path):
    """Return the digest of a source of photos."""
    root, names, _ = _root_and_names(path)
    return digest_listing(root, names)


def load(path, skip_bad=False):
    """Return a FaceSet of one photo or of all those below a folder; unreadable ones are found out at extraction.

    FaceSet.notes says what looks like labels, as no photo has one. Raises DataError when there is none. skip_bad is taken for
    the sake of one contract: no photo is a bad row.
    """
    root, names, passed = _root_and_names(path)
    if not names:
        tables = _tables(root)
        hint = [f"give one of {shorten_list(tables)} as the source"] if tables else []
        raise DataError("; ".join([f"{path}: no image in it", *describe_skipped(passed), *hint]))
    keys = [make_file_key(root / name) for name in bar(names, desc="reading files", unit=" files")]
    count = len(names)
    return FaceSet(Path(path), digest_listing(root, names), ImageFiles(root, names), np.array(names), np.array(keys),
                   np.full(count, UNLABELLED, np.int16), np.full(count, "", "U5"), kind="photos without labels",
                   notes=[*(_signs_of_labels(root, names) if Path(path).is_dir() else ()), *describe_skipped(passed)])


def _root_and_names(path):
    path = Path(path)
    if path.is_file():
        return path.parent, [path.name], {}
    walked = walk(path)
    return path, walked.images, walked.skipped


def _signs_of_labels(root, names):
    """Return notes for what looks like labels, but is taken for none."""
    folders = dict.fromkeys(folder for name in names for folder in name.split("/")[:-1])
    named = [name for name in folders if is_expression(name) or parse_split(name)]
    notes, tables = [], _tables(root)
    if named:
        notes.append(f"{shorten_list(named)}: folders named as a class or a split, which are not taken for labels, as there is "
                     "no folder for each class of each split")
    if tables:
        notes.append(f"{shorten_list(tables)}: not read; give such a file as the source, if it has the labels")
    return notes


def _tables(root):
    """Return the names of the tables and archives in a folder."""
    return [path.name for path in sorted(root.iterdir()) if path.suffix.lower() in TABLES]


DATASET = Dataset(is_photos, digest, load)
