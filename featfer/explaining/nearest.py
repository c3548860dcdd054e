"""The training faces nearest to a face."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from featfer.datasets import find_extracted
from featfer.errors import DataError, StoreError
from featfer.faces import UNREADABLE
from featfer.features import Embedding
from featfer.store.opening import open_table
from featfer.store.store import Store

COUNT = 6
COPY = 1e-3  # of the length of a vector: nearer than this, it is of the same image
ROWS = 2048  # at a time


@dataclass(frozen=True)
class Neighbour:
    """A training face: its image's id and label, its distance, whether it is a copy of the image asked about, and its pixels,
    uint8 (h, w) or (h, w, 3), where the images are at hand."""

    id: str
    label: str
    distance: float
    copy: bool
    pixels: np.ndarray | None = None

    def as_dict(self):
        """Return it as plain data for JSON, without the pixels."""
        return {"id": self.id, "label": self.label, "distance": round(self.distance, 4), "copy": self.copy}


def nearest(features, face, path, source=None, images=None):
    """Return (Feature, list of Neighbour): the COUNT faces of the train split nearest to a Face, by Euclidean distance.

    The vectors are embeddings where they are stored, else those of the first of some features.
    path: a store's folder, or a table as featfer.store.opening.open_table takes it; source: which one, in a store with
    several
    images: the path that the source was extracted from, to show them, None for no pictures
    Raises StoreError where there are no such vectors or training faces, DataError for other images.
    """
    faceset = None if images is None else open_images(images, path, source)
    feature, table = _open([Embedding(), features[0]], path, source)
    rows = np.flatnonzero((table.splits == "train") & (table.labels >= 0) & (table.status != UNREADABLE))
    if table.label_set is None or not len(rows):
        raise StoreError(f"{table.source}: no labelled rows in split 'train' to be near to")
    wanted = feature.transform([face]).astype(feature.dtype).astype(np.float32)
    distances = np.concatenate([_distances(table.features[rows[at:at + ROWS]], wanted) for at in range(0, len(rows), ROWS)])
    order = np.argsort(distances, kind="stable")[:COUNT]
    least = COPY * float(np.linalg.norm(wanted))
    found = [Neighbour(str(table.ids[row]), table.label_set.names[table.labels[row]], float(distance), bool(distance <= least))
             for row, distance in zip(rows[order], distances[order], strict=True)]
    return feature, found if faceset is None else [_shown(neighbour, faceset) for neighbour in found]


def open_images(images, path, source=None):
    """Return the FaceSet at a path, where it is what a store's source was extracted from; raise DataError where it is not."""
    if not Path(path).is_dir():
        raise StoreError(f"{path}: not a store's folder, which alone knows what its images were")
    store = Store(path)
    digest = store.find_source(source)
    dataset = find_extracted(images, digest)
    if dataset is None:
        raise DataError(f"{images}: not what {store.source(digest)[1]['name']} in {path} was extracted from (its digest is "
                        "another); name that file or folder")
    return dataset.load(images, bool(store.source(digest)[1]["skipped"]))


def _open(features, path, source):
    """Return (Feature, FeatureTable) of the first feature that is stored; raise StoreError when none is."""
    problems = []
    for feature in features:
        try:
            return feature, open_table(path, [feature], source)
        except StoreError as error:
            problems.append(str(error))
    raise StoreError("; ".join(dict.fromkeys(problems)))


def _distances(rows, wanted):
    return np.linalg.norm(rows.astype(np.float32) - wanted, axis=1)


def _shown(neighbour, faceset):
    place = int(np.flatnonzero(faceset.ids == neighbour.id)[0])
    return replace(neighbour, pixels=faceset.images[place].read(str(faceset.keys[place])))
