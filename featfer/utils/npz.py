"""Arrays in files (.npz) that end with a checksum of everything before it.

An .npz is a zip file, whose own checksums leave out its headers and those of the arrays. Featfer's checksum stands in the
comment of the zip file, which other readers ignore. For a file without one, as older versions wrote, the checksums of the zip
file are checked.
"""

import hashlib
import io
import math
import os
import struct
import sys
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featfer.errors import is_transient, make_transient
from featfer.typing import Path
from featfer.utils.environment import find_memory_size
from featfer.utils.files import open_regular, write_atomically
from featfer.utils.outputs import Kind

CHECKSUM_MARK = b"sha256:"
CHECKSUM_SIZE = len(CHECKSUM_MARK) + 64  # bytes of the comment
END, END_SIZE = b"PK\5\6", 22  # the last record of a zip file without a comment: how it begins, and its size in bytes
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
BLOCK = 1 << 20
SMALL, TIGHTEST = 1 << 28, 200  # bytes that any file may unpack to; more only up to this multiple of the file's size
DAMAGE = (OSError, ValueError, LookupError, TypeError, EOFError, RuntimeError, MemoryError, AttributeError, OverflowError,
          SyntaxError, struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error)


def write_arrays(path: Path, compressed: bool = False, kind: Kind | None = None, **arrays: ArrayLike) -> None:
    """Write arrays to an .npz file, whole or not at all, with a checksum.

    Parameters
    ----------
    path : str or Path
    compressed : bool
    kind : featfer.utils.outputs.Kind, optional
        What is written. A file that has another kind of content is not replaced.
    **arrays : array
        By name.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    with write_atomically(path, kind) as file:
        save: Callable[..., None] = np.savez_compressed if compressed else np.savez
        save(file, **arrays)
        file.seek(-2, os.SEEK_END)
        file.write(CHECKSUM_SIZE.to_bytes(2, "little"))  # the comment's length
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0, os.SEEK_END)
        file.write(CHECKSUM_MARK + digest.encode())


def read_arrays(path: Path, names: Iterable[str] | None = None, optional: Iterable[str] = (),
                verify_checksum: bool = True) -> dict[str, NDArray[Any]]:
    """Read arrays from an .npz file.

    Parameters
    ----------
    path : str or Path
    names : list of str, optional
        Which arrays; by default all.
    optional : list of str
        Further arrays, which the file may lack.
    verify_checksum : bool
        Whether to verify the checksum first, which reads the whole file.

    Returns
    -------
    dict
        {name: array}

    Raises
    ------
    ValueError
        If the file is damaged or missing; the message is the reason, in one line.
    TransientError
        If the file cannot be read for a reason outside it, such as permissions or lack of memory.
    """
    try:
        with open_regular(path) as file:
            return _read(file, names, optional, verify_checksum)
    except DAMAGE as error:
        if is_machine_fault(error):
            raise make_transient(path, error) from None
        raise ValueError(describe_failure(error)) from None


def is_machine_fault(error: BaseException) -> bool:
    """Tell whether an error while reading is the machine's fault and not the file's; a missing file counts as the file's.

    Parameters
    ----------
    error : Exception
        One of `DAMAGE`.

    Returns
    -------
    bool
    """
    return is_transient(error) and not isinstance(error, (FileNotFoundError, NotADirectoryError))


def read_content(content: bytes, names: Iterable[str] | None = None) -> dict[str, NDArray[Any]]:
    """Read arrays from the bytes of an .npz file, as `read_arrays` does from a file.

    Parameters
    ----------
    content : bytes
    names : list of str, optional
        Which arrays; by default all.

    Returns
    -------
    dict
        {name: array}

    Raises
    ------
    ValueError
        If the content is damaged.
    """
    try:
        return _read(io.BytesIO(content), names)
    except DAMAGE as error:
        raise ValueError(describe_failure(error)) from None


def _read(file: BinaryIO, names: Iterable[str] | None = None, optional: Iterable[str] = (),
          verify_checksum: bool = True) -> dict[str, NDArray[Any]]:
    if verify_checksum:
        has_checksum(file)
    with zipfile.ZipFile(file) as members:
        size = _check_members(members, file)
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        wanted = arrays.files if names is None else (*names, *(name for name in optional if name in arrays))
        try:
            return {name: check_array(arrays[name], name) for name in wanted}
        except MemoryError as error:
            if _count_requested_bytes(error) > size:
                raise ValueError("an array is larger than its file says") from None
            raise


def _count_requested_bytes(error: MemoryError) -> int:
    """Return how many bytes numpy asked for when memory ran out."""
    return math.prod(getattr(error, "shape", ())) * getattr(error, "dtype", np.dtype("u1")).itemsize


def has_checksum(file: BinaryIO) -> bool:
    """Tell whether an open file has featfer's checksum, and verify that one, or those of the zip file.

    Parameters
    ----------
    file : file
        Open for reading bytes.

    Returns
    -------
    bool

    Raises
    ------
    One of DAMAGE
        If the content is not what was written.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - END_SIZE))
    end = file.read()
    if end[:4] == END and end[-2:] == b"\0\0":
        with zipfile.ZipFile(file) as members:
            _check_members(members, file)
            if len(members.infolist()) != int.from_bytes(end[10:12], "little"):  # zipfile does not check it
                raise ValueError("it has not as many arrays as it says")
            if name := members.testzip():
                raise ValueError(f"the checksum of {name} is wrong")
        return False
    file.seek(max(0, size - CHECKSUM_SIZE))
    if file.read() != CHECKSUM_MARK + _digest(file, size - CHECKSUM_SIZE).encode():
        raise ValueError("its checksum is not that of its content")
    return True


