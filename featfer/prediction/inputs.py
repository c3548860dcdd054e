"""The inputs of `featfer predict`: photos and the frames of videos, from files, folders and patterns."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from featfer.errors import DataError, MissingError
from featfer.images import pixels as images
from featfer.images import video
from featfer.images.walking import SUFFIXES, count_skipped, describe_skipped, is_image_file, walk
from featfer.typing import Path as AnyPath
from featfer.typing import Pixels


@dataclass(frozen=True)
class Picture:
    """A photo, or a frame of a video.

    Attributes
    ----------
    name : str
        That of the file; of a frame with its time, such as "video.mp4#t=1.00".
    pixels : uint8 array (h, w) or (h, w, 3)
    file : str
        The name of the file.
    frame : int or None
        Index in the video, from 0; None for a photo.
    seconds : float or None
        Since the beginning of the video; None for a photo.
    """

    name: str
    pixels: Pixels
    file: str
    frame: int | None = None
    seconds: float | None = None


def find_files(source: AnyPath, passed: Counter[str] | None = None, failed: list[str] | None = None) -> list[str]:
    """Find the photos and videos in a file, a folder or a pattern.

    Parameters
    ----------
    source : str or Path
        A file of any kind; a folder, searched with its subfolders as by `featfer.images.walking.walk`; or a pattern as in a
        shell, with ** for any depth.
    passed : collections.Counter, optional
        Counts what is skipped in folders and patterns, by kind.
    failed : list, optional
        A sentence is appended for each folder that cannot be read.

    Returns
    -------
    list of str
        File names, in order.

    Raises
    ------
    DataError
        When there is no photo or video in a folder or pattern.
    """
    source, skipped = str(source), Counter[str]()
    unreadable: list[str] = []
    if not os.path.isdir(source) and (os.path.exists(source) or not glob.has_magic(source)):
        return [source]
    found = [name for match in _list_matches(source) for name in _find_below(match, skipped, unreadable)]
    if not found:
        raise DataError("; ".join([f"{source}: no photo or video in it", *unreadable, *describe_skipped(skipped)]))
    if passed is not None:
        passed.update(skipped)
    if failed is not None:
        failed += unreadable
    return list(dict.fromkeys(found))


def is_video(file: AnyPath) -> bool:
    """Say whether a file is a video: by its suffix, or, if that is not one of a photo either, by its content."""
    suffix = Path(file).suffix.lower()
    return suffix in video.SUFFIXES or (suffix not in SUFFIXES and video.is_video(file))


def read_pictures(files: Iterable[str], every: int | None, failed: list[str]) -> Iterator[Picture]:
    """Read photos and the frames of videos, one after the other.

    Parameters
    ----------
    files : iterable of str
        The content decides what a file is; the suffix, as what it is read first.
    every : int or None
        Of a video, every Nth frame; None for the first of each second.
    failed : list
        A sentence is appended for each file that cannot be read, and for each damaged video.

    Yields
    ------
    Picture
    """
    for file in files:
        try:
            yield from _read_pictures(file, every)
        except DataError as error:
            failed.append(str(error))
        except MissingError as error:
            failed.append(f"{file}: {error}")
        except MemoryError:
            failed.append(f"{file}: there is too little memory to read it")


def _read_pictures(file: str, every: int | None) -> Iterable[Picture]:
    """Return the Pictures of a file (iterable); raise DataError if it is neither a photo nor a video."""
    if Path(file).suffix.lower() in video.SUFFIXES:
        if not video.is_video(file):
            with suppress(DataError):
                return [_read_photo(file)]
        return _read_frames(file, every)
    try:
        return [_read_photo(file)]
    except DataError:
        if not video.is_video(file):
            raise
    return _read_frames(file, every)


def _read_photo(file: str) -> Picture:
    return Picture(file, images.read_image(file), file)


def _read_frames(file: str, every: int | None) -> Iterator[Picture]:
    for index, seconds, pixels in video.read_frames(file, every):
        yield Picture(f"{file}#t={seconds:.2f}", pixels, file, index, round(seconds, 3))


def _list_matches(source: str) -> list[str]:
    """Return a folder itself, or what a pattern matches, without what is in folders that it matches."""
    if os.path.isdir(source):
        return [source]
    matches = sorted(glob.glob(source, recursive=True))
    folders = {Path(match) for match in matches if os.path.isdir(match)}
    return [match for match in matches if folders.isdisjoint(Path(match).parents)]


def _find_below(path: str, skipped: Counter[str], unreadable: list[str]) -> list[str]:
    """Return the photos and videos below a folder, in order; or a file itself, if it is one."""
    if os.path.isdir(path):
        walked = walk(path, _is_wanted, lambda error: unreadable.append(f"{error.filename}: cannot be read ({error.strerror})"))
        skipped.update(walked.skipped)
        return [os.path.join(path, name) for name in walked.images]
    if _is_wanted(path):
        return [path]
    count_skipped(skipped, path)
    return []


def _is_wanted(path: str) -> bool:
    return is_image_file(path) or is_video(path)
