"""Where annotated images are written: their paths below a folder, their formats, and how many there are."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from featfer.errors import WriteError
from featfer.prediction.drawing import save_drawing
from featfer.typing import Path as AnyPath
from featfer.utils.files import make_distinct
from featfer.utils.outputs import PICTURE, check_folder, check_output, identify_files
from featfer.utils.words import count

if TYPE_CHECKING:
    from featfer.prediction.inputs import Picture
    from featfer.prediction.predict import Prediction, Predictions

KEPT = {".jpeg", ".jpg", ".png"}  # images in other formats are written as PNG


class Annotator:
    """Writes annotated copies of images below a folder, in the same subfolders as their sources.

    A JPEG stays a JPEG, everything else becomes PNG. The frames of a video have its name and their number. If several copies
    would have the same name, the second gets -2, and so on.

    Parameters
    ----------
    files : list of str
        Photos and videos.
    sources : list of str
        The files, folders and patterns by which these were found.
    out : str or Path
        The folder.

    Raises
    ------
    WriteError
        When a copy would replace one of the files, or a file that featfer did not draw.

    Attributes
    ----------
    written : int
        Number of copies written.
    """

    def __init__(self, files: Sequence[AnyPath], sources: Sequence[AnyPath], out: AnyPath) -> None:
        self.out, self.written = Path(out), 0
        names = list(dict.fromkeys(map(str, files)))
        self._paths = dict(zip(names, _make_paths(names, sources, self.out), strict=True))
        inputs = identify_files(names)
        check_folder(out)
        for path in self._paths.values():
            check_output(path, PICTURE, inputs)

    def save(self, predictions: Iterable[Prediction], failed: list[str]) -> Predictions:
        """Write the annotated copy of each image, and yield what was written.

        Parameters
        ----------
        predictions : iterable of (Picture, list of Expression)
        failed : list
            A sentence is appended for each copy that cannot be written.

        Yields
        ------
        (Picture, list of Expression)
        """
        for picture, expressions in predictions:
            path = self._find_path(picture)
            try:
                save_drawing(picture.pixels, expressions, path)
            except WriteError as error:
                failed.append(str(error))
            else:
                self.written += 1
                yield picture, expressions

    def _find_path(self, picture: Picture) -> Path:
        path = self._paths[picture.file]
        if picture.frame is None:
            return path
        return path.with_name(f"{path.stem}-{picture.frame:06d}.png")

    def __str__(self) -> str:
        return f"Wrote {count(self.written, 'annotated image')} to {os.path.join(self.out, '')}"


def _make_paths(files: list[str], sources: Sequence[AnyPath], out: Path) -> list[Path]:
    """Return the path of each file's copy; for a video, that from which the frames' names are made."""
    top = os.path.commonpath([_find_top(str(source)) for source in sources]) if files else ""
    relative = [Path(os.path.relpath(os.path.abspath(file), top)) for file in files]
    suffixes = [path.suffix if path.suffix.lower() in KEPT else ".png" for path in relative]
    paths = [out] * len(files)
    for suffix in set(suffixes):
        chosen = [at for at, other in enumerate(suffixes) if other == suffix]
        for at, name in zip(chosen, make_distinct(str(relative[at].with_suffix("")) for at in chosen), strict=True):
            paths[at] = out / f"{name}{suffix}"
    return paths


def _find_top(source: str) -> str:
    """Return the absolute path of the folder below which a source finds files."""
    if os.path.isdir(source):
        return os.path.abspath(source)
    folder = os.path.dirname(source)
    while glob.has_magic(folder) and not os.path.exists(source):
        folder = os.path.dirname(folder)
    return os.path.abspath(folder)
