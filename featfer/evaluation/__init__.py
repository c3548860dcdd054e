"""Evaluation: scores on labelled faces, and whether two models differ."""
