"""Where outputs go, and what they may replace.

Links are followed; pipes and devices can be written to. An existing file is replaced only if it is empty or has the same `Kind`
of content as the output, and never if the same command reads it.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from featfer.errors import WriteError

if TYPE_CHECKING:
    from featfer.typing import Path as AnyPath

HEAD = 1 << 22  # bytes of a file that tell its kind: a whole card
MOST_LINKS = 40  # as many as Linux follows
DESCRIPTORS = re.compile(r"/dev/fd|/proc/(?:self|thread-self|\d+)(?:/task/\d+)?/fd")
VIEWER_HEAD = b'<!doctype html>\n<html lang="en" data-made-by="featfer analyze">'
PICTURE_MARKS = (b"Software\0featfer", b"Drawn by featfer",
                 b"pHYs" + 2 * (4331).to_bytes(4, "big"))  # 110 dpi, as featfer's figures have


Identity: TypeAlias = tuple[int, int]
"""Device and inode of a file."""


class Kind(NamedTuple):
    """A kind of output, recognized by how its content begins.

    Attributes
    ----------
    name : str
        What errors call it.
    holds : function
        Tells whether the first bytes of a file (at most HEAD) are of this kind.
    """

    name: str
    holds: Callable[[bytes], bool]


class Place(NamedTuple):
    """Where an output goes.

    Attributes
    ----------
    path : Path
        The file behind all links.
    mode : int or None
        Its permissions; None if it does not exist yet.
    descriptor : int or None
        For names such as /dev/stdout: the file descriptor of this process.
    is_stream : bool
        Whether it is a pipe or a device.
    """

    path: Path
    mode: int | None
    descriptor: int | None
    is_stream: bool


def _is_card(head: bytes) -> bool:
    try:
        data = json.loads(head)
    except (RecursionError, ValueError):
        return False
    return isinstance(data, dict) and bool(data.keys() & {"versions", "sha256", "command"})


def _is_video(head: bytes) -> bool:
    return head[4:8] == b"ftyp" or (head[:4] == b"RIFF" and head[8:12] == b"AVI ") or head[:4] == b"\x1aE\xdf\xa3"


def _is_predictions(head: bytes) -> bool:
    """Tell tables of predictions in all formats; those of OpenFace itself have no column "input", py-feat's do not begin so."""
    header = head.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].rstrip(b"\r")
    is_openface = header.startswith(b"frame,face_id,timestamp,confidence,success,") and header.endswith(b",input")
    return is_openface or header.startswith((b"image,frame,", b"input,frame,approx_time,FaceRectX,"))


def _is_zip(head: bytes) -> bool:
    return head.startswith(b"PK\3\4")


PREDICTIONS = Kind("a table of `featfer predict`", _is_predictions)
RECORDING = Kind("a table of `featfer analyze`", lambda head: head.startswith(b"film,frame,time_s,") or _is_predictions(head))
PARQUET = Kind("a Parquet file", lambda head: head.startswith(b"PAR1"))
ANSWERS = Kind("a table of `featfer cross`", lambda head: head.startswith(b"source,path,label,subject,model,"))
DUPLICATES = Kind("a table of copies", lambda head: head.startswith(b"id,split,copy,"))
REPORT = Kind("a report of featfer", lambda head: head.startswith(b"# Expression recognition on "))
AUDIT = Kind("an audit of featfer", lambda head: head.startswith(b"# Audit of "))
OVERVIEW = Kind("an overview of featfer", lambda head: re.match(rb"# .*images\n\nMade by\n\n```\n", head) is not None)
VIEWER = Kind("a page of `featfer analyze`", lambda head: head.startswith(VIEWER_HEAD))
PICTURE = Kind("a picture that featfer drew", lambda head: any(mark in head[:4096] for mark in PICTURE_MARKS))
SUMMARY = Kind("a summary of featfer", lambda head: head.startswith(b"# Summary of faces in "))
SYNCHRONY = Kind("a page of `featfer synchrony`", lambda head: head.startswith(b"# Synchrony of "))
MEASURES = Kind("a table of `featfer summarize`",
                lambda head: head.startswith(b"subject,film,condition,person,start_s,end_s,measure,"))
EVENTS = Kind("events of `featfer summarize`",
              lambda head: head.startswith(b"subject,film,condition,person,start_s,end_s,expression,"))
LAGS = Kind("a table of `featfer synchrony`", lambda head: head.startswith(b"measure,lag_s,"))
MODEL_CARD = Kind("a card of featfer", _is_card)
TABLE = Kind("a feature table", lambda head: _is_zip(head) and b"features.npy" in head[:64])
VIDEO = Kind("a video", _is_video)
BUNDLE = Kind("a bundle", lambda head: head[:1] in (b"x", b"\x80"))
ARRAYS = Kind("arrays", _is_zip)
EXPORTED = {".joblib": BUNDLE, ".skops": Kind("a .skops model", _is_zip),
            ".safetensors": Kind("a .safetensors model", lambda head: head[7:9] == b"\0{"),
            ".onnx": Kind("an .onnx model", lambda head: head[:1] == b"\x08")}


