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

from featfer.errors import DataError, TransientError, is_transient, make_transient
from featfer.images.pixels import read_image
from featfer.labels import LabelSet, map_labels
from featfer.utils.files import open_regular

SPLITS = ("train", "val", "test")
SPLIT_WORDS = {"train": ("train", "training", "trainset", "fer2013train"), "test": ("test", "testing", "testset", "privatetest",
               "fer2013test"), "val": ("val", "valid", "validation", "valset", "publictest", "fer2013valid")}
SPLIT_OF = {word: split for split, words in SPLIT_WORDS.items() for word in words}  # what folders and csv files call them
UNLABELLED = -1
NAMED = 8  # in a sentence
MEND_ROW, MOVE_FILE = "Mend the row, or leave such rows out", "Move the file, or leave such files out"  # ways out
UNREAD = "unread:"  # how the content key of a file begins that could not be read when the source was
SINGLE = b"single "  # stands before the content of an image of one face in its content key
LARGEST = 1 << 31  # bytes of an image's file
ANNOTATIONS = ("subjects", "votes", "affect")  # what only some sets have, an entry a row; None where a set has none


@dataclass(frozen=True)
class FaceSet:
    """Images in rows.

    path: the file or folder it came from
    digest: of that source's content (files) or listing (folders): another digest, another set
    images: a sequence of references, each with read(key=None) -> uint8 image; given a content key, it raises TransientError
    where that of what was read is another; small, so that processes can be sent them
    ids: str (n,), a name for each row, unique in the set
    keys: str (n,), a digest of each image's content; equal keys are copies. Of a file that cannot be read at this time: UNREAD
    and a digest of its name
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
    split_plan: str = ""
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

    def read(self, key=None):
        if key is None:
            return read_image(self.path)
        content = read_file(self.path, key)
        check_same(self.path, key, make_content_key(content), make_content_key(SINGLE + content))
        return read_image(content, self.path)


class ImageFiles(Sequence):
    """References to files below a folder."""

    def __init__(self, root, names):
        self.root, self.names = Path(root), names

    def __len__(self):
        return len(self.names)

    def __getitem__(self, i):
        return ImageFile(self.root / str(self.names[i]))


def get_annotations(rows):
    """Return {name: array} of those of ANNOTATIONS that a FaceSet or a FeatureTable has."""
    return {name: getattr(rows, name) for name in ANNOTATIONS if getattr(rows, name) is not None}


def relabel(rows, label_set):
    """Return a FaceSet or a FeatureTable with its labels and votes turned into those of another LabelSet; raise ParameterError
    where that cannot be. Votes for labels that are left out are lost, and the others' shares grow to sum to 1 again."""
    if rows.label_set in (None, label_set):
        return rows
    become = np.array([*map_labels(rows.label_set, label_set), UNLABELLED], np.int16)  # the last: of what has none
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


def shorten_list(names):
    """Return the first of some names for a sentence, and how many more there are."""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def parse_split(name):
    """Return the split that a folder or a field is named after, in any letter case, with spaces or not; "" for none."""
    return SPLIT_OF.get(re.sub(r"[\s_-]", "", name.lower()), "")


def leave_out(reason, way_out, skip_bad, skipped):
    """Add the reason why a row is bad to those skipped or, unless skip_bad, raise it as a DataError with a way out."""
    if not skip_bad:
        raise DataError(f"{reason}. {way_out} with --skip-bad") from None
    skipped.append(reason)


def is_absent(path):
    """Say whether there is no such file; of one that may be there and cannot be looked at, that is not known."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return True
    except OSError:
        return False
    return False


def check_usable(path, rows, skipped):
    """Raise DataError where no row is left."""
    if not rows:
        bad = f"; {len(skipped):,} bad ones, the first: {skipped[0]:.200}" if skipped else ""
        raise DataError(f"{path}: no usable rows{bad}")


def make_content_key(content):
    """Return a digest of bytes, 32 hex digits."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def make_file_key(path, single=False, prefix=b""):
    """Return the content key of a file; of its name where it cannot be read, which extraction then reports.

    single: it shows one face; its key is another then, so that the faces cached for it as a photo are not taken for it.
    prefix: bytes that stand before the content for what else an image is made of, a part of a photo, say
    """
    digest = hashlib.blake2b(SINGLE if single else prefix, digest_size=16)
    try:
        with open_regular(path) as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return digest.hexdigest()
    except OSError as error:
        key = _key_of_no_file(path)
        return UNREAD + key if is_transient(error) else key


