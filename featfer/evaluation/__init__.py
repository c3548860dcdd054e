"""Evaluation: scores on labelled faces, and whether two models differ."""

from featfer.evaluation.scoring import evaluate

__all__ = ["evaluate"]
