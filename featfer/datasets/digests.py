"""Digests of images, files and folders, by which featfer notices that a data set has changed."""

import hashlib
import io
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from featfer.errors import DataError, TransientError, is_transient, make_transient
from featfer.typing import Path as AnyPath
from featfer.utils.files import open_regular

UNREAD = "unread:"   # prefix of the content key of a file that could not be read when the data set was loaded
SINGLE = b"single "  # put before the content of an image of one face in its content key
LARGEST = 1 << 31    # bytes of an image's file


def make_content_key(content: bytes) -> str:
    """Compute the content key of an image.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    str
        32 hex digits.
    """
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def make_file_key(path: AnyPath, single: bool = False, prefix: bytes = b"") -> str:
    """Compute the content key of an image file.

    Parameters
    ----------
    path : path
    single : bool, optional
        Whether the image shows one face. Its key then differs from that of the same file as a photo, whose faces are cached
        separately.
    prefix : bytes, optional
        Put before the content: what else the image depends on, such as a face box.

    Returns
    -------
    str
        32 hex digits. For a file that cannot be read, the key is made from its name; it begins with UNREAD if trying again
        may help.
    """
    digest = hashlib.blake2b(SINGLE if single else prefix, digest_size=16)
    try:
        with open_regular(path) as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return digest.hexdigest()
    except OSError as error:
        key = _make_name_key(path)
        return UNREAD + key if is_transient(error) else key


def _make_name_key(path: AnyPath) -> str:
    return make_content_key(b"unreadable " + str(path).encode(errors="surrogateescape"))


def read_file(path: AnyPath, key: str | None = None) -> bytes:
    """Read the bytes of an image file.

    Parameters
    ----------
    path : path
    key : str, optional
        Its content key when the data set was loaded.

    Returns
    -------
    bytes

    Raises
    ------
    TransientError
        When it cannot be read now, or has changed since the data set was loaded.
    DataError
        When it is no file, or larger than any image.
    """
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
            check_same(path, key, _make_name_key(path))
        raise DataError(f"{path}: not a readable image ({getattr(error, 'strerror', None) or error})") from None
    if not is_whole:
        raise DataError(f"{path}: more than {LARGEST:,} bytes, larger than any image that is read")
    return content


def check_same(path: AnyPath, key: str, *keys: str) -> None:
    """Check that a file is still the one that the data set was loaded with.

    Parameters
    ----------
    path : path
    key : str
        Its content key when the data set was loaded.
    *keys : str
        The content keys that it may have now.

    Raises
    ------
    TransientError
        When `key` is none of `keys`.
    """
    if key.startswith(UNREAD):
        raise TransientError(f"{path}: could not be read when the source was listed")
    if key not in keys:
        raise TransientError(f"{path}: changed while the source was read")


class Digest(str):
    """The digest of a data set, in hex.

    Attributes
    ----------
    stamp : str
        Digest of the inodes and change times of its files; empty if the digest is of all content. Unlike sizes and
        modification times, these change with every write: with another stamp, the data set must be read again.
    """

    stamp: str = ""


def join_digests(*parts: str) -> Digest:
    """Compute one digest of several parts of a data set.

    Parameters
    ----------
    *parts : str or Digest

    Returns
    -------
    Digest
        Its stamp combines those of all parts.
    """
    digest = Digest(hashlib.sha256("\0".join(parts).encode()).hexdigest())
    stamps = [part.stamp for part in parts if isinstance(part, Digest) and part.stamp]
    digest.stamp = hashlib.sha256("\0".join(stamps).encode()).hexdigest() if stamps else ""
    return digest


def digest_file(path: AnyPath) -> Digest:
    """Compute the digest of a file's content.

    Parameters
    ----------
    path : path

    Returns
    -------
    Digest
        A sha256.

    Raises
    ------
    TransientError
        When it cannot be read.
    """
    with open_source(path) as file:
        return Digest(hashlib.file_digest(file, "sha256").hexdigest())


@contextmanager
def open_source(path: AnyPath, text: bool = False) -> Iterator[Any]:
    """Open a file of a data set for a `with` block.

    Parameters
    ----------
    path : path
    text : bool, optional
        Open it as UTF-8 text, with or without a byte order mark, instead of binary.

    Yields
    ------
    file

    Raises
    ------
    TransientError
        When it cannot be read.
    """
    try:
        with open_regular(path) as file:
            yield io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="") if text else file
    except OSError as error:
        raise TransientError(f"{path}: cannot be read ({error.strerror or error})") from None


def list_names(folder: AnyPath) -> list[str]:
    """List what is in a folder.

    Parameters
    ----------
    folder : path

    Returns
    -------
    list of str
        Sorted.

    Raises
    ------
    TransientError
        When it cannot be read.
    """
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        raise TransientError(f"{folder}: cannot be read ({error.strerror})") from None


def digest_listing(root: AnyPath, names: Collection[str]) -> Digest:
    """Compute the digest of the names, sizes and modification times of files.

    Parameters
    ----------
    root : path
    names : iterable of str
        Relative to `root`.

    Returns
    -------
    Digest
        With a stamp.

    Raises
    ------
    TransientError
        When a file cannot be found.
    """
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


def stamp_files(root: AnyPath, names: Iterable[str]) -> str:
    """Compute a digest of the inodes and change times of files; of a link, those of its target.

    Parameters
    ----------
    root : path
    names : iterable of str
        Relative to `root`.

    Returns
    -------
    str
    """
    stamp = hashlib.sha256()
    for name in names:
        try:
            stat = os.stat(Path(root) / name)
            stamp.update(f"{stat.st_ino}\0{stat.st_ctime_ns}\0".encode())
        except (OSError, ValueError):  # no such file, or a name that no file can have
            stamp.update(b"none\0")
    return stamp.hexdigest()
