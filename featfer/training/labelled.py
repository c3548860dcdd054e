"""The labels of a table, where there must be some."""

from __future__ import annotations

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
