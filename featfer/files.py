"""Files written whole or not at all, files that are read without waiting for them, and names for them."""

import errno
import json
import os
import stat
import tempfile
import tomllib
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path

from featfer.errors import WriteError


@contextmanager
def written_whole(path):
    """Open a binary file that takes its name only when the block ends well; until then what stood there stays.

    Raises WriteError when the file, or a folder for it, cannot be made.
    """
    try:
        with _part(Path(path)) as file:
            yield file
    except OSError as error:
        raise WriteError(error.errno, error.strerror or str(error), str(path)) from error


def write_text(path, text):
    """Write a text file whole; names of files that are no text stand in it as they are."""
    with written_whole(path) as file:
        file.write(text.encode(errors="surrogateescape"))


def opened(path):
    """Open a file to read its bytes; raise OSError, at once, for a pipe or a device: they may give nothing, or have no end."""
    try:
        file = os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb")
    except ValueError:
        raise OSError(errno.EINVAL, "its name has a NUL in it", str(path)) from None
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


def distinct(names):
    """Return the names, with -2, -3 and so on at those that came before, so that their files do not overwrite each other."""
    taken = {}  # in their order
    for name in names:
        numbered = (f"{name}-{number}" for number in count(2))
        taken[next(new for new in chain([name], numbered) if new not in taken)] = True
    return list(taken)


def _parsed(path, parse):
    with opened(path) as file:
        content = file.read()
    try:
        return parse(content)
    except RecursionError:
        raise ValueError("nested too deep") from None


@contextmanager
def _part(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o666 & ~_umask())  # mkstemp's files are for their owner alone
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
