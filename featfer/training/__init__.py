"""Training: from a feature table to a calibrated recognizer and its card."""

from featfer.training.classifier import train

__all__ = ["train"]
