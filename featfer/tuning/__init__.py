"""Tuning: the search for the parameters that score best on val."""
