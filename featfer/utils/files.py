"""Files written whole or not at all, or row by row, files that are read without waiting for them, and names for them."""

import errno
import io
import json
import os
import stat
import tempfile
import tomllib
from contextlib import contextmanager
from functools import partial
from itertools import chain, count
from pathlib import Path

from featfer.utils.outputs import naming, place_of

BLOCK = 1 << 20  # bytes


@contextmanager
def write_atomically(path, kind=None):
    """Open a binary file that takes its name only when the block ends well; until then what stood there stays.

    kind: the featfer.utils.outputs.Kind that is written: what is there and is of another stays, too. Links are followed; into
    a pipe or a device all is written at the end. Raises WriteError when the file, or a folder for it, cannot be made.
    """
    with naming(path):
        place = place_of(path, kind)
        with _collected(place) if place.is_stream else _part(place) as file:
            yield file


@contextmanager
def write_as_it_comes(path, kind=None):
    """Return a function that appends bytes to a file, to be found there as soon as it returns, all of them or none.

    The first ones replace what stood there; without any it stays. A pipe or a device gets them as they come. kind, and what is
    raised, as for `write_atomically`.
    """
    with naming(path):
        place = place_of(path, kind)
        with _streamed(place) if place.is_stream else _growing(place) as append:
            yield append


def write_text(path, text, kind=None):
    """Write a text file whole; names of files that are no text stand in it as they are."""
    with write_atomically(path, kind) as file:
        file.write(text.encode(errors="surrogateescape"))


class _File(io.BufferedReader):
    """A file of which no more is asked for than it has: damaged ones say that they have more than there is memory for."""

    def read(self, size=-1):
        if size is not None and size > BLOCK:
            size = min(size, max(0, os.fstat(self.fileno()).st_size - self.tell()))
        return super().read(size)


def open_regular(path):
    """Open a file to read its bytes; raise OSError, at once, for a pipe or a device: they may give nothing, or have no end."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except ValueError:
        raise OSError(errno.EINVAL, "its name has a NUL in it", str(path)) from None
    file = _File(io.FileIO(handle))
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "a pipe or a device, not a file", str(path))
    return file


def read_toml(path):
    """Return the plain data (dict) in a TOML file; raise OSError or ValueError where it cannot be read."""
    return _parsed(path, lambda content: tomllib.loads(content.decode("utf-8-sig").replace("\r\n", "\n")))


def read_json(path):
    """Return the plain data (dict) in a JSON file; raise OSError or ValueError where it cannot be read."""
    def parse(content):
        data = json.loads(content)
        if not isinstance(data, dict):
            raise ValueError(f"it holds a {type(data).__name__}, not an object with names")
        return data
    return _parsed(path, parse)


def make_distinct(names):
    """Return the names, with -2, -3 and so on at those that came before, so that their files do not overwrite each other."""
    taken = {}  # in their order
    for name in names:
        numbered = (f"{name}-{number}" for number in count(2))
        taken[next(new for new in chain([name], numbered) if new not in taken)] = True
    return list(taken)


def _parsed(path, parse):
    with open_regular(path) as file:
        content = file.read()
    try:
        return parse(content)
    except RecursionError:
        raise ValueError("nested too deep") from None


@contextmanager
def _part(place):
    with _temporary(place) as (handle, name), os.fdopen(handle, "w+b") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
        os.replace(name, place.path)


@contextmanager
def _growing(place):
    is_named = False

    def append(content):
        nonlocal is_named
        before = file.tell()
        try:
            _write_all(file, content)
        except OSError:
            file.truncate(before)
            raise
        if not is_named:
            os.replace(name, place.path)
            is_named = True
    with _temporary(place) as (handle, name), os.fdopen(handle, "w+b", buffering=0) as file:
        yield append


@contextmanager
def _streamed(place):
    with _stream(place) as stream:
        yield partial(_write_all, stream)


def _write_all(file, content):
    """Write bytes to an unbuffered file, which need not take them all at once."""
    content = memoryview(content)
    while content:
        content = content[file.write(content):]


@contextmanager
def _temporary(place):
    """Open a file beside a Place, with its permissions; what has not taken another name at the end is removed."""
    place.path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{place.path.name[:40]}.", suffix=".part", dir=place.path.parent)
    try:
        os.chmod(name, 0o666 & ~_umask() if place.mode is None else place.mode)  # mkstemp's files are for their owner alone
        yield handle, name
    finally:
        Path(name).unlink(missing_ok=True)


@contextmanager
def _collected(place):
    with tempfile.TemporaryFile() as file:
        yield file
        file.seek(0)
        with _streamed(place) as write:
            while content := file.read(BLOCK):
                write(content)


def _stream(place):
    return open(place.path if place.descriptor is None else os.dup(place.descriptor), "wb", buffering=0)


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
