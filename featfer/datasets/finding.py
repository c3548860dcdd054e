"""Which data set a source is, or has in its folders."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from featfer.datasets import DATASETS, Dataset, ferplus, folders
from featfer.datasets.codes import CODES, OWN, check_codes
from featfer.datasets.entries import list_folders
from featfer.errors import DataError
from featfer.images.walking import walk

CODED = ("faces-csv", "fer2013-csv", "class-folders")  # whose labels may be numbers in several orders
DEEPEST = 3  # folders below a source in which a data set is looked for


def find_dataset(source, codes=None, mode=None):
    """Return the Dataset (accepts, digest, load) for a source's path; of a folder around a data set, that of the data set.

    codes: what labels that are numbers stand for, as featfer.datasets.codes.decode_labels takes it
    mode: how the votes of FER+ in its folders become labels, one of featfer.datasets.ferplus.MODES (default: majority)

    Raises DataError when there is none, or several in a folder, and where codes are for another kind of source; ParameterError
    for other codes or another mode.
    """
    check_codes(codes)
    path = Path(source)
    kind, place = _locate(path)
    if codes and kind not in CODED:
        raise DataError(f"{path}: --codes are for class folders, a csv of FER2013 or a list of faces, and this is {kind}")
    return _fitted(DATASETS[kind], path, place, _options(kind, codes, mode))


def find_extracted(source, digest):
    """Return the Dataset with which a source has a digest, whatever the codes of its labels; None where there is none."""
    dataset = find_dataset(source)
    if dataset.digest(source) == digest:
        return dataset
    is_coded = _locate(Path(source))[0] in CODED
    found = (find_dataset(source, codes) for codes in (*CODES, OWN) if is_coded)
    return next((dataset for dataset in found if dataset.digest(source) == digest), None)


def with_votes(source, votes, mode):
    """Return the Dataset for a FER2013 csv with the labels of FER+, whose votes are in another csv.

    mode: one of featfer.datasets.ferplus.MODES. Raises DataError for another source, ParameterError for another mode.
    """
    ferplus.check_mode(mode)
    dataset = find_dataset(source)
    if dataset is not DATASETS["fer2013-csv"]:
        raise DataError(f"{source}: votes are for the rows of a FER2013 csv, which this is not")
    return Dataset(dataset.accepts, partial(ferplus.digest, votes=votes, mode=mode),
                   partial(ferplus.load, votes=votes, mode=mode))


def _options(kind, codes, mode):
    """Return what a Dataset's digest and load are told besides."""
    if mode and kind == "ferplus-folders":
        ferplus.check_mode(mode)
        return {"mode": mode}
    return {"codes": codes} if codes else {}


def _fitted(dataset, path, place, options):
    """Return a Dataset whose digest and load take options, and read the data set that is at a place in the source."""
    if place == path and not options:
        return dataset
    return Dataset(dataset.accepts, lambda source: dataset.digest(place, **options),
                   lambda source, skip_bad=False: _load_inside(dataset, path, place, skip_bad, options))


def _load_inside(dataset, path, place, skip_bad, options):
    """Return the FaceSet of a data set in a folder, called as the folder."""
    faceset = dataset.load(place, skip_bad, **options)
    if place == path:
        return faceset
    inside = place.relative_to(path).as_posix()
    others = sum(not name.startswith(f"{inside}/") for name in walk(path).images)
    notes = [f"{others:,} images outside {inside}/: not taken"] if others else []
    return replace(faceset, name=faceset.name or path.resolve().name, kind=f"{faceset.kind}, in its folder {inside}/",
                   notes=[*faceset.notes, *notes])


def _locate(path):
    """Return (kind, path) of the data set that a source is, or that is in its folders; raise DataError where there is none."""
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    kind = _kind_of(path)
    if kind is None:
        raise DataError(f"{path}: not a source known here: a csv of FER2013 or of paths and labels, a folder of class folders, "
                        "of AffectNet, RAF-DB, FER+, CK+ or JAFFE, an image, or a folder of images; unpack an archive first")
    return _inside(path) if kind == "photos" and path.is_dir() else (kind, path)


def _kind_of(path):
    return next((kind for kind, dataset in DATASETS.items() if dataset.accepts(path)), None)


def _inside(path):
    """Return (kind, path) of the one labelled data set in a folder's folders, or of the folder itself as photos.

    Raises DataError where there are several: which is meant is not known, and photos would lose their labels.
    """
    found = list(_labelled_below(path, DEEPEST))
    if len(found) > 1:
        names = ", ".join(str(place) for _, place in found[:5])
        raise DataError(f"{path}: holds several data sets with labels: {names}; give one of them, or a csv with path and label "
                        "of all images")
    return found[0] if found else ("photos", path)


def _labelled_below(path, depth):
    """Yield (kind, path) of each labelled data set in the folders of a folder."""
    for place in [path / name for name in list_folders(path)] if depth else []:
        if path.resolve().is_relative_to(place.resolve()):  # a link back up
            continue
        kind = _kind_of(place)
        if kind == "photos" or (kind == "class-folders" and not folders.is_folders(place, least=2)):
            yield from _labelled_below(place, depth - 1)
        else:
            yield kind, place
