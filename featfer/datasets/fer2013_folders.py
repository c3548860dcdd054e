"""FER2013 (Goodfellow et al. 2013) as class folders: train/ and test/, with a folder for each class in them."""

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from featfer.datasets import Dataset
from featfer.datasets.codes import CODES, is_code
from featfer.datasets.digests import Digest, digest_listing, make_file_key
from featfer.datasets.entries import check_links, list_folders
from featfer.datasets.faceset import MOVE_FILE, FaceSet, ImageFiles, check_usable, leave_out, parse_split, shorten_list
from featfer.datasets.fer2013 import USAGES
from featfer.errors import DataError, ParameterError
from featfer.images.walking import describe_skipped, walk
from featfer.labels import FER7
from featfer.typing import Path as AnyPath
from featfer.utils.progress import bar


def is_folders(path: Path) -> bool:
    """Tell whether a path is a folder with train/ and test/ in it, and with a file named like FER2013's test files.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    return path.is_dir() and {*_find_parts(path).values()} == {"train", "test"} and any(
        os.path.basename(name).startswith(("PublicTest_", "PrivateTest_")) for name in _list_images(path)[0])


def _find_parts(path: Path) -> dict[str, str]:
    """Return {folder: split} of the folders named after splits, in any letter case."""
    return {name: parse_split(name) for name in list_folders(path) if parse_split(name)}


def digest_folders(path: AnyPath) -> Digest:
    """Compute the digest of the listing of the images.

    Parameters
    ----------
    path : path

    Returns
    -------
    Digest
    """
    return digest_listing(path, _list_images(Path(path))[0])


def load_folders(path: AnyPath, skip_bad: bool = False) -> FaceSet:
    """Load the images of train/<class>/* and test/<class>/{PublicTest,PrivateTest}_*; a class is a name or a number.

    Parameters
    ----------
    path : path
    skip_bad : bool, optional
        Leave out files without a known class and split, and list them in `FaceSet.skipped`.

    Returns
    -------
    FaceSet

    Raises
    ------
    DataError
        At the first file without a known class and split, unless `skip_bad`.
    """
    path = Path(path)
    parts, (names, passed) = _find_parts(path), _list_images(path)
    rows = []
    skipped: list[str] = []
    for name in bar(names, desc="reading files", unit=" files"):
        try:
            label, split = _parse_name(Path(name), parts)
            rows.append((name, make_file_key(path / name, single=True), label, split))
        except (DataError, ParameterError) as error:
            leave_out(f"{path / name}: {error}", MOVE_FILE, skip_bad, skipped)
    check_usable(path, rows, skipped)
    ids, keys, labels, splits = zip(*rows, strict=True)
    beside = [f"{name}/" for name in list_folders(path) if name not in parts]
    others = [f"{shorten_list(beside)}: named after no split, not taken"] if beside else []
    return FaceSet(path, digest_listing(path, names), ImageFiles(path, ids), np.array(ids), np.array(keys),
                   np.array(labels, np.int16), np.array(splits), FER7, single=True, skipped=skipped,
                   kind=f"FER2013 as class folders in {', '.join(f'{part}/' for part in parts)}",
                   notes=[*others, *describe_skipped(passed)])


def _list_images(path: Path) -> tuple[list[str], Counter[str]]:
    """Return the names of the images, sorted, and what was skipped."""
    walks = {part: walk(path / part) for part in _find_parts(path)}
    for place in (path, *(path / part for part in walks)):
        check_links(place)
    names = [f"{part}/{name}" for part, walked in walks.items() for name in walked.images]
    return sorted(names), sum((walked.skipped for walked in walks.values()), Counter())


def _parse_name(name: Path, parts: Mapping[str, str]) -> tuple[int, str]:
    """Return the label and split of a file by its folders and the first word of its name."""
    if len(name.parts) != 3:
        raise DataError("not in a class folder: expected train/<class>/<file> or test/<class>/<file>")
    part, emotion, file = name.parts
    is_train = parts[part] == "train"
    split = USAGES.get(file.partition("_")[0], "train" if is_train else "")
    if not split or (split == "train") != is_train:
        raise DataError(f"unknown usage: a file in {part}/ starts with "
                        + ("Training_" if is_train else "PublicTest_ or PrivateTest_"))
    return FER7.index(CODES["fer2013"].get(int(emotion), emotion) if is_code(emotion) else emotion), split


DATASET = Dataset(is_folders, digest_folders, load_folders)
