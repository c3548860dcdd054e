"""Writing files whole or not at all, appending to them, and reading files without waiting for them."""

from __future__ import annotations

import errno
import io
import json
import logging
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from featfer.utils.outputs import find_place, name_in_errors

if TYPE_CHECKING:
    from featfer.typing import Path as AnyPath
    from featfer.utils.outputs import Kind, Place

BLOCK = 1 << 20  # bytes
logger = logging.getLogger(__name__)


@contextmanager
def write_atomically(path: AnyPath, kind: Kind | None = None) -> Iterator[io.BufferedRandom]:
    """Open a binary file that replaces the old one only when the `with` block ends without an error.

    Until then the old content stays. Links are followed. A pipe or a device gets everything at the end.

    Parameters
    ----------
    path : str or Path
    kind : featfer.utils.outputs.Kind, optional
        What is written. A file that has another kind of content is not replaced.

    Yields
    ------
    file
        Open for reading and writing bytes.

    Raises
    ------
    WriteError
        If the file, or a folder for it, cannot be made.
    """
    with name_in_errors(path):
        place = find_place(path, kind)
        with _collect_for_stream(place) if place.is_stream else _write_part(place) as file:
            yield file
    logger.info("wrote %s", path)


@contextmanager
def append_atomically(path: AnyPath, kind: Kind | None = None) -> Iterator[Callable[[bytes], None]]:
    """Open a file for appending: each append is in the file when it returns, whole or not at all.

    The first append replaces the old file; if nothing is appended, the old file stays. A pipe or a device gets the bytes as
    they come.

    Parameters
    ----------
    path : str or Path
    kind : featfer.utils.outputs.Kind, optional
        As for `write_atomically`.

    Yields
    ------
    function
        Appends bytes.

    Raises
    ------
    WriteError
        If the file, or a folder for it, cannot be made or written.
    """
    with name_in_errors(path):
        place = find_place(path, kind)
        with _append_to_stream(place) if place.is_stream else _append_to_part(place) as append:
            yield append


def write_text(path: AnyPath, text: str, kind: Kind | None = None) -> None:
    """Write a text file (UTF-8), whole or not at all.

    Parameters
    ----------
    path : str or Path
    text : str
        Names of files that are not valid Unicode are written byte for byte.
    kind : featfer.utils.outputs.Kind, optional
        As for `write_atomically`.
    """
    with write_atomically(path, kind) as file:
        file.write(text.encode(errors="surrogateescape"))


class _File(io.BufferedReader):
    """A file that never reads beyond its size: a damaged one may claim to hold more than the memory can."""

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > BLOCK:
            size = min(size, max(0, os.fstat(self.fileno()).st_size - self.tell()))
        return super().read(size)


def open_regular(path: AnyPath) -> io.BufferedReader:
    """Open a regular file for reading bytes, without ever waiting.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    file

    Raises
    ------
    OSError
        If it cannot be opened, or is a pipe or a device: those may give nothing, or never end.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except ValueError:
        raise OSError(errno.EINVAL, "its name has a NUL in it", str(path)) from None
    file = _File(io.FileIO(handle))
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "a pipe or a device, not a file", str(path))
    return file


def read_toml(path: AnyPath) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is not TOML.
    """
    return _parse(path, _parse_toml)


def read_json(path: AnyPath) -> dict[str, Any]:
    """Read a JSON file that holds an object.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is not JSON, or not an object.
    """
    return _parse(path, _parse_object)


def make_distinct(names: Iterable[str]) -> list[str]:
    """Append -2, -3 and so on to names that occurred before, so that files with these names do not overwrite each other.

    Parameters
    ----------
    names : list of str

    Returns
    -------
    list of str
    """
    distinct = {}  # a dict keeps the order
    for name in names:
        numbered = (f"{name}-{number}" for number in count(2))
        distinct[next(new for new in chain([name], numbered) if new not in distinct)] = True
    return list(distinct)


def _parse(path: AnyPath, parse: Callable[[bytes], dict[str, Any]]) -> dict[str, Any]:
    with open_regular(path) as file:
        content = file.read()
    try:
        return parse(content)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _parse_toml(content: bytes) -> dict[str, Any]:
    import tomllib  # here: most commands read no such file
    return tomllib.loads(content.decode("utf-8-sig").replace("\r\n", "\n"))


def _parse_object(content: bytes) -> dict[str, Any]:
    data = json.loads(content)
    if not isinstance(data, dict):
        raise ValueError(f"it holds a {type(data).__name__}, not an object with names")
    return data


@contextmanager
def _write_part(place: Place) -> Iterator[io.BufferedRandom]:
    with _make_temporary(place) as (handle, name), os.fdopen(handle, "w+b") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
        os.replace(name, place.path)


@contextmanager
def _append_to_part(place: Place) -> Iterator[Callable[[bytes], None]]:
    with _make_temporary(place) as (handle, name), os.fdopen(handle, "w+b", buffering=0) as file:
        yield _Appender(file, name, place.path).append


class _Appender:
    """Appends to a file under a temporary name, which gets its final name with the first append."""

    def __init__(self, file: BinaryIO, name: str | None, path: Path) -> None:
        self.file, self.name, self.path = file, name, path

    def append(self, content: bytes) -> None:
        before = self.file.tell()
        try:
            _write_all(self.file, content)
        except OSError:
            self.file.truncate(before)
            raise
        if self.name is not None:
            os.replace(self.name, self.path)
            self.name = None


@contextmanager
def _append_to_stream(place: Place) -> Iterator[Callable[[bytes], None]]:
    with _open_stream(place) as stream:
        yield partial(_write_all, stream)


def _write_all(file: BinaryIO, content: bytes) -> None:
    """Write bytes to an unbuffered file, which may take them in several portions."""
    left = memoryview(content)
    while left:
        left = left[file.write(left):]


@contextmanager
def _make_temporary(place: Place) -> Iterator[tuple[int, str]]:
    """Open a temporary file beside a Place, with its permissions; if it is not renamed, it is removed at the end."""
    place.path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{place.path.name[:40]}.", suffix=".part", dir=place.path.parent)
    try:
        # mkstemp's own permissions are for the owner alone
        os.chmod(name, 0o666 & ~_read_umask() if place.mode is None else place.mode)
        yield handle, name
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def _collect_for_stream(place: Place) -> Iterator[io.BufferedRandom]:
    with tempfile.TemporaryFile() as file:
        yield file
        file.seek(0)
        with _append_to_stream(place) as write:
            while content := file.read(BLOCK):
                write(content)


def _open_stream(place: Place) -> io.FileIO:
    return open(place.path if place.descriptor is None else os.dup(place.descriptor), "wb", buffering=0)


def _read_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
