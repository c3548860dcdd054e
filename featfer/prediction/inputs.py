"""What `featfer predict` is told to look at -> its photos and the frames of its videos, one after the other."""

import glob
import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from featfer.errors import DataError, MissingError
from featfer.images import pixels as images
from featfer.images import video
from featfer.images.walking import SUFFIXES, count_skipped, describe_skipped, is_image_file, walk


@dataclass(frozen=True)
class Picture:
    """A photo, or a frame of a video.

    name: the file's; of a frame with its time, "video.mp4#t=1.00"; pixels: uint8 (h, w) or (h, w, 3)
    file: the name of the file; frame: index in the video, from 0, and seconds from its beginning, both None for a photo
    """

    name: str
    pixels: np.ndarray
    file: str
    frame: int | None = None
    seconds: float | None = None


def find_files(source, passed=None, failed=None):
    """Return the names of the photos and videos that a source names, a list of str, in order.

    source: a file, taken whatever it is; a folder, searched with all below it as featfer.images.walking.walk does; or a
    pattern as the shell has them, ** for any depth. passed: a Counter, to which is added what is passed over in folders and
    by patterns;
    failed: a list, to which is added a sentence for each folder that cannot be read.
    Raises DataError when there is no such file, or no photo or video in it.
    """
    source, here, closed = str(source), Counter(), []
    if not os.path.isdir(source) and (os.path.exists(source) or not glob.has_magic(source)):
        return [source]
    found = [name for match in _matches(source) for name in _below(match, here, closed)]
    if not found:
        raise DataError("; ".join([f"{source}: no photo or video in it", *closed, *describe_skipped(here)]))
    if passed is not None:
        passed.update(here)
    if failed is not None:
        failed += closed
    return list(dict.fromkeys(found))


def is_video(file):
    """Say whether a file is taken for a video: by its suffix, or, where that is no photo's either, by its content."""
    suffix = Path(file).suffix.lower()
    return suffix in video.SUFFIXES or (suffix not in SUFFIXES and video.is_video(file))


def read_pictures(files, every, failed):
    """Yield the Picture of each photo and of the frames of each video, read when it is asked for.

    What a file is, its content says; its suffix says what it is tried as first.
    every: of a video every Nth frame, None for the first of each second
    failed: a list, to which what cannot be read is added, a sentence each, and which videos are damaged
    """
    for file in files:
        try:
            yield from _pictures(file, every)
        except DataError as error:
            failed.append(str(error))
        except MissingError as error:
            failed.append(f"{file}: {error}")
        except MemoryError:
            failed.append(f"{file}: there is too little memory to read it")


def _pictures(file, every):
    """Return the Pictures of a file, an iterable; raise DataError where it is neither a photo nor a video."""
    if Path(file).suffix.lower() in video.SUFFIXES:
        if not video.is_video(file):
            with suppress(DataError):
                return [_photo(file)]
        return _frames(file, every)
    try:
        return [_photo(file)]
    except DataError:
        if not video.is_video(file):
            raise
    return _frames(file, every)


def _photo(file):
    return Picture(file, images.read_image(file), file)


def _frames(file, every):
    for index, seconds, pixels in video.read_frames(file, every):
        yield Picture(f"{file}#t={seconds:.2f}", pixels, file, index, round(seconds, 3))


def _matches(source):
    """Return a folder itself, or the files and folders of a pattern that are in no other of its folders."""
    if os.path.isdir(source):
        return [source]
    matches = sorted(glob.glob(source, recursive=True))
    folders = {Path(match) for match in matches if os.path.isdir(match)}
    return [match for match in matches if folders.isdisjoint(Path(match).parents)]


def _below(path, passed, closed):
    """Return the photos and videos below a folder, in order; of a file itself, where it is one."""
    if os.path.isdir(path):
        walked = walk(path, _is_wanted, lambda error: closed.append(f"{error.filename}: cannot be read ({error.strerror})"))
        passed.update(walked.skipped)
        return [os.path.join(path, name) for name in walked.images]
    if _is_wanted(path):
        return [path]
    count_skipped(passed, path)
    return []


def _is_wanted(path):
    return is_image_file(path) or is_video(path)
