"""Open the feature table of a store, of a file, or the one that ships."""

from pathlib import Path

from featfer.errors import StoreError
from featfer.features.base import describe_fingerprint
from featfer.features.commands import format_extract_commands, format_source
from featfer.store.files import find_keys
from featfer.store.store import IncompleteError, Store
from featfer.store.table import load_table
from featfer.utils.shipped import find_shipped_file


def open_table(path, features, source=None):
    """Open a feature table.

    Parameters
    ----------
    path : path
        Of a store's folder or a table's file, or "fer2013" for the table that ships.
    features : list of Feature
        Those that the table must have.
    source : str, optional
        Name of the data set, in a store with several.

    Returns
    -------
    FeatureTable

    Raises
    ------
    StoreError
        When the features are missing or incomplete; the message has the command that computes them.
    """
    if not Path(path).exists():
        path = find_shipped_file(f"{path}.npz") or path
    if not Path(path).exists():
        raise StoreError(f"{path}: no feature store; {format_extract_commands(features, path)} makes one")
    if Path(path).is_file():
        return _check_features(load_table(path), features, path)
    return _read_table(Store(path), features, source)


def _check_features(table, features, path):
    if table.fingerprints != [feature.fingerprint for feature in features]:
        held = "; ".join(map(describe_fingerprint, table.fingerprints))
        raise StoreError(f"{path}: holds {held} (or another version of it); ask for that, or make a store of what you want: "
                         f"{format_extract_commands(features, 'store')}")
    return table


def _read_table(store, features, source):
    digest = store.find_source(source)
    words = store.folder, format_source(store.source(digest)[1])
    if missing := [feature for feature in features if not any(map(store.has, (feature.key, *feature.earlier_keys)))]:
        others = f" (nor {len(missing) - 1} other features)" if len(missing) > 1 else ""
        raise StoreError(f"{store.folder}: no {describe_fingerprint(missing[0].fingerprint)} in it{others}; run "
                         f"{format_extract_commands(missing, *words)}")
    try:
        return store.table(find_keys(store, features, digest), digest)
    except IncompleteError as error:
        raise IncompleteError(f"{error}: {format_extract_commands(features, *words)}") from None


def open_matching(paths, recognizer, source=None):
    """Open the first of several stores and tables that has a recognizer's features.

    Parameters
    ----------
    paths : list of path
        As in `open_table`.
    recognizer : FaceModel
    source : str, optional
        Name of the data set, in a store with several.

    Returns
    -------
    FeatureTable
        With the recognizer's labels.

    Raises
    ------
    StoreError
        When there is none, with the reasons.
    """
    problems = []
    for path in paths:
        try:
            return recognizer.match_labels(open_table(path, recognizer.features, source))
        except StoreError as error:
            problems.append(str(error))
    raise StoreError("; ".join(problems))
