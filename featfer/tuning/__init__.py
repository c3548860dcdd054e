"""Tuning: the search for the parameters that score best on val."""

from featfer.tuning.search import tune

__all__ = ["tune"]
