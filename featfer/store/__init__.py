"""Feature stores on disk, and the feature tables that are read from them."""

from featfer.store.opening import open_matching, open_table
from featfer.store.store import Store
from featfer.store.table import FeatureTable, load_table

__all__ = ["FeatureTable", "Store", "load_table", "open_matching", "open_table"]
