"""A source of images in, a folder of enlarged ones out."""

import json
import os
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from PIL import Image

from featfer.datasets import find_dataset
from featfer.errors import DataError, ParameterError, WriteError
from featfer.images.walking import SUFFIXES
from featfer.utils.environment import count_cores
from featfer.utils.files import make_distinct, write_atomically, write_text
from featfer.utils.processes import parallel_map
from featfer.utils.progress import bar

CHUNK = 64  # images that a process enlarges between two messages
RECORD = "superres.json"  # beside the images: what they are enlarged from, and how


@dataclass(frozen=True)
class Applied:
    """What became of a source's images: how many were there before, how many were made, and why the others cannot be."""

    there: int
    made: int
    failed: list[str]


def apply(source, out, enlarge, jobs=None, skip_bad=False):
    """Write each image of a source, enlarged, to a folder as a PNG file named like it; return what became of them, Applied.

    enlarge: a featfer.superres.enlarging.Enlargement; jobs: processes (default: as many as there are cores to use)
    skip_bad: leave out bad rows of the source instead of raising DataError

    Each file is written whole. Interrupted, it goes on with those that are missing when called again alike. Raises
    ParameterError for a folder that is the source, or has images of another source or model, WriteError where it cannot be
    written.
    """
    source, out = Path(source), Path(out)
    faceset = find_dataset(source).load(source, skip_bad)
    _check_apart(source, out)
    places = [out / f"{name}.png" for name in _names(faceset.ids)]
    _check_unmade(out, places)
    _record(out, {"source": source.name, "digest": faceset.digest, "superres": enlarge.fingerprint})
    wanted = list(zip(faceset.images, faceset.keys.tolist(), places, strict=True))
    missing = [image for image in wanted if not image[2].exists()]
    failed = _made(missing, enlarge, jobs or count_cores())
    return Applied(len(wanted) - len(missing), len(missing) - len(failed), failed)


def _check_apart(source, out):
    folder = (source if source.is_dir() else source.parent).resolve()
    if source.is_dir() and out.resolve().is_relative_to(folder):
        raise ParameterError(f"out {out}: is in {source}, whose images would be mixed with the enlarged; name another folder")
    if not source.is_dir() and out.resolve() == folder:
        raise ParameterError(f"out {out}: is the folder of {source}, which could be overwritten; name another folder")


def _check_unmade(out, paths):
    """Raise ParameterError where a folder without a record has a file already that would be taken for an enlarged image."""
    if not (out / RECORD).exists() and (there := next((path for path in paths if os.path.lexists(path)), None)):
        raise ParameterError(f"out {out}: {there} is there already, and not of `featfer superres apply`; name another folder")


def _record(out, made):
    """Say in the folder what its images are; raise ParameterError where it says something else."""
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


def _names(ids):
    """Return a file's name without suffix for each image, below the folder: str, all different."""
    return make_distinct(_name(PurePosixPath(str(name).replace(":", "-"))) for name in ids)


def _name(path):
    inside = PurePosixPath(*[part for part in path.parts if part not in (path.anchor, "..")])
    return str(inside.with_suffix("") if inside.suffix.lower() in SUFFIXES else inside)


def _made(missing, enlarge, jobs):
    """Enlarge and write images; return the reasons why some cannot be."""
    chunks, failed = [missing[at:at + CHUNK] for at in range(0, len(missing), CHUNK)], []
    results = parallel_map(partial(_chunk_made, enlarge), chunks, max(1, min(jobs, len(chunks))))
    with bar(total=len(missing), desc="enlarging", unit=" images") as shown, closing(results):
        for reasons, count in results:
            failed += reasons
            shown.update(count)
    return failed


def _chunk_made(enlarge, chunk):
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
