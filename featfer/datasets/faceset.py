"""FaceSet: what every data set is loaded as, rows of images with labels, splits and content keys."""

import os
import re
from collections.abc import Sequence, Sized
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from featfer.datasets.digests import SINGLE, check_same, make_content_key, read_file
from featfer.errors import DataError
from featfer.images.pixels import read_image
from featfer.labels import LabelSet, map_labels
from featfer.typing import Floats, Integers, Pixels, Strings
from featfer.typing import Path as AnyPath
from featfer.utils.words import count

SPLITS = ("train", "val", "test")
SPLIT_WORDS = {"train": ("train", "training", "trainset", "fer2013train"), "test": ("test", "testing", "testset", "privatetest",
               "fer2013test"), "val": ("val", "valid", "validation", "valset", "publictest", "fer2013valid")}
SPLIT_OF = {word: split for split, words in SPLIT_WORDS.items() for word in words}  # what folders and csv files call them
UNLABELLED = -1
MOST_NAMED = 8  # names in a sentence
MEND_ROW, MOVE_FILE = "Mend the row, or leave such rows out", "Move the file, or leave such files out"
ANNOTATIONS = ("subjects", "votes", "affect")  # optional arrays, one entry per row

Rows = TypeVar("Rows", bound=Any)  # a FaceSet or FeatureTable


class ImageReference(Protocol):
    """A reference to an image, small, so that it can be sent to processes."""

    def read(self, key: str | None = None) -> Pixels:
        """Read the image; raise TransientError if its content key is not `key`."""


@dataclass(frozen=True)
class FaceSet:
    """A data set in memory: n rows, each an image with its label, split and content key.

    Attributes
    ----------
    path : Path
        The file or folder that it was loaded from.
    digest : str
        Digest of the content of files or the listing of folders; it changes when the data set changes.
    images : sequence
        References to the images: each has `read(key=None)`, which returns a uint8 array. If the content key of the image is
        given and the file has another, it raises TransientError. References are small, so that they can be sent to processes.
    ids : ndarray of str, (n,)
        A unique name for each row.
    keys : ndarray of str, (n,)
        Content keys: rows with equal keys are exact duplicates. The key of a file that could not be read begins with UNREAD.
    labels : ndarray of int16, (n,)
        Indices into `label_set`; UNLABELLED for rows without a label.
    splits : ndarray of str, (n,)
        One of SPLITS, or "".
    label_set : LabelSet or None
    single : bool
        Whether each image shows exactly one face, the labelled one.
    skipped : list of str
        Bad rows that were left out, a sentence each.
    name : str
        What a store calls the data set; if empty, the name of `path`.
    split_plan : str
        How featfer made the splits; empty if they came with the data set or there are none.
    subjects : ndarray of str, (n,), or None
        The person in each image, "" if unknown.
    votes : ndarray of float32, (n, len(label_set)), or None
        The fraction of raters for each label. Rows sum to 1, or to 0 without votes.
    affect : ndarray of float32, (n, 2), or None
        Valence and arousal in [-1, 1], NaN if unknown.
    kind : str
        The layout that was recognized, in words.
    notes : list of str
        What was left out or is doubtful, a sentence each.
    """

    path: Path
    digest: str
    images: Sequence[ImageReference]
    ids: Strings
    keys: Strings
    labels: Integers
    splits: Strings
    label_set: LabelSet | None = None
    single: bool = False
    skipped: list[str] = field(default_factory=list)
    name: str = ""
    split_plan: str = ""
    subjects: Strings | None = None
    votes: Floats | None = None
    affect: Floats | None = None
    kind: str = ""
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class ImageFile:
    """A reference to an image file.

    Attributes
    ----------
    path : Path
    """

    path: Path

    def read(self, key: str | None = None) -> Pixels:
        """Read the image; raise TransientError if its content key is not `key`."""
        if key is None:
            return read_image(self.path)
        content = read_file(self.path, key)
        check_same(self.path, key, make_content_key(content), make_content_key(SINGLE + content))
        return read_image(content, self.path)


