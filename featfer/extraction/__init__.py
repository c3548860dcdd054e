"""Extraction: a data set in, faces and features in a store out, over processes or a cluster."""

from featfer.extraction.run import extract

__all__ = ["extract"]