def check_output(path: AnyPath, kind: Kind | None = None, inputs: Set[Identity] = frozenset(), overwrite: bool = True) -> None:
    """Check, before long work, that a file can be written and that nothing would be lost.

    Parameters
    ----------
    path : str or Path
    kind : Kind, optional
        What will be written; None for featfer's own files, whose names no user chooses.
    inputs : set
        The files that are read, as `identify_files` returns them.
    overwrite : bool
        Whether a file of this kind may be replaced.

    Raises
    ------
    WriteError
    """
    with name_in_errors(path):
        place = find_place(path, kind, inputs)
        if not overwrite and place.mode is not None and not place.is_stream and place.path.stat().st_size:
            raise FileExistsError(errno.EEXIST, "it exists already; name another file, or give --overwrite")
        if not place.is_stream:
            _check_folder(place.path.parent)


def check_folder(path: AnyPath) -> None:
    """Check, before long work, that files can be written into a folder, or that it can be made.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    WriteError
    """
    with name_in_errors(path):
        _check_folder(Path(path))


def identify_files(paths: Iterable[object]) -> frozenset[Identity]:
    """Identify files independently of their names, by device and inode.

    Parameters
    ----------
    paths : list of (str or Path)
        Files that do not exist are left out.

    Returns
    -------
    frozenset of tuple
    """
    return frozenset(found for path in paths if (found := _identify(path)) is not None)


def find_place(path: AnyPath, kind: Kind | None = None, inputs: Set[Identity] = frozenset()) -> Place:
    """Find out where an output goes, and whether it may.

    Parameters
    ----------
    path : str or Path
    kind : Kind, optional
    inputs : set
        As for `check_output`.

    Returns
    -------
    Place

    Raises
    ------
    OSError
        If it cannot be written, or the existing file has another kind of content.
    """
    path, descriptor = _follow_links(path)
    try:
        there = os.stat(path) if descriptor is None else os.fstat(descriptor)
    except FileNotFoundError:
        return Place(Path(path), None, None, is_stream=False)
    if (there.st_dev, there.st_ino) in inputs:
        raise FileExistsError(errno.EEXIST, "it is read by the same command and would be lost; name another file")
    if stat.S_ISDIR(there.st_mode) or stat.S_ISBLK(there.st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR) if stat.S_ISDIR(there.st_mode) else "it is a disk")
    if descriptor is None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    is_stream = descriptor is not None or not stat.S_ISREG(there.st_mode)
    if not is_stream and kind is not None:
        _check_kind(path, kind)
    return Place(Path(path), stat.S_IMODE(there.st_mode), descriptor, is_stream)


@contextmanager
def name_in_errors(path: AnyPath) -> Iterator[None]:
    """Turn errors in a `with` block into WriteErrors that name an output.

    Parameters
    ----------
    path : str or Path
    """
    try:
        yield
    except WriteError:
        raise
    except OSError as error:
        raise WriteError(error.errno, error.strerror or str(error), str(path)) from error
    except ValueError as error:
        if "null byte" not in str(error):
            raise
        raise WriteError(errno.EINVAL, "its name has a NUL in it", str(path)) from None


def _follow_links(path: AnyPath) -> tuple[str, int | None]:
    """Return the path behind all links, and for names such as /dev/stdout this process's file descriptor, else None."""
    path = os.path.abspath(path)
    for _ in range(MOST_LINKS):
        folder, name = os.path.realpath(os.path.dirname(path)), os.path.basename(path)
        if DESCRIPTORS.fullmatch(folder) and name.isdecimal():
            return path, int(name) if folder in ("/dev/fd", os.path.realpath("/proc/self/fd")) else None
        path = os.path.join(folder, name)
        if not os.path.islink(path):
            return path, None
        path = os.path.join(folder, os.readlink(path))
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _check_kind(path: str, kind: Kind) -> None:
    with open(path, "rb") as file:
        head = file.read(HEAD)
    if head and not kind.holds(head):
        raise FileExistsError(errno.EEXIST, f"what is there is not {kind.name} and would be lost; name another, or remove it")


def _check_folder(folder: Path) -> None:
    folder = Path(os.path.abspath(folder))
    there = next(parent for parent in (folder, *folder.parents) if os.path.lexists(parent))
    if not there.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if not os.access(there, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _identify(path: Any) -> Identity | None:
    try:
        there = os.stat(path)
    except (OSError, TypeError, ValueError):  # not there, or an open file instead of a name
        return None
    return None if stat.S_ISCHR(there.st_mode) else (there.st_dev, there.st_ino)
