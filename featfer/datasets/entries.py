"""The folders in a folder, and the links that lead nowhere."""

import os

from featfer.errors import DataError
from featfer.images.walking import is_hidden, is_image_file


def list_folders(folder):
    """Return the names of the folders in a folder, and of links to folders, sorted, without hidden ones; raise DataError where
    it cannot be read."""
    return [entry.name for entry in _entries(folder) if os.path.isdir(entry.path) and not is_hidden(entry.name)]


def check_links(folder):
    """Raise DataError for a link in a folder, not named as a file is, that leads nowhere: with it a class would be missing."""
    for entry in _entries(folder):
        if entry.is_symlink() and not os.path.exists(entry.path) and not os.path.splitext(entry.name)[1]:
            raise DataError(f"{entry.path}: a link to {os.readlink(entry.path)}, which is not there; mend it, or remove it")


def list_images(folder):
    """Return the names of the images in a folder itself, sorted, without hidden ones."""
    return [entry.name for entry in _entries(folder)
            if not is_hidden(entry.name) and not os.path.isdir(entry.path) and is_image_file(entry.path)]


def _entries(folder):
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({error.strerror})") from None
