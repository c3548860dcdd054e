"""Find the images below a folder, by suffix or content and through links, and count the files that were skipped."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from featfer.errors import DataError
from featfer.images.decoding import has_image
from featfer.typing import Path as Name
from featfer.utils.files import open_regular
from featfer.utils.words import count

# Files with these suffixes count as images even if damaged, so that they are reported; for others, the content decides.
SUFFIXES = {".apng", ".avif", ".bmp", ".gif", ".heic", ".heif", ".hif", ".jfif", ".jif", ".jpe", ".jpeg", ".jpg", ".mpo",
            ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"}
SINGULAR = {"files without a suffix": "file without a suffix",
            "folders seen already, by a link": "folder seen already, by a link"}
ARTEFACTS = ("__macosx", "@eadir", "thumbs.db", "desktop.ini")  # made by operating systems and storage servers


@dataclass
class Walk:
    """The images below a folder.

    Attributes
    ----------
    images : list of str
        Names relative to the folder, sorted.
    skipped : Counter
        How many other files and folders there were, by kind.
    """

    images: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def is_hidden(name: str) -> bool:
    """Tell whether a file or folder is hidden or made by the system: .ipynb_checkpoints, __MACOSX, Thumbs.db and the like.

    Parameters
    ----------
    name : str
        Without its folder.

    Returns
    -------
    bool
    """
    return name.startswith(".") or name.lower() in ARTEFACTS


def is_image_file(path: Name) -> bool:
    """Tell whether a file is an image, by its suffix or else by its content.

    Parameters
    ----------
    path : path

    Returns
    -------
    bool
        False when the file cannot be read.
    """
    if Path(path).suffix.lower() in SUFFIXES:
        return True
    try:
        with open_regular(path) as file:
            return has_image(file)
    except OSError:
        return False


def describe_skipped(skipped: Mapping[str, int]) -> list[str]:
    """Say in a sentence what a walk skipped.

    Parameters
    ----------
    skipped : dict of str to int
        As in `Walk.skipped`.

    Returns
    -------
    list of str
        One sentence, or none when nothing was skipped.
    """
    counts = [count(number, SINGULAR.get(what, what.removesuffix("s")), what) for what, number in sorted(skipped.items())]
    return [f"passed over: {', '.join(counts)}"] if counts else []


def count_skipped(skipped: Counter[str], name: str) -> None:
    """Count a skipped file by its kind: hidden, or its suffix.

    Parameters
    ----------
    skipped : Counter
        Changed in place.
    name : str
    """
    suffix = Path(name).suffix.lower()
    skipped["hidden files" if is_hidden(Path(name).name) else f"{suffix} files" if suffix else "files without a suffix"] += 1


def walk(folder: Name, accepts: Callable[[str], bool] = is_image_file,
         refuse: Callable[[OSError], object] | None = None) -> Walk:
    """Find the images in a folder and all folders below it.

    Links to folders are followed, but no folder is visited twice, nor one that contains the first.

    Parameters
    ----------
    folder : path
    accepts : callable, optional
        Function from a path to whether that file is wanted; images by default.
    refuse : callable, optional
        Called with the OSError of each folder that cannot be read.

    Returns
    -------
    Walk

    Raises
    ------
    DataError
        When a folder cannot be read and there is no `refuse`: its images would be missing without notice.
    """
    root, found = Path(folder), Walk()
    visited, links = {_identify(place) for place in root.resolve().parents}, [str(root)]
    while links:  # links wait for the next round, so that a real folder is found under its own name first
        links = [deeper for link in links for deeper in _walk_from(link, root, visited, found, accepts, refuse or _refuse)]
    found.images.sort()
    found.skipped = +found.skipped
    return found


def _walk_from(top: str, root: Path, visited: set[tuple[int, int]], found: Walk, accepts: Callable[[str], bool],
               refuse: Callable[[OSError], object]) -> list[str]:
    """Add the files below a folder, or a link to one, to a Walk; return the links to folders below it."""
    if _visit(top, visited, found):
        return []
    links: list[str] = []
    for parent, folders, names in os.walk(top, onerror=refuse):
        shown = [os.path.join(parent, name) for name in sorted(folders) if not is_hidden(name)]
        found.skipped["hidden folders"] += len(folders) - len(shown)
        links += filter(os.path.islink, shown)
        folders[:] = [os.path.basename(path) for path in shown
                      if not os.path.islink(path) and not _visit(path, visited, found)]
        below = os.path.relpath(parent, root).replace(os.sep, "/")
        for name in names:
            if not is_hidden(name) and accepts(os.path.join(parent, name)):
                found.images.append(name if below == "." else f"{below}/{name}")
            else:
                count_skipped(found.skipped, name)
    return links


def _refuse(error: OSError) -> None:
    raise DataError(f"{error.filename}: cannot be read ({error.strerror})")


def _visit(path: Name, visited: set[tuple[int, int]], found: Walk) -> bool:
    """Mark a folder as visited; tell whether it was before, and count it then."""
    identity = _identify(path)
    was_visited = identity in visited
    found.skipped["folders seen already, by a link"] += was_visited
    visited.add(identity)
    return was_visited


def _identify(path: Name) -> tuple[int, int]:
    stat = os.stat(path)
    return stat.st_dev, stat.st_ino
