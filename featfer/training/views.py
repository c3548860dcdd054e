"""Views of the chip that stand side by side in a table."""

from collections.abc import Sequence

from featfer.store.table import FeatureTable


def combine_views(views: Sequence[str], tta: Sequence[str]) -> list[str]:
    """List the views that a table must hold side by side, in this order.

    Parameters
    ----------
    views : sequence of str
        The views to train on.
    tta : sequence of str
        The views to average predictions over.

    Returns
    -------
    list of str
    """
    return list(dict.fromkeys([*tta, *views]))


def select_views(table: FeatureTable, views: Sequence[str], combined: list[str]) -> FeatureTable:
    """Select some of the views that stand side by side in a table.

    Parameters
    ----------
    table : FeatureTable
    views : sequence of str
        The views to keep.
    combined : list of str
        All views of the table, in order.

    Returns
    -------
    FeatureTable
    """
    return table if list(views) == combined else table.blocks([combined.index(view) for view in views], len(combined))
