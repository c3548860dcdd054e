"""Fitted files: what a feature learnt beforehand from training images (a codebook, a fine-tuned network), known by its digest.

A feature names such a file by its path, or by its reference "sha256:..." when the content came with a bundle or was read
before. Those that ship with featfer have names of their own.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from featfer.errors import MissingError
from featfer.utils.files import open_regular

if TYPE_CHECKING:
    from featfer.typing import Path as AnyPath

PREFIX = "sha256:"
SHIPPED = ("expression",)  # dlib's network, fine-tuned on FER2013's labels and FER+'s votes
# by reference
_contents: dict[str, bytes] = {}
_paths: dict[str, Path] = {}


def register(content: bytes) -> str:
    """Keep the content of a fitted file for this process.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    str
        Its reference, "sha256:...".
    """
    reference = PREFIX + hashlib.sha256(content).hexdigest()
    _contents[reference] = content
    return reference


def find_fitted_file(name: AnyPath) -> AnyPath:
    """Return the path of a fitted file that ships; other names are returned as they are.

    Parameters
    ----------
    name : str or Path

    Returns
    -------
    Path or str
    """
    return Path(str(files("featfer_models"))) / f"{name}.npz" if str(name) in SHIPPED else name


def reference_of(name: AnyPath) -> str:
    """Return the reference of a fitted file.

    Parameters
    ----------
    name : str or Path
        Its path, its name if it ships, or its reference.

    Raises
    ------
    MissingError
        When there is no such file, or no content with this reference.
    """
    if str(name) in _contents or (str(name).startswith(PREFIX) and str(name) in map(reference_of, SHIPPED)):
        return str(name)
    if str(name).startswith(PREFIX):
        raise MissingError(f"no fitted file {name} here: name its path, or load a bundle that carries it")
    try:
        path = Path(find_fitted_file(name)).resolve()
        stat = path.stat()
        return _read(path, stat.st_size, stat.st_mtime_ns)
    except (OSError, ValueError) as error:  # a null byte is a ValueError
        raise MissingError(f"{name}: cannot be read ({getattr(error, 'strerror', error)})") from None


def content_of(name: AnyPath) -> bytes:
    """Return the content of a fitted file.

    Parameters
    ----------
    name : str or Path
        As for `reference_of`.

    Returns
    -------
    bytes

    Raises
    ------
    MissingError
        As for `reference_of`.
    """
    return _contents[reference_of(name)]


def register_files(paths: Mapping[str, AnyPath]) -> None:
    """Read fitted files and keep their contents for this process.

    Parameters
    ----------
    paths : dict
        {reference: path}

    Raises
    ------
    MissingError
        When a file is not there, or no longer has the content that its reference says.
    """
    for reference, path in paths.items():
        if reference not in _contents and reference_of(path) != reference:
            raise MissingError(f"{path}: another file than when the run began; put the first one back, or run the same command "
                               "again to begin with this one")


@functools.cache
def _read(path: Path, size: int, changed: int) -> str:
    with open_regular(path) as file:
        reference = register(file.read())
    _paths[reference] = path
    return reference


def path_of(reference: AnyPath) -> AnyPath:
    """Return the path from which a reference was read, for messages.

    Parameters
    ----------
    reference : str

    Returns
    -------
    Path or str
        The reference itself if its path is unknown.
    """
    return _paths.get(str(reference), reference)
