"""A feature table as a DataFrame; tables and stores in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from featfer.datasets.faceset import SPLITS
from featfer.errors import StoreError
from featfer.features import restore_feature
from featfer.features.choosing import describe_fingerprints, name_columns
from featfer.labels import LabelSet
from featfer.store.files import read_record

if TYPE_CHECKING:
    import pandas as pd

    from featfer.store.store import Store
    from featfer.store.table import FeatureTable

BOX = ("left", "top", "right", "bottom")
AFFECT = ("valence", "arousal")


def make_frame(table: FeatureTable) -> pd.DataFrame:
    """Make a DataFrame of a feature table.

    Parameters
    ----------
    table : FeatureTable

    Returns
    -------
    pandas.DataFrame
        As for `FeatureTable.to_frame`.
    """
    import pandas as pd
    about = {"id": table.ids, "split": table.splits, "label": name_labels(table), "status": table.status,
             **dict(zip(BOX, table.boxes.T, strict=True)), "group": table.groups}
    if table.subjects is not None:
        about["subject"] = table.subjects
    if table.affect is not None:
        about |= dict(zip(AFFECT, table.affect.T, strict=True))
    if table.votes is not None and table.label_set is not None:
        about |= {f"votes_{name}": shares for name, shares in zip(table.label_set.names, table.votes.T, strict=True)}
    names = name_columns([restore_feature(fingerprint) for fingerprint in table.fingerprints])
    return pd.concat([pd.DataFrame(about), pd.DataFrame(table.features, columns=names)], axis=1)


def name_labels(table: FeatureTable) -> list[str | None]:
    """Return the name of each row's label; None without one."""
    names = table.label_set.names if isinstance(table.label_set, LabelSet) else ()
    return [names[label] if 0 <= label < len(names) else None for label in table.labels.tolist()]


def describe_table(table: FeatureTable) -> str:
    """Describe a feature table in one line.

    Parameters
    ----------
    table : FeatureTable

    Returns
    -------
    str
        Such as "made: 350 faces, embedding (128), labels fer7, splits train 210, val 70, test 70".
    """
    counts = Counter(table.splits.tolist())
    splits = ", ".join(f"{split} {counts[split]:,}" for split in SPLITS if counts[split])
    labels = f"labels {table.label_set.name}" if table.label_set else "no labels"
    return (f"{table.source}: {len(table):,} faces, {describe_fingerprints(table.fingerprints)} ({table.features.shape[1]:,}), "
            f"{labels}, {f'splits {splits}' if splits else 'no splits'}")


def describe_store(store: Store) -> str:
    """Describe a store in one line.

    Parameters
    ----------
    store : Store

    Returns
    -------
    str
        Such as "store: fer2013.csv (35,887 images); embedding, landmarks".
    """
    try:
        records = [read_record(path) for path in store.records()]
        features = describe_fingerprints(list(store.fingerprints().values()))
    except StoreError:
        return f"{store.folder}: damaged, see `featfer store check {store.folder}`"
    sources = ", ".join(f"{meta['name']} ({len(arrays['ids']):,} images)" for arrays, meta in records)
    return f"{store.folder}: {sources or 'no images'}; {features or 'no features'}"