def describe_failure(error: BaseException) -> str:
    """Return in one line why something could not be read.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    str
    """
    text = getattr(error, "strerror", None) or (f"no {error}" if isinstance(error, KeyError) else str(error))
    return (text.strip().partition("\n")[0] or type(error).__name__)[:300]


def _digest(file: BinaryIO, size: int) -> str:
    """Return the sha256 of the first `size` bytes of a file, in hex."""
    digest = hashlib.sha256()
    file.seek(0)
    while size > 0 and (block := file.read(min(size, BLOCK))):
        digest.update(block)
        size -= len(block)
    return digest.hexdigest()


def _check_members(members: zipfile.ZipFile, file: BinaryIO) -> int:
    """Return the unpacked size in bytes; raise ValueError if it is too large, or if numpy does not pack so."""
    for member in members.infolist():
        if member.compress_type not in METHODS:
            raise ValueError(f"{member.filename} is packed as numpy packs nothing")
    size, limit = sum(member.file_size for member in members.infolist()), find_memory_size()
    if limit and size > limit:
        raise ValueError(f"{size / 2**30:,.1f} GiB unpacked, more than this machine's memory")
    if size > max(SMALL, TIGHTEST * file.seek(0, os.SEEK_END)):
        raise ValueError(f"{size / 2**30:,.1f} GiB unpacked, more than {TIGHTEST} times what it is packed")
    return size


def check_array(array: object, name: str) -> NDArray[Any]:
    """Return what numpy read, if it is an array of valid values.

    Parameters
    ----------
    array : object
    name : str
        For the message.

    Returns
    -------
    array

    Raises
    ------
    ValueError
        If it is not an array, or has text with characters that do not exist.
    """
    if not isinstance(array, np.ndarray):  # numpy returns other members of the zip file as bytes
        raise ValueError(f"{name} is not an array")
    if array.dtype.kind == "U" and array.size:
        points = np.frombuffer(array.tobytes(), f"{array.dtype.str[0]}u4")
        if points.size and points.max() > sys.maxunicode:
            raise ValueError(f"{name} has characters that there are not")
    return array
