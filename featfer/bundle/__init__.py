"""Bundles: a trained model saved in a file with its card, and loaded again."""

from featfer.bundle.persist import load, read_card, save

__all__ = ["load", "read_card", "save"]
