"""The labels of a table, where there must be some."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from featfer.errors import StoreError

if TYPE_CHECKING:
    from featfer.labels import LabelSet
    from featfer.store.table import FeatureTable


def require_label_set(table: FeatureTable) -> LabelSet:
    """Return the label set of a table.

    Parameters
    ----------
    table : FeatureTable

    Returns
    -------
    LabelSet

    Raises
    ------
    StoreError
        When its rows have no labels.
    """
    if table.label_set is None:
        raise StoreError(f"{table.source}: its rows have no labels to train on")
    return table.label_set


def count_labels(table: FeatureTable, split: str) -> Counter[int]:
    """Count the faces of each label in a split of a table, without reading their features.

    Parameters
    ----------
    table : FeatureTable
    split : {"train", "val", "test"}

    Returns
    -------
    Counter of int
        By label, an index into the label set.

    Raises
    ------
    StoreError
        When there are none.
    """
    return Counter(replace(table, features=table.features[:, :0]).split(split).labels.tolist())
