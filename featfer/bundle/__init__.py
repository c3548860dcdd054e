"""Bundles: trained models saved in files with their cards, and loaded again."""

from featfer.bundle.persist import load, read_card, save

__all__ = ["load", "read_card", "save"]
