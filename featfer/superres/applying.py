"""Enlarging the images of a data set into a folder."""

from __future__ import annotations

import json
import os
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from PIL import Image

from featfer.datasets import find_dataset
from featfer.errors import DataError, ParameterError, WriteError
from featfer.images.walking import SUFFIXES
from featfer.utils.environment import count_cores
from featfer.utils.files import make_distinct, write_atomically, write_text
from featfer.utils.processes import parallel_map
from featfer.utils.progress import bar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from featfer import typing
    from featfer.superres.enlarging import Enlargement

CHUNK = 64  # images that a process enlarges at a time
RECORD = "superres.json"  # beside the images: their source, and what enlarged them


@dataclass(frozen=True)
class Applied:
    """The result of `apply`.

    Attributes
    ----------
    there, made : int
        How many enlarged images existed already, and how many were made.
    failed : list of str
        The reasons why others could not be made.
    """

    there: int
    made: int
    failed: list[str]


def apply(source: typing.Path, out: typing.Path, enlarge: Enlargement, jobs: int | None = None,
          skip_bad: bool = False) -> Applied:
    """Enlarge each image of a data set, and write it to a folder as a PNG file with the same name.

    Every file is written whole or not at all. If interrupted, the same call continues with the missing files.

    Parameters
    ----------
    source : str or Path
    out : str or Path
    enlarge : featfer.superres.enlarging.Enlargement
    jobs : int, optional
        Number of processes; by default one per core.
    skip_bad : bool
        Whether to leave out bad rows of the source instead of raising DataError.

    Returns
    -------
    Applied

    Raises
    ------
    ParameterError
        If the folder is the source, or has images of another source or model.
    WriteError
        If the folder cannot be written to.
    """
    source, out = Path(source), Path(out)
    enlarge.check()
    faceset = find_dataset(source).load(source, skip_bad)
    _check_apart(source, out)
    places = [out / f"{name}.png" for name in _make_names(faceset.ids)]
    _check_unmade(out, places)
    _write_record(out, {"source": source.name, "digest": faceset.digest, "superres": enlarge.fingerprint})
    wanted = list(zip(faceset.images, faceset.keys.tolist(), places, strict=True))
    missing = [image for image in wanted if not image[2].exists()]
    failed = _enlarge_all(missing, enlarge, jobs or count_cores())
    return Applied(len(wanted) - len(missing), len(missing) - len(failed), failed)


def _check_apart(source: Path, out: Path) -> None:
    folder = (source if source.is_dir() else source.parent).resolve()
    if source.is_dir() and out.resolve().is_relative_to(folder):
        raise ParameterError(f"out {out}: is in {source}, whose images would be mixed with the enlarged; name another folder")
    if not source.is_dir() and out.resolve() == folder:
        raise ParameterError(f"out {out}: is the folder of {source}, which could be overwritten; name another folder")


def _check_unmade(out: Path, paths: Iterable[Path]) -> None:
    """Raise ParameterError if a folder without a record already has a file that would count as an enlarged image."""
    if not (out / RECORD).exists() and (there := next((path for path in paths if os.path.lexists(path)), None)):
        raise ParameterError(f"out {out}: {there} is there already, and not of `featfer superres apply`; name another folder")


def _write_record(out: Path, made: dict[str, Any]) -> None:
    """Write down in the folder what its images are; raise ParameterError if another record is there."""
    path = out / RECORD
    try:
        there = json.loads(path.read_text())
    except FileNotFoundError:
        return write_text(path, json.dumps(made, indent=1) + "\n")
    except ValueError as error:
        raise ParameterError(f"{path}: not what `featfer superres apply` wrote ({error}); name another folder") from None
    except OSError as error:
        raise WriteError(error.errno, error.strerror, str(out)) from None
    if there != made:
        raise ParameterError(f"out {out}: has images of another source, or by another model, see its {RECORD}; name another "
                             "folder")


def _make_names(ids: Iterable[str]) -> Sequence[str]:
    """Return a different file name for each image, without suffix and inside the folder."""
    return make_distinct(_make_name(PurePosixPath(str(name).replace(":", "-"))) for name in ids)


def _make_name(path: PurePosixPath) -> str:
    inside = PurePosixPath(*[part for part in path.parts if part not in (path.anchor, "..")])
    return str(inside.with_suffix("") if inside.suffix.lower() in SUFFIXES else inside)


def _enlarge_all(missing: list[Any], enlarge: Enlargement, jobs: int) -> list[str]:
    """Enlarge and write images; return the reasons why some could not be enlarged."""
    chunks, failed = [missing[at:at + CHUNK] for at in range(0, len(missing), CHUNK)], []
    results = parallel_map(partial(_enlarge_chunk, enlarge), chunks, max(1, min(jobs, len(chunks))))
    with bar(total=len(missing), desc="enlarging", unit=" images") as progress, closing(results):
        for reasons, count in results:
            failed += reasons
            progress.update(count)
    return failed


def _enlarge_chunk(enlarge: Enlargement, chunk: list[Any]) -> tuple[list[str], int]:
    failed = []
    for reference, key, path in chunk:
        try:
            made = enlarge(reference.read(key))
        except DataError as error:
            failed.append(f"{path.name} not made: {error}")
            continue
        with write_atomically(path) as file:
            Image.fromarray(made).save(file, format="PNG", compress_level=1)  # a quarter of the time
    return failed, len(chunk)
