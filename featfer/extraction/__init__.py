"""Extraction: a data set in, faces and features in a store out, over processes or a cluster."""
