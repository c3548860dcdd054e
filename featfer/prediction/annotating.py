"""Annotated pictures: where each goes below a folder, in which format, and how many were written."""

import glob
import os
from pathlib import Path

from featfer.errors import WriteError
from featfer.prediction.drawing import save_drawing
from featfer.utils.files import make_distinct
from featfer.utils.outputs import PICTURE, check_folder, check_output, identities

KEPT = {".jpeg", ".jpg", ".png"}  # pictures of other formats are written as PNG


class Annotator:
    """Writes annotated copies of pictures below a folder, as they lie below what all their sources have in common.

    files: names of photos and videos; sources: the files, folders and patterns by which these were found; out: the folder
    A JPEG stays one, all else becomes PNG; of a video each frame has its number behind the video's name. Of copies that would
    have the same name, the second gets -2, and so on. Raises WriteError where one cannot be written, or would replace
    one of the files, or any that featfer did not draw.
    """

    def __init__(self, files, sources, out):
        self.out, self.written = Path(out), 0
        files = list(dict.fromkeys(map(str, files)))
        self._paths = dict(zip(files, _paths(files, sources, self.out), strict=True))
        inputs = identities(files)
        check_folder(out)
        for path in self._paths.values():
            check_output(path, PICTURE, inputs)

    def save(self, predictions, failed):
        """Yield (picture, expressions) pairs, each drawn on its picture's copy; of those that cannot be written a sentence goes
        to the list `failed` instead."""
        for picture, expressions in predictions:
            path = self._path(picture)
            try:
                save_drawing(picture.pixels, expressions, path)
            except WriteError as error:
                failed.append(str(error))
            else:
                self.written += 1
                yield picture, expressions

    def _path(self, picture):
        path = self._paths[picture.file]
        if picture.frame is None:
            return path
        return path.with_name(f"{path.stem}-{picture.frame:06d}.png")

    def __str__(self):
        return f"Wrote {self.written:,} annotated image{'' if self.written == 1 else 's'} to {os.path.join(self.out, '')}"


def _paths(files, sources, out):
    """Return the path of each file's copy; those of a video's frames begin with its stem."""
    top = os.path.commonpath([_top(str(source)) for source in sources]) if files else ""
    below = [Path(os.path.relpath(os.path.abspath(file), top)) for file in files]
    suffixes = [path.suffix if path.suffix.lower() in KEPT else ".png" for path in below]
    paths = [None] * len(files)
    for suffix in set(suffixes):
        chosen = [at for at, other in enumerate(suffixes) if other == suffix]
        for at, name in zip(chosen, make_distinct(str(below[at].with_suffix("")) for at in chosen), strict=True):
            paths[at] = out / f"{name}{suffix}"
    return paths


def _top(source):
    """Return the absolute path of the folder below which a source names files."""
    if os.path.isdir(source):
        return os.path.abspath(source)
    folder = os.path.dirname(source)
    while glob.has_magic(folder) and not os.path.exists(source):
        folder = os.path.dirname(folder)
    return os.path.abspath(folder)