class ImageFiles(Sequence[ImageFile]):
    """References to image files below a folder.

    Parameters
    ----------
    root : path
    names : sequence of str
        Relative to `root`.
    """

    def __init__(self, root: AnyPath, names: Sequence[str]) -> None:
        self.root, self.names = Path(root), names

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, i: int) -> ImageFile:  # type: ignore[override]  # no slices
        return ImageFile(self.root / str(self.names[i]))


def get_annotations(rows: Any) -> dict[str, NDArray[Any]]:
    """Collect the optional annotations that rows have.

    Parameters
    ----------
    rows : FaceSet or FeatureTable

    Returns
    -------
    dict of str to ndarray
        Those of ANNOTATIONS that are not None.
    """
    return {name: getattr(rows, name) for name in ANNOTATIONS if getattr(rows, name) is not None}


def relabel(rows: Rows, label_set: LabelSet) -> Rows:
    """Convert labels and votes to another label set.

    Votes for labels that have no counterpart are dropped, and the remaining fractions are rescaled to sum to 1.

    Parameters
    ----------
    rows : FaceSet or FeatureTable
    label_set : LabelSet

    Returns
    -------
    FaceSet or FeatureTable
        The same type as `rows`.

    Raises
    ------
    ParameterError
        When there is no mapping between the label sets.
    """
    if rows.label_set in (None, label_set):
        return rows
    mapping = np.array([*map_labels(rows.label_set, label_set), UNLABELLED], np.int16)  # the last entry is for UNLABELLED
    votes = None if rows.votes is None else _map_votes(rows.votes, mapping[:-1], len(label_set))
    return replace(rows, labels=mapping[rows.labels], label_set=label_set, votes=votes)


def _map_votes(votes: Floats, mapping: Integers, count: int) -> Floats:
    """Add up the votes for the old labels that map to each of `count` new labels; rescale rows to sum to 1."""
    mapped = np.zeros((len(votes), count), np.float32)
    for old, new in enumerate(mapping):
        if new != UNLABELLED:
            mapped[:, new] += votes[:, old]
    totals = mapped.sum(axis=1, keepdims=True)
    return mapped / np.where(totals, totals, 1)


def shorten_list(names: Sequence[str]) -> str:
    """Join the first names of a list for a sentence.

    Parameters
    ----------
    names : list of str

    Returns
    -------
    str
        Such as "a, b and 3 more".
    """
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def parse_split(name: str) -> str:
    """Find the split that a folder or field is named after, ignoring case, spaces, hyphens and underscores.

    Parameters
    ----------
    name : str

    Returns
    -------
    str
        One of SPLITS, or "".
    """
    return SPLIT_OF.get(re.sub(r"[\s_-]", "", name.lower()), "")


def leave_out(reason: str, way_out: str, skip_bad: bool, skipped: list[str]) -> None:
    """Handle a bad row: raise an error, or note it if bad rows are skipped.

    Parameters
    ----------
    reason : str
        What is wrong with which row.
    way_out : str
        What the user can do, for the error.
    skip_bad : bool
    skipped : list of str
        Gets the reason if `skip_bad`.

    Raises
    ------
    DataError
        Unless `skip_bad`.
    """
    if not skip_bad:
        raise DataError(f"{reason}. {way_out} with --skip-bad") from None
    skipped.append(reason)


def is_absent(path: AnyPath) -> bool:
    """Tell whether there is certainly no such file.

    Parameters
    ----------
    path : path

    Returns
    -------
    bool
        False also when the folder cannot be searched.
    """
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return True
    except OSError:
        return False
    return False


def check_usable(path: AnyPath, rows: Sized, skipped: Sequence[str]) -> None:
    """Raise DataError if no row is left.

    Parameters
    ----------
    path : path
        Of the data set, for the error.
    rows : collection
    skipped : list of str
        Reasons why rows were left out.

    Raises
    ------
    DataError
    """
    if not rows:
        bad = f"; {count(len(skipped), 'bad one')}, the first: {skipped[0]:.200}" if skipped else ""
        raise DataError(f"{path}: no usable rows{bad}")
