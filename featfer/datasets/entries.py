"""List the folders and images in a folder, and check its links."""

import os

from featfer.errors import DataError
from featfer.images.walking import is_hidden, is_image_file
from featfer.typing import Path as AnyPath


def list_folders(folder: AnyPath) -> list[str]:
    """List the folders in a folder, links to folders included, hidden ones not.

    Parameters
    ----------
    folder : path

    Returns
    -------
    list of str
        Names, sorted.

    Raises
    ------
    DataError
        When it cannot be read.
    """
    return [entry.name for entry in _list_entries(folder) if os.path.isdir(entry.path) and not is_hidden(entry.name)]


def check_links(folder: AnyPath) -> None:
    """Refuse a folder with a broken link to a folder, because a class would be missing.

    Parameters
    ----------
    folder : path

    Raises
    ------
    DataError
        For a broken link whose name has no suffix.
    """
    for entry in _list_entries(folder):
        if entry.is_symlink() and not os.path.exists(entry.path) and not os.path.splitext(entry.name)[1]:
            raise DataError(f"{entry.path}: a link to {os.readlink(entry.path)}, which is not there; mend it, or remove it")


def list_images(folder: AnyPath) -> list[str]:
    """List the images directly in a folder, without hidden ones.

    Parameters
    ----------
    folder : path

    Returns
    -------
    list of str
        Names, sorted.

    Raises
    ------
    DataError
        When it cannot be read.
    """
    return [entry.name for entry in _list_entries(folder)
            if not is_hidden(entry.name) and not os.path.isdir(entry.path) and is_image_file(entry.path)]


def _list_entries(folder: AnyPath) -> list[os.DirEntry[str]]:
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({error.strerror})") from None
