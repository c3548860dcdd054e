"""Extract the faces and features of a data set into a store, in processes or on a cluster."""

from featfer.extraction.run import extract

__all__ = ["extract"]
