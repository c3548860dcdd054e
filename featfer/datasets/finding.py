"""Find out which data set a path is, or has in its folders."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from featfer.datasets import DATASETS, Dataset, ferplus, ferplus_modes, folders
from featfer.datasets.codes import CODES, OWN, check_codes
from featfer.datasets.digests import Digest
from featfer.datasets.entries import list_folders
from featfer.datasets.faceset import FaceSet
from featfer.errors import DataError
from featfer.images.walking import walk
from featfer.typing import Path as AnyPath
from featfer.utils.words import count

CODED = ("faces-csv", "fer2013-csv", "class-folders")  # layouts whose labels may be numbers in several orders
DEEPEST = 3  # levels of folders in which a data set is searched for


def find_dataset(source: AnyPath, codes: str | None = None, mode: str | None = None) -> Dataset:
    """Find out how to load a data set.

    Parameters
    ----------
    source : path
        Of the data set, or of a folder that contains it.
    codes : str, optional
        What labels that are numbers stand for, as in `featfer.datasets.codes.decode_labels`.
    mode : str, optional
        How votes in the folders of FER+ become labels, a key of `featfer.datasets.ferplus_modes.MODES`; "majority" by default.

    Returns
    -------
    Dataset
        The functions (accepts, digest, load) for this path.

    Raises
    ------
    DataError
        When there is no data set, or several in a folder; when codes are given for a layout that has none.
    ParameterError
        For an unknown name of codes or mode.
    """
    check_codes(codes)
    path = Path(source)
    kind, place = _locate(path)
    if codes and kind not in CODED:
        raise DataError(f"{path}: --codes are for class folders, a csv of FER2013 or a list of faces, and this is {kind}")
    return _bind(DATASETS[kind], path, place, _make_options(kind, codes, mode))


def find_extracted(source: AnyPath, digest: str) -> Dataset | None:
    """Find out how a data set was loaded when it had a given digest, whatever codes its labels have.

    Parameters
    ----------
    source : path
    digest : str

    Returns
    -------
    Dataset or None
        None if no way of loading it gives this digest.
    """
    dataset = find_dataset(source)
    if dataset.digest(source) == digest:
        return dataset
    is_coded = _locate(Path(source))[0] in CODED
    found = (find_dataset(source, codes) for codes in (*CODES, OWN) if is_coded)
    return next((dataset for dataset in found if dataset.digest(source) == digest), None)


def with_votes(source: AnyPath, votes: AnyPath, mode: str) -> Dataset:
    """Combine a csv of FER2013 with the votes of FER+ in another csv.

    Parameters
    ----------
    source : path
        The csv of FER2013.
    votes : path
        The csv of votes.
    mode : str
        How votes become labels, a key of `featfer.datasets.ferplus_modes.MODES`.

    Returns
    -------
    Dataset
        The functions (accepts, digest, load) for this path.

    Raises
    ------
    DataError
        When `source` is no csv of FER2013.
    ParameterError
        For an unknown mode.
    """
    ferplus_modes.check_mode(mode)
    dataset = find_dataset(source)
    if dataset is not DATASETS["fer2013-csv"]:
        raise DataError(f"{source}: votes are for the rows of a FER2013 csv, which this is not")
    return Dataset(dataset.accepts, partial(ferplus.digest, votes=votes, mode=mode),
                   partial(ferplus.load, votes=votes, mode=mode))


def _make_options(kind: str, codes: str | None, mode: str | None) -> dict[str, str]:
    """Return the keyword arguments for a Dataset's `digest` and `load`."""
    if mode and kind == "ferplus-folders":
        ferplus_modes.check_mode(mode)
        return {"mode": mode}
    return {"codes": codes} if codes else {}


def _bind(dataset: Dataset, path: Path, place: Path, options: dict[str, str]) -> Dataset:
    """Return a Dataset for the data set at `place`, inside `path`, with keyword arguments for `digest` and `load`."""
    if place == path and not options:
        return dataset
    return Dataset(dataset.accepts, partial(_digest_inside, dataset, place, options),
                   partial(_load_inside, dataset, path, place, options))


def _digest_inside(dataset: Dataset, place: Path, options: dict[str, str], source: AnyPath) -> Digest:
    return dataset.digest(place, **options)


def _load_inside(dataset: Dataset, path: Path, place: Path, options: dict[str, str], source: AnyPath,
                 skip_bad: bool = False) -> FaceSet:
    """Load the data set in a folder under the folder's name."""
    faceset = dataset.load(place, skip_bad, **options)
    if place == path:
        return faceset
    inside = place.relative_to(path).as_posix()
    others = sum(not name.startswith(f"{inside}/") for name in walk(path).images)
    notes = [f"{count(others, 'image')} outside {inside}/: not taken"] if others else []
    return replace(faceset, name=faceset.name or path.resolve().name, kind=f"{faceset.kind}, in its folder {inside}/",
                   notes=[*faceset.notes, *notes])


def _locate(path: Path) -> tuple[str, Path]:
    """Return the kind and path of the data set at a path or in its folders; raise DataError if there is none."""
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    kind = _find_kind(path)
    if kind is None:
        raise DataError(f"{path}: not a source known here: a csv of FER2013 or of paths and labels, a folder of class folders, "
                        "of AffectNet, RAF-DB, FER+, CK+ or JAFFE, an image, or a folder of images; unpack an archive first")
    return _locate_below(path) if kind == "photos" and path.is_dir() else (kind, path)


def _find_kind(path: Path) -> str | None:
    return next((kind for kind, dataset in DATASETS.items() if dataset.accepts(path)), None)


def _locate_below(path: Path) -> tuple[str, Path]:
    """Return the kind and path of the only labelled data set below a folder, or else the folder itself as photos.

    Raises DataError if there are several, because taking all as photos would lose their labels.
    """
    found = list(_find_labelled(path, DEEPEST))
    if len(found) > 1:
        names = ", ".join(str(place) for _, place in found[:5])
        raise DataError(f"{path}: holds several data sets with labels: {names}; give one of them, or a csv with path and label "
                        "of all images")
    return found[0] if found else ("photos", path)


def _find_labelled(path: Path, depth: int) -> Iterator[tuple[str, Path]]:
    """Yield the kind and path of each labelled data set below a folder, at most `depth` levels down."""
    for place in [path / name for name in list_folders(path)] if depth else []:
        if path.resolve().is_relative_to(place.resolve()):  # a link back up
            continue
        kind = _find_kind(place)
        if kind == "photos" or (kind == "class-folders" and not folders.is_folders(place, least=2)):
            yield from _find_labelled(place, depth - 1)
        elif kind is not None:
            yield kind, place
