"""CK+ (Lucey et al. 2010) as published: sequences as folders of images, some with the class of their last image."""

import re
from pathlib import Path

import numpy as np

from featfer.datasets import Dataset
from featfer.datasets.codes import CODES
from featfer.datasets.digests import Digest, digest_listing, join_digests, make_file_key
from featfer.datasets.entries import list_folders
from featfer.datasets.faceset import MOVE_FILE, FaceSet, ImageFiles, check_usable, leave_out
from featfer.datasets.subjects import parse_subjects
from featfer.errors import DataError, TransientError, is_transient, make_transient
from featfer.images.walking import walk
from featfer.labels import AFFECTNET8
from featfer.typing import Path as AnyPath
from featfer.utils.files import open_regular
from featfer.utils.progress import bar
from featfer.utils.words import count

IMAGES = ("cohn-kanade-images", "extended-cohn-kanade-images/cohn-kanade-images")
EMOTIONS = ("Emotion", "Emotion_labels", "Emotion_labels/Emotion")
LABEL = re.compile(r"(S\d{3})_(\d{3})_\d{8}_emotion\.txt")
MOST = 100  # bytes read of a file with a class


def is_ckplus(path: Path) -> bool:
    """Tell whether a path is a folder with CK+'s images and their classes.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    return path.is_dir() and _find_folder(path, IMAGES) is not None and _find_folder(path, EMOTIONS) is not None


def digest(path: AnyPath) -> Digest:
    """Compute the digest of the listings of the classes and their images.

    Parameters
    ----------
    path : path

    Returns
    -------
    Digest
    """
    path = Path(path)
    images, emotions = _find_folder(path, IMAGES), _find_folder(path, EMOTIONS)
    names = _list_classes(emotions)
    found = [_name_image(name) for name in names if (images / _name_image(name)).is_file()]
    return join_digests("ck+", digest_listing(emotions, names), digest_listing(images, found))


def load(path: AnyPath, skip_bad: bool = False) -> FaceSet:
    """Load the last image of each sequence that has a class, with its subject; there are no splits.

    Parameters
    ----------
    path : path
    skip_bad : bool, optional
        Leave out bad classes and missing images, and list them in `FaceSet.skipped`.

    Returns
    -------
    FaceSet

    Raises
    ------
    DataError
        At the first bad class or missing image, unless `skip_bad`.
    """
    path, rows = Path(path), {}
    skipped: list[str] = []
    images, emotions = _find_folder(path, IMAGES), _find_folder(path, EMOTIONS)
    for name in _list_classes(emotions):
        try:
            image = _name_image(name)
            if not (images / image).is_file():
                raise DataError(f"no image {images / image}")
            rows[image] = AFFECTNET8.index(CODES["ck+"][_read_class(emotions / name)])
        except TransientError:
            raise
        except DataError as error:
            leave_out(f"{emotions / name}: {error}", MOVE_FILE, skip_bad, skipped)
    check_usable(path, rows, skipped)
    names, others = list(rows), len(walk(images).images) - len(rows)
    return FaceSet(
        path, digest(path), ImageFiles(images, names), np.array(names),
        np.array([make_file_key(images / name, single=True) for name in bar(names, desc="reading files", unit=" files")]),
        np.array(list(rows.values()), np.int16), np.full(len(names), "", "U5"), AFFECTNET8, single=True, skipped=skipped,
        subjects=parse_subjects(Path(name).name for name in names), kind=f"CK+ by its {emotions.name}/",
        notes=[f"{count(others, 'image is', 'images are')} not the last of a sequence that has a class: not taken"]
        if others else [])


def _find_folder(path, names):
    return next((path / name for name in names if (path / name).is_dir()), None)


def _list_classes(emotions: Path) -> list[str]:
    """Return the names of the files of classes, such as S005/001/S005_001_00000011_emotion.txt."""
    found = [f"{subject}/{sequence}/{file.name}"
             for subject in list_folders(emotions) for sequence in list_folders(emotions / subject)
             for file in (emotions / subject / sequence).iterdir() if LABEL.fullmatch(file.name)]
    return sorted(found)


def _name_image(name: str) -> str:
    return name.removesuffix("_emotion.txt") + ".png"


def _read_class(file: Path) -> int:
    """Return the number of the class in a file, which is written like 3.0000000e+00."""
    try:
        with open_regular(file) as opened_file:
            text = opened_file.read(MOST).decode(errors="replace").strip()
        number = float(text)
    except OSError as error:
        if is_transient(error):
            raise make_transient(file, error) from None
        raise DataError(f"cannot be read ({error.strerror or error})") from None
    except ValueError:
        raise DataError(f"{text!r:.40} is not a number") from None
    if number not in CODES["ck+"]:
        raise DataError(f"unknown label {text!r:.40}, not 0 to {max(CODES['ck+'])}")
    return int(number)


DATASET = Dataset(is_ckplus, digest, load)
