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
UNLABELLED = -1


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
