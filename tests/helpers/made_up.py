"""Feature rows and pictures out of formulas: the same on every machine, and so nothing of them needs to be kept."""

import numpy as np


def made_rows(count, width, is_crop=False):
    """Return feature rows float32 (count, width), from -2 to 2 in steps of 0.001; of a crop whole numbers from 7 to 247."""
    waves = np.sin(np.outer(np.arange(1, count + 1), np.arange(1, width + 1)))
    return (np.round(127 + 120 * waves) if is_crop else np.round(2 * waves, 3)).astype(np.float32)


def made_picture(number=1, side=64):
    """Return a grey picture uint8 (side, side) of waves across each other."""
    at = np.arange(side)
    waves = np.sin(at * number / 5)[:, None] + np.cos(at / (3 + number))[None]
    return np.round(127 + 60 * waves).astype(np.uint8)


def made_table(labels, splits, label_set, source, **annotations):
    """Return a FeatureTable of made-up embeddings with labels and splits, all faces found; annotations: other fields of it."""
    from featfer.features.embedding import Embedding
    from featfer.store.table import FeatureTable
    labels = np.asarray(labels, np.int16)
    features = made_rows(len(labels), 128) / 8 + np.eye(128, dtype=np.float32)[labels]
    return FeatureTable(**{
        "features": features, "labels": labels, "splits": np.asarray(splits), "status": np.full(len(labels), "found", "U11"),
        "groups": np.arange(len(labels), dtype=np.int32), "ids": np.array([f"{source}:{i}" for i in range(len(labels))]),
        "boxes": np.zeros((len(labels), 4), np.float32), "label_set": label_set, "fingerprints": [Embedding().fingerprint],
        "source": source, **annotations})
