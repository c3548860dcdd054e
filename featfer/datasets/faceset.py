"""What every data set becomes: rows of images with labels, splits and content keys."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from featfer.errors import DataError
from featfer.images import read_image
from featfer.labels import LabelSet

SPLITS = ("train", "val", "test")
SPLIT_OF = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test",
            "testing": "test"}  # what folders and csv files call them
UNLABELLED = -1
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
    try:
        return content_key((b"single " if single else b"") + path.read_bytes())
    except OSError:
        return content_key(b"unreadable " + str(path).encode(errors="surrogateescape"))


def joined_digest(*parts):
    """Return a sha256 over texts, hex."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def file_digest(path):
    """Return the sha256 of a file's content, hex; raise DataError when it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None


def listing_digest(root, names):
    """Return a sha256 over the names, sizes and change times of files below a folder, hex."""
    digest = hashlib.sha256()
    for name in names:
        stat = (Path(root) / name).lstat()
        digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode(errors="surrogateescape"))
    return digest.hexdigest()
