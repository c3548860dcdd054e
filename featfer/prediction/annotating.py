"""Where annotated images are written: their paths below a folder, their formats, and how many there are."""

import glob
import os
from pathlib import Path

from featfer.errors import WriteError
from featfer.prediction.drawing import save_drawing
from featfer.utils.files import make_distinct
from featfer.utils.outputs import PICTURE, check_folder, check_output, identify_files

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

    def __init__(self, files, sources, out):
        self.out, self.written = Path(out), 0
        files = list(dict.fromkeys(map(str, files)))
        self._paths = dict(zip(files, _make_paths(files, sources, self.out), strict=True))
        inputs = identify_files(files)
        check_folder(out)
        for path in self._paths.values():
            check_output(path, PICTURE, inputs)

    def save(self, predictions, failed):
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

    def _find_path(self, picture):
        path = self._paths[picture.file]
        if picture.frame is None:
            return path
        return path.with_name(f"{path.stem}-{picture.frame:06d}.png")

    def __str__(self):
        return f"Wrote {self.written:,} annotated image{'' if self.written == 1 else 's'} to {os.path.join(self.out, '')}"


def _make_paths(files, sources, out):
    """Return the path of each file's copy; for a video, that from which the frames' names are made."""
    top = os.path.commonpath([_find_top(str(source)) for source in sources]) if files else ""
    relative = [Path(os.path.relpath(os.path.abspath(file), top)) for file in files]
    suffixes = [path.suffix if path.suffix.lower() in KEPT else ".png" for path in relative]
    paths = [None] * len(files)
    for suffix in set(suffixes):
        chosen = [at for at, other in enumerate(suffixes) if other == suffix]
        for at, name in zip(chosen, make_distinct(str(relative[at].with_suffix("")) for at in chosen), strict=True):
            paths[at] = out / f"{name}{suffix}"
    return paths


def _find_top(source):
    """Return the absolute path of the folder below which a source finds files."""
    if os.path.isdir(source):
        return os.path.abspath(source)
    folder = os.path.dirname(source)
    while glob.has_magic(folder) and not os.path.exists(source):
        folder = os.path.dirname(folder)
    return os.path.abspath(folder)
