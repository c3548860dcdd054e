"""What `featfer predict` is told to look at -> its photos and the frames of its films, one after the other."""

import glob
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from featfer import films, images
from featfer.errors import DataError, MissingError

SUFFIXES = images.SUFFIXES | films.SUFFIXES


@dataclass(frozen=True)
class Picture:
    """A photo, or a frame of a film.

    name: the file's; of a frame with its time, "film.mp4#t=1.00"; pixels: uint8 (h, w) or (h, w, 3)
    file: the name of the file; frame: index in the film, from 0, and seconds from its beginning, both None for a photo
    """

    name: str
    pixels: np.ndarray
    file: str
    frame: int | None = None
    seconds: float | None = None


def find_files(source):
    """Return the names of the photos and films that a source names, a list of str, in order.

    source: a file, taken whatever its suffix; a folder, searched with all below it; or a pattern as the shell has them, **
    for any depth. Raises DataError when there is no such file, or no photo or film in it.
    """
    source = str(source)
    if os.path.isdir(source):
        found = _below(source)
    elif os.path.exists(source) or not glob.has_magic(source):
        return [source]
    else:
        found = [name for match in sorted(glob.glob(source, recursive=True)) for name in _below(match)]
    if not found:
        raise DataError(f"{source}: no photo or film in it ({', '.join(sorted(SUFFIXES))})")
    return list(dict.fromkeys(found))


def is_film(file):
    """Say whether a file is taken for a film, by its suffix."""
    return Path(file).suffix.lower() in films.SUFFIXES


def read_pictures(files, every, failed):
    """Yield the Picture of each photo and of the frames of each film, read when it is asked for.

    every: of a film every Nth frame, None for about one a second; failed: a list, to which what cannot be read is added, a
    sentence each
    """
    for file in files:
        try:
            yield from _frames(file, every) if is_film(file) else [Picture(file, images.read_image(file), file)]
        except DataError as error:
            failed.append(str(error))
        except MissingError as error:
            failed.append(f"{file}: {error}")


def _frames(file, every):
    for index, seconds, pixels in films.frames(file, every):
        yield Picture(f"{file}#t={seconds:.2f}", pixels, file, index, round(seconds, 3))


def _below(path):
    """Return the photos and films below a folder, in order; of a file itself, where it is one."""
    inside = [os.path.join(parent, name) for parent, _, names in os.walk(path) for name in names]
    found = inside if os.path.isdir(path) else [path]
    return sorted(name for name in found if Path(name).suffix.lower() in SUFFIXES)
