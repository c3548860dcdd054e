"""Damaged files of a store: found, and set aside."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable
from contextlib import suppress

from featfer.errors import WriteError
from featfer.store.files import find_damage
from featfer.utils.progress import bar


def find_all_damage(paths: Iterable[pathlib.Path]) -> dict[pathlib.Path, str]:
    """Read files, with a bar, and find those that are damaged.

    Parameters
    ----------
    paths : list of Path

    Returns
    -------
    dict of Path to str
        What is wrong with each damaged file.
    """
    shown = bar(paths, desc="checking the store", unit=" files", delay=0.5)
    return {path: reason for path in shown if (reason := find_damage(path))}


def set_aside(path: pathlib.Path) -> str:
    """Add .damaged to the name of a file, so that it no longer counts; return its new name.

    Raises WriteError if the folder cannot be written to.
    """
    name = f"{path.name}.damaged"
    try:
        with suppress(FileNotFoundError):  # another process was first
            path.replace(path.with_name(name))
    except OSError as error:
        raise WriteError(error.errno, error.strerror, str(path)) from None
    return name
