"""Training: a feature table in, a calibrated recognizer and its card out."""

from featfer.training.classifier import train

__all__ = ["train"]
