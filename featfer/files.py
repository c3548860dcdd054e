"""Files written whole or not at all, and names for them."""

import os
import tempfile
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
    """Write a text file whole."""
    with written_whole(path) as file:
        file.write(text.encode())


def distinct(names):
    """Return the names, with -2, -3 and so on at those that came before, so that their files do not overwrite each other."""
    taken = []
    for name in names:
        numbered = (f"{name}-{number}" for number in count(2))
        taken.append(next(new for new in chain([name], numbered) if new not in taken))
    return taken


@contextmanager
def _part(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
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
