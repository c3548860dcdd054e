"""The images below a folder, through links too, found by their content, and what was passed over on the way."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from featfer.errors import DataError
from featfer.images.decoding import has_image
from featfer.utils.files import open_regular

# Files with these suffixes are taken for images, so that damaged ones are reported; of others, the content decides.
SUFFIXES = {".apng", ".avif", ".bmp", ".gif", ".heic", ".heif", ".hif", ".jfif", ".jif", ".jpe", ".jpeg", ".jpg", ".mpo",
            ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"}
ARTEFACTS = ("__macosx", "@eadir", "thumbs.db", "desktop.ini")  # what systems put beside the files in a folder


@dataclass
class Walk:
    """What is below a folder: the images' names relative to it, sorted, and how many of what else was passed over."""

    images: list[str] = field(default_factory=list)
    passed: Counter = field(default_factory=Counter)


def is_hidden(name):
    """Say whether a file or folder is one that systems and editors hide: macOS's copies, .ipynb_checkpoints ..."""
    return name.startswith(".") or name.lower() in ARTEFACTS


def is_image_file(path):
    """Say whether a file is taken for an image: by its suffix, or by its content, as the decoders see it."""
    if Path(path).suffix.lower() in SUFFIXES:
        return True
    try:
        with open_regular(path) as file:
            return has_image(file)
    except OSError:
        return False


def describe_skipped(passed):
    """Return a sentence for what a walk passed over, in a list, which is empty where there was nothing."""
    counts = [f"{count:,} {what}" for what, count in sorted(passed.items())]
    return [f"passed over: {', '.join(counts)}"] if counts else []


def count_skipped(passed, name):
    """Count a file by its name as passed over."""
    suffix = Path(name).suffix.lower()
    passed["hidden files" if is_hidden(Path(name).name) else f"{suffix} files" if suffix else "files without a suffix"] += 1


def walk(folder, accepts=is_image_file, refuse=None):
    """Return the Walk of a folder. Links to folders are followed, each folder once, and never up to one that holds it.

    accepts: function that says whether a file, by its path, is among those looked for
    refuse: function called with the OSError of each folder that cannot be read; without it, DataError is raised: what is in the
    folder would be missing, and nobody told.
    """
    folder, found = Path(folder), Walk()
    visited, links = {_identity(place) for place in folder.resolve().parents}, [str(folder)]
    while links:  # those of one round wait for the next, so that folders proper keep their own names
        links = [deeper for link in links for deeper in _walk_from(link, folder, visited, found, accepts, refuse or _refuse)]
    found.images.sort()
    found.skipped = +found.skipped
    return found


def _walk_from(top, root, visited, found, accepts, refuse):
    """Add what is below a folder, or a link to one, to what was found; return the links to folders below it."""
    if _is_known(top, visited, found):
        return []
    links = []
    for parent, folders, names in os.walk(top, onerror=refuse):
        shown = [os.path.join(parent, name) for name in sorted(folders) if not is_hidden(name)]
        found.skipped["hidden folders"] += len(folders) - len(shown)
        links += filter(os.path.islink, shown)
        folders[:] = [os.path.basename(path) for path in shown
                      if not os.path.islink(path) and not _is_known(path, visited, found)]
        below = os.path.relpath(parent, root).replace(os.sep, "/")
        for name in names:
            if not is_hidden(name) and accepts(os.path.join(parent, name)):
                found.images.append(name if below == "." else f"{below}/{name}")
            else:
                count_skipped(found.skipped, name)
    return links


def _refuse(error):
    raise DataError(f"{error.filename}: cannot be read ({error.strerror})")


def _is_known(path, visited, found):
    """Say whether a folder was visited already, and count it then; from now on it is."""
    identity = _identity(path)
    found.skipped["folders seen already, by a link"] += identity in visited
    is_known = identity in visited
    visited.add(identity)
    return is_known


def _identity(path):
    stat = os.stat(path)
    return stat.st_dev, stat.st_ino
