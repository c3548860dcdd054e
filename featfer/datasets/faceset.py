"""What every data set becomes: rows of images with labels, splits and content keys."""

import hashlib
import io
import os
import re
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from featfer.errors import DataError
from featfer.files import opened
from featfer.images import read_image
from featfer.labels import LabelSet, translation

SPLITS = ("train", "val", "test")
SPLIT_WORDS = {"train": ("train", "training", "trainset", "fer2013train"), "test": ("test", "testing", "testset", "privatetest",
               "fer2013test"), "val": ("val", "valid", "validation", "valset", "publictest", "fer2013valid")}
SPLIT_OF = {word: split for split, words in SPLIT_WORDS.items() for word in words}  # what folders and csv files call them
UNLABELLED = -1
NAMED = 8  # in a sentence
MEND_ROW, MOVE_FILE = "Mend the row, or leave such rows out", "Move the file, or leave such files out"  # ways out
ANNOTATIONS = ("subjects", "votes", "affect")  # what only some sets have, an entry a row; None where a set has none


@dataclass(frozen=True)
class FaceSet:
    """Images in rows.

    path: the file or folder it came from
    digest: of that source's content (files) or listing (folders): another digest, another set
    images: a sequence of references, each with read() -> uint8 image; small, so that processes can be sent them
    ids: str (n,), a name for each row, unique in the set
    keys: str (n,), a digest of each image's content; equal keys are copies
    labels: int16 (n,), indices into label_set, UNLABELLED where there is none
    splits: str (n,), one of SPLITS, or "" without
    single: each image shows one face, that of its label
    skipped: bad rows left out on request, one sentence each
    name: what a store calls it; "": as path is called
    drawn: how its splits were drawn here; "": they came with the set, or there are none
    subjects: str (n,), who is seen, "" where unknown
    votes: float32 (n, len(label_set)), the share of raters for each label; rows sum to 1, or are 0 where there are none
    affect: float32 (n, 2), valence and arousal in [-1, 1], nan where unknown
    kind: what the source was taken for, some words
    notes: what in the source was not taken, or is doubtful, and why; one sentence each
    """

    path: Path
    digest: str
    images: Sequence
    ids: np.ndarray
    keys: np.ndarray
    labels: np.ndarray
    splits: np.ndarray
    label_set: LabelSet | None = None
    single: bool = False
    skipped: list[str] = field(default_factory=list)
    name: str = ""
    drawn: str = ""
    subjects: np.ndarray | None = None
    votes: np.ndarray | None = None
    affect: np.ndarray | None = None
    kind: str = ""
    notes: list[str] = field(default_factory=list)

    def __len__(self):
        return len(self.ids)


@dataclass(frozen=True)
class ImageFile:
    """A reference to an image in a file of its own."""

    path: Path

    def read(self):
        return read_image(self.path)


class ImageFiles(Sequence):
    """References to files below a folder."""

    def __init__(self, root, names):
        self.root, self.names = Path(root), names

    def __len__(self):
        return len(self.names)

    def __getitem__(self, i):
        return ImageFile(self.root / str(self.names[i]))


def annotations(rows):
    """Return {name: array} of those of ANNOTATIONS that a FaceSet or a FeatureTable has."""
    return {name: getattr(rows, name) for name in ANNOTATIONS if getattr(rows, name) is not None}


def relabelled(rows, label_set):
    """Return a FaceSet or a FeatureTable with its labels and votes turned into those of another LabelSet; raise ParameterError
    where that cannot be. Votes for labels that are left out are lost, and the others' shares grow to sum to 1 again."""
    if rows.label_set in (None, label_set):
        return rows
    become = np.array([*translation(rows.label_set, label_set), UNLABELLED], np.int16)  # the last: of what has none
    votes = None if rows.votes is None else _translated(rows.votes, become[:-1], len(label_set))
    return replace(rows, labels=become[rows.labels], label_set=label_set, votes=votes)


def _translated(votes, become, count):
    """Return shares of `count` labels, given what becomes of each label in votes (UNLABELLED: nothing)."""
    shares = np.zeros((len(votes), count), np.float32)
    for old, new in enumerate(become):
        if new != UNLABELLED:
            shares[:, new] += votes[:, old]
    totals = shares.sum(axis=1, keepdims=True)
    return shares / np.where(totals, totals, 1)


def some_of(names):
    """Return the first of some names for a sentence, and how many more there are."""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def split_of(name):
    """Return the split that a folder or a field is named after, in any letter case, with spaces or not; "" for none."""
    return SPLIT_OF.get(re.sub(r"[\s_-]", "", name.lower()), "")


def leave_out(reason, way_out, skip_bad, skipped):
    """Add the reason why a row is bad to those skipped or, unless skip_bad, raise it as a DataError with a way out."""
    if not skip_bad:
        raise DataError(f"{reason}. {way_out} with --skip-bad") from None
    skipped.append(reason)


def check_usable(path, rows, skipped):
    """Raise DataError where no row is left."""
    if not rows:
        bad = f"; {len(skipped):,} bad ones, the first: {skipped[0]}" if skipped else ""
        raise DataError(f"{path}: no usable rows{bad}")


def content_key(content):
    """Return a digest of bytes, 32 hex digits."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def file_key(path, single=False):
    """Return the content key of a file; of its name where it cannot be read, which extraction then reports.

    single: it shows one face; its key is another then, so that the faces cached for it as a photo are not taken for it.
    """
    digest = hashlib.blake2b(b"single " if single else b"", digest_size=16)
    try:
        with opened(path) as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return digest.hexdigest()
    except OSError:
        return content_key(b"unreadable " + str(path).encode(errors="surrogateescape"))


def joined_digest(*parts):
    """Return a sha256 over texts, hex."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def file_digest(path):
    """Return the sha256 of a file's content, hex; raise DataError when it cannot be read."""
    with reading(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def reading(path, text=False):
    """Open a file for a `with` block, its bytes or its text, which may begin with a byte order mark; raise DataError where it
    cannot be read."""
    try:
        with opened(path) as file:
            yield io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="") if text else file
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None


def names_in(folder):
    """Return the names of what is in a folder, a sorted list of str; raise DataError where it cannot be read."""
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({error.strerror})") from None


def listing_digest(root, names):
    """Return a sha256 over the names, sizes and change times of files below a folder, hex."""
    digest = hashlib.sha256()
    for name in names:
        try:
            stat = (Path(root) / name).lstat()
        except OSError as error:
            raise DataError(f"{Path(root) / name}: cannot be read ({error.strerror}); did it go meanwhile?") from None
        digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode(errors="surrogateescape"))
    return digest.hexdigest()
