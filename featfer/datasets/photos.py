"""Photos without labels: one file, or a folder of them."""

from pathlib import Path

import numpy as np

from featfer.datasets.faceset import UNLABELLED, FaceSet, ImageFiles, file_key, listing_digest
from featfer.errors import DataError
from featfer.progress import bar
from featfer.walking import is_image_file, passed_over, walk


def is_photos(path):
    """Say whether a path is an image file, as featfer.walking.is_image_file says, or a folder."""
    return path.is_dir() or (path.is_file() and is_image_file(path))


def digest(path):
    """Return the digest of a source of photos."""
    return listing_digest(*_root_and_names(path)[:2])


def load(path, skip_bad=False):
    """Return a FaceSet of one photo or of all those below a folder; unreadable ones are found out at extraction.

    Raises DataError when there is none. skip_bad is taken for the sake of one contract: no photo is a bad row.
    """
    root, names, passed = _root_and_names(path)
    if not names:
        raise DataError("; ".join([f"{path}: no image in it", *passed_over(passed)]))
    keys = [file_key(root / name) for name in bar(names, desc="reading files", unit=" files")]
    count = len(names)
    return FaceSet(Path(path), listing_digest(root, names), ImageFiles(root, names), np.array(names), np.array(keys),
                   np.full(count, UNLABELLED, np.int16), np.full(count, "", "U5"))


def _root_and_names(path):
    path = Path(path)
    if path.is_file():
        return path.parent, [path.name], {}
    walked = walk(path)
    return path, walked.images, walked.passed
