"""Arrays in files (.npz) that end in a checksum of all that stands before it.

An .npz is a zip file, whose own checksums leave its headers and those of the arrays open. Ours stands in the zip file's
comment, which other readers pass over; a file without one, as featfer wrote them before, is held to the zip file's checksums.
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

import numpy as np

from featfer.errors import is_transient, make_transient
from featfer.utils.environment import memory
from featfer.utils.files import open_regular, write_atomically

SEAL = b"sha256:"
TAIL = len(SEAL) + 64  # bytes of the comment
END, END_SIZE = b"PK\5\6", 22  # of a zip file without a comment: how its last record begins, and how long it is
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
BLOCK = 1 << 20
SMALL, TIGHTEST = 1 << 28, 200  # bytes that any file may unpack to, and how many times its size a larger one may
DAMAGE = (OSError, ValueError, LookupError, TypeError, EOFError, RuntimeError, MemoryError, AttributeError, OverflowError,
          SyntaxError, struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error)


def write_arrays(path, compressed=False, kind=None, **arrays):
    """Write arrays by name to a file, whole, with its checksum; kind: the featfer.utils.outputs.Kind that they are.

    Raises WriteError where it cannot be written.
    """
    with write_atomically(path, kind) as file:
        (np.savez_compressed if compressed else np.savez)(file, **arrays)
        file.seek(-2, os.SEEK_END)
        file.write(TAIL.to_bytes(2, "little"))  # the comment's length
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0, os.SEEK_END)
        file.write(SEAL + digest.encode())


def read_arrays(path, names=None, optional=(), verify_checksum=True):
    """Return {name: array} of a file's arrays with these names, of all without; optional: names that it need not have.

    verify_checksum: check the whole file first. Raises ValueError with the reason, a line, for whatever cannot be read,
    TransientError where that is for no fault of the file: no permission, no memory.
    """
    try:
        with open_regular(path) as file:
            return _read(file, names, optional, verify_checksum)
    except DAMAGE as error:
        if is_passing(error):
            raise make_transient(path, error) from None
        raise ValueError(reason_of(error)) from None


def is_passing(error):
    """Say whether an exception, one of DAMAGE, tells of the machine and not of the file that was read; a file that is not there
    is like a damaged one."""
    return is_transient(error) and not isinstance(error, (FileNotFoundError, NotADirectoryError))


def read_content(content, names=None):
    """Return what `read_arrays` does, of the bytes of a file."""
    try:
        return _read(io.BytesIO(content), names)
    except DAMAGE as error:
        raise ValueError(reason_of(error)) from None


def _read(file, names=None, optional=(), verify_checksum=True):
    if verify_checksum:
        has_checksum(file)
    with zipfile.ZipFile(file) as members:
        size = _check_members(members, file)
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        wanted = arrays.files if names is None else (*names, *(name for name in optional if name in arrays))
        try:
            return {name: whole_array(arrays[name], name) for name in wanted}
        except MemoryError as error:
            if _requested(error) > size:
                raise ValueError("an array is larger than its file says") from None
            raise


def _requested(error):
    """Return how many bytes numpy asked for when memory did not suffice."""
    return math.prod(getattr(error, "shape", ())) * getattr(error, "dtype", np.dtype("u1")).itemsize


def has_checksum(file):
    """Say whether an open file has a checksum of all its bytes; raise one of DAMAGE where they are not those written."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - END_SIZE))
    end = file.read()
    if end[:4] == END and end[-2:] == b"\0\0":
        with zipfile.ZipFile(file) as members:
            _check_members(members, file)
            if len(members.infolist()) != int.from_bytes(end[10:12], "little"):  # zipfile does not look at it
                raise ValueError("it has not as many arrays as it says")
            if name := members.testzip():
                raise ValueError(f"the checksum of {name} is wrong")
        return False
    file.seek(max(0, size - TAIL))
    if file.read() != SEAL + _digest(file, size - TAIL).encode():
        raise ValueError("its checksum is not that of its content")
    return True


def reason_of(error):
    """Return why something could not be read, in a line."""
    text = getattr(error, "strerror", None) or (f"no {error}" if isinstance(error, KeyError) else str(error))
    return (text.strip().partition("\n")[0] or type(error).__name__)[:300]


def _digest(file, size):
    """Return the sha256 of a file's first bytes, hex."""
    digest = hashlib.sha256()
    file.seek(0)
    while size > 0 and (block := file.read(min(size, BLOCK))):
        digest.update(block)
        size -= len(block)
    return digest.hexdigest()


def _check_members(members, file):
    """Raise ValueError for what numpy does not write, and for what would unpack to more than this machine's memory, or than
    any features do; return how many bytes that is."""
    for member in members.infolist():
        if member.compress_type not in METHODS:
            raise ValueError(f"{member.filename} is packed as numpy packs nothing")
    size, limit = sum(member.file_size for member in members.infolist()), memory()
    if limit and size > limit:
        raise ValueError(f"{size / 2**30:,.1f} GiB unpacked, more than this machine's memory")
    if size > max(SMALL, TIGHTEST * file.seek(0, os.SEEK_END)):
        raise ValueError(f"{size / 2**30:,.1f} GiB unpacked, more than {TIGHTEST} times what it is packed")
    return size


def whole_array(array, name):
    """Return what numpy read as an array of this name; raise ValueError where it is none, or has what is no text."""
    if not isinstance(array, np.ndarray):  # a member of a zip file that is no array comes as bytes
        raise ValueError(f"{name} is not an array")
    if array.dtype.kind == "U" and array.size:
        points = np.frombuffer(array.tobytes(), f"{array.dtype.str[0]}u4")
        if points.size and points.max() > sys.maxunicode:
            raise ValueError(f"{name} has characters that there are not")
    return array
