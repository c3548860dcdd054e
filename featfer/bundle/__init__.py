"""Bundles: a trained model saved in a file with its card, and loaded again."""
