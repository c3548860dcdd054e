"""The training faces most similar to a face."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from featfer.datasets import find_extracted
from featfer.datasets.faceset import FaceSet
from featfer.errors import DataError, StoreError
from featfer.faces import UNREADABLE
from featfer.faces.face import Face
from featfer.features import Embedding
from featfer.features.base import Feature
from featfer.store.opening import open_table
from featfer.store.store import Store
from featfer.store.table import FeatureTable
from featfer.typing import Floats, Pixels
from featfer.typing import Path as AnyPath

COUNT = 6
DUPLICATE = 1e-3  # vectors of the same image are nearer than this fraction of their length
ROWS = 2048  # per batch


@dataclass(frozen=True)
class Neighbour:
    """A training face near to the face that is explained.

    Attributes
    ----------
    id, label : str
    distance : float
        Euclidean.
    is_duplicate : bool
        Whether it is (nearly) the same image.
    pixels : uint8 array (h, w) or (h, w, 3), or None
        None if the images are not at hand.
    """

    id: str
    label: str
    distance: float
    is_duplicate: bool
    pixels: Pixels | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for JSON, without the pixels."""
        return {"id": self.id, "label": self.label, "distance": round(self.distance, 4), "copy": self.is_duplicate}


def find_nearest(features: Sequence[Feature], face: Face, path: AnyPath, source: str | None = None,
                 images: AnyPath | None = None) -> tuple[Feature, list[Neighbour]]:
    """Find the COUNT faces of the train split that are nearest to a face, by Euclidean distance.

    Embeddings are compared if the store has them, else the first of the features.

    Parameters
    ----------
    features : list of Feature
    face : Face
    path, source : str
        A store or table and its data set, as for featfer.store.opening.open_table.
    images : str or Path, optional
        The data set from which the store was extracted, to get the pixels.

    Returns
    -------
    Feature, list of Neighbour
        The feature that was compared, and the nearest faces.

    Raises
    ------
    StoreError
        If the store has no such features or no labelled training faces.
    DataError
        If the images are of another data set.
    """
    faceset = None if images is None else open_images(images, path, source)
    feature, table = _open_first([Embedding(), features[0]], path, source)
    rows = np.flatnonzero((table.splits == "train") & (table.labels >= 0) & (table.status != UNREADABLE))
    if table.label_set is None or not len(rows):
        raise StoreError(f"{table.source}: no labelled rows in split 'train' to be near to")
    vector = feature.transform([face]).astype(feature.dtype).astype(np.float32)
    batches = (table.features[rows[at:at + ROWS]] for at in range(0, len(rows), ROWS))
    distances = np.concatenate([_compute_distances(batch, vector) for batch in batches])
    order = np.argsort(distances, kind="stable")[:COUNT]
    limit = DUPLICATE * float(np.linalg.norm(vector))
    found = [Neighbour(str(table.ids[row]), table.label_set.names[table.labels[row]], float(distance), bool(distance <= limit))
             for row, distance in zip(rows[order], distances[order], strict=True)]
    return feature, found if faceset is None else [_add_pixels(neighbour, faceset) for neighbour in found]


def open_images(images: AnyPath, path: AnyPath, source: str | None = None) -> FaceSet:
    """Open the data set from which a store was extracted.

    Parameters
    ----------
    images : str or Path
        The data set.
    path : str or Path
        The store.
    source : str, optional
        Which data set of the store.

    Returns
    -------
    FaceSet

    Raises
    ------
    StoreError
        If path is not a store.
    DataError
        If images is another data set.
    """
    if not Path(path).is_dir():
        raise StoreError(f"{path}: not a store's folder, which alone knows what its images were")
    store = Store(path)
    digest = store.find_source(source)
    dataset, meta = find_extracted(images, digest), store.require_source(digest)[1]
    if dataset is None:
        raise DataError(f"{images}: not what {meta['name']} in {path} was extracted from (its digest is "
                        "another); name that file or folder")
    return dataset.load(images, bool(meta["skipped"]))


def _open_first(features: Sequence[Feature], path: AnyPath, source: str | None) -> tuple[Feature, FeatureTable]:
    """Return (Feature, FeatureTable) of the first feature that is stored; raise StoreError if none is."""
    problems = []
    for feature in features:
        try:
            return feature, open_table(path, [feature], source)
        except StoreError as error:
            problems.append(str(error))
    raise StoreError("; ".join(dict.fromkeys(problems)))


def _compute_distances(rows: Floats, vector: Floats) -> Floats:
    return np.linalg.norm(rows.astype(np.float32) - vector, axis=1)


def _add_pixels(neighbour: Neighbour, faceset: FaceSet) -> Neighbour:
    row = int(np.flatnonzero(faceset.ids == neighbour.id)[0])
    return replace(neighbour, pixels=faceset.images[row].read(str(faceset.keys[row])))
