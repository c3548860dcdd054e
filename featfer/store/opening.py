"""Open the feature table of a store, of a file, or the one that ships."""

from __future__ import annotations

import logging
import pathlib
from collections.abc import Iterable
from typing import Any

from featfer.errors import ParameterError, StoreError
from featfer.features.base import Feature, describe_fingerprint
from featfer.features.choosing import Features, to_features
from featfer.features.commands import format_extract_commands, format_source
from featfer.store.files import find_keys
from featfer.store.store import IncompleteError, Store
from featfer.store.table import FeatureTable, load_table
from featfer.typing import Path
from featfer.utils.requiring import require_path
from featfer.utils.shipped import find_shipped_file

logger = logging.getLogger(__name__)


def open_table(path: Path, features: Features, source: str | None = None) -> FeatureTable:
    """Open a feature table.

    Parameters
    ----------
    path : path
        Of a store's folder or a table's file, or "fer2013" for the table that ships.
    features : list of Feature
        Those that the table must have. Names will do, as for `featfer.features.choosing.to_features`.
    source : str, optional
        Name of the data set, in a store with several.

    Returns
    -------
    FeatureTable

    Raises
    ------
    StoreError
        When the features are missing or incomplete; the message has the command that computes them.
    ParameterError
        For what names no folder or file, or no features.
    """
    require_path(path, "store", "the name of a folder or of a table's file")
    wanted = to_features(features)
    if not pathlib.Path(path).exists():
        path = find_shipped_file(f"{path}.npz") or path
    if not pathlib.Path(path).exists():
        raise StoreError(f"{path}: no feature store; {format_extract_commands(wanted, path)} makes one")
    logger.info("reading %s from %s", ", ".join(feature.name for feature in wanted), path)
    if pathlib.Path(path).is_file():
        return _check_features(load_table(path), wanted, path)
    return _read_table(Store(path), wanted, source)


def _check_features(table: FeatureTable, features: list[Feature], path: Path) -> FeatureTable:
    if table.fingerprints != [feature.fingerprint for feature in features]:
        held = "; ".join(map(describe_fingerprint, table.fingerprints))
        raise StoreError(f"{path}: holds {held} (or another version of it); ask for that, or make a store of what you want: "
                         f"{format_extract_commands(features, 'store')}")
    return table


def _read_table(store: Store, features: list[Feature], source: str | None) -> FeatureTable:
    if not features:
        raise ParameterError("features: none named; give one at least, such as 'embedding'")
    digest = store.find_source(source)
    words = store.folder, format_source(store.require_source(digest)[1])
    if missing := [feature for feature in features if not any(map(store.has, (feature.key, *feature.earlier_keys)))]:
        others = f" (nor {len(missing) - 1} other features)" if len(missing) > 1 else ""
        raise StoreError(f"{store.folder}: no {describe_fingerprint(missing[0].fingerprint)} in it{others}; run "
                         f"{format_extract_commands(missing, *words)}")
    try:
        return store.table(find_keys(store, features, digest), digest)
    except IncompleteError as error:
        raise IncompleteError(f"{error}: {format_extract_commands(features, *words)}") from None


def open_matching(paths: Iterable[Path], recognizer: Any, source: str | None = None) -> FeatureTable:
    """Open the first of several stores and tables that has a recognizer's features.

    Parameters
    ----------
    paths : list of path
        As in `open_table`.
    recognizer : Recognizer
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