def _key_of_no_file(path):
    return make_content_key(b"unreadable " + str(path).encode(errors="surrogateescape"))


def read_file(path, key=None):
    """Return the bytes of an image's file; raise TransientError where it cannot be read at this time, DataError for what is no
    file or larger than any image. key: its content key; what was a file when the source was listed has only changed."""
    try:
        with open_regular(path) as file:
            content = file.read(LARGEST + 1) if os.fstat(file.fileno()).st_size <= LARGEST else b""
            is_whole = not file.read(1)
    except FileNotFoundError:
        raise TransientError(f"{path}: no such file") from None
    except (MemoryError, OSError) as error:
        if is_transient(error):
            raise make_transient(path, error) from None
        if key is not None:
            check_same(path, key, _key_of_no_file(path))
        raise DataError(f"{path}: not a readable image ({error.strerror or error})") from None
    if not is_whole:
        raise DataError(f"{path}: more than {LARGEST:,} bytes, larger than any image that is read")
    return content


def check_same(path, key, *keys):
    """Raise TransientError where a content key is none of those of what was read."""
    if key.startswith(UNREAD):
        raise TransientError(f"{path}: could not be read when the source was listed")
    if key not in keys:
        raise TransientError(f"{path}: changed while the source was read")


class Digest(str):
    """The digest of a source, hex.

    stamp: a digest of the inodes and change times of its files, "" where the digest is of all content. Unlike sizes and times
    of modification, they differ whenever something was written: under another stamp, the source is to be read again.
    """

    stamp = ""


def join_digests(*parts):
    """Return a Digest over texts and the digests of parts of a source, with the stamps of all."""
    digest = Digest(hashlib.sha256("\0".join(parts).encode()).hexdigest())
    stamps = [part.stamp for part in parts if isinstance(part, Digest) and part.stamp]
    digest.stamp = hashlib.sha256("\0".join(stamps).encode()).hexdigest() if stamps else ""
    return digest


def digest_file(path):
    """Return the Digest of a file's content, a sha256; raise TransientError when it cannot be read."""
    with open_source(path) as file:
        return Digest(hashlib.file_digest(file, "sha256").hexdigest())


@contextmanager
def open_source(path, text=False):
    """Open a file for a `with` block, its bytes or its text, which may begin with a byte order mark; raise TransientError where
    it cannot be read."""
    try:
        with open_regular(path) as file:
            yield io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="") if text else file
    except OSError as error:
        raise TransientError(f"{path}: cannot be read ({error.strerror or error})") from None


def list_names(folder):
    """Return the names of what is in a folder, a sorted list of str; raise TransientError where it cannot be read."""
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        raise TransientError(f"{folder}: cannot be read ({error.strerror})") from None


def digest_listing(root, names):
    """Return the Digest of the names, sizes and times of modification of files below a folder, with their stamp."""
    listing = hashlib.sha256()
    for name in names:
        try:
            stat = (Path(root) / name).lstat()
        except OSError as error:
            raise TransientError(f"{Path(root) / name}: cannot be read ({error.strerror}); did it go meanwhile?") from None
        listing.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode(errors="surrogateescape"))
    digest = Digest(listing.hexdigest())
    digest.stamp = stamp_files(root, names)
    return digest


def stamp_files(root, names):
    """Return a digest of the inodes and change times of files below a folder, of links those of what they lead to."""
    stamp = hashlib.sha256()
    for name in names:
        try:
            stat = os.stat(Path(root) / name)
            stamp.update(f"{stat.st_ino}\0{stat.st_ctime_ns}\0".encode())
        except (OSError, ValueError):  # it is not there, or there can be none of this name
            stamp.update(b"none\0")
    return stamp.hexdigest()
