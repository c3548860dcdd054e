"""A feature table: what classifiers are trained on. Rows are faces, with labels and splits."""

import json
import zipfile
import zlib
from dataclasses import dataclass, replace

import numpy as np

from featfer.datasets.faceset import ANNOTATIONS, UNLABELLED, annotations
from featfer.errors import StoreError
from featfer.faces import STATUSES, UNREADABLE
from featfer.files import written_whole
from featfer.labels import LabelSet, recorded, restored, translation


@dataclass(frozen=True)
class FeatureTable:
    """Features of faces.

    features: float32 or float16 (n, d), as stored; nan where the image is unreadable
    labels: int16 (n,), -1 where there is none; splits: str (n,), "train", "val", "test" or ""
    status: str (n,), one of featfer.faces.STATUSES
    groups: int32 (n,), equal for faces of pixel-identical images
    ids: str (n,), the name of each image; boxes: float32 (n, 4), left, top, right, bottom in its pixels
    label_set: the LabelSet, or None
    fingerprints: the fingerprint of each feature in the columns, in their order
    source: what the images are, in words
    subjects, votes, affect: of each row, as a FaceSet has them; None where there are none
    """

    features: np.ndarray
    labels: np.ndarray
    splits: np.ndarray
    status: np.ndarray
    groups: np.ndarray
    ids: np.ndarray
    boxes: np.ndarray
    label_set: LabelSet | None
    fingerprints: list
    source: str
    subjects: np.ndarray | None = None
    votes: np.ndarray | None = None
    affect: np.ndarray | None = None

    def __len__(self):
        return len(self.labels)

    def rows(self, chosen):
        """Return the table of chosen rows (an index or a mask)."""
        arrays = ("features", "labels", "splits", "status", "groups", "ids", "boxes", *annotations(self))
        return replace(self, **{name: getattr(self, name)[chosen] for name in arrays})

    def labelled(self, label_set):
        """Return the table with its labels and votes turned into those of another LabelSet; raise ParameterError where that
        cannot be. Votes for labels that are left out are lost, and the others' shares grow to sum to 1 again."""
        if self.label_set in (None, label_set):
            return self
        become = np.array([*translation(self.label_set, label_set), UNLABELLED], np.int16)  # the last: of what has none
        votes = None if self.votes is None else _translated(self.votes, become[:-1], len(label_set))
        return replace(self, labels=become[self.labels], label_set=label_set, votes=votes)

    def blocks(self, chosen, of):
        """Return the table with the chosen blocks of columns, where they are `of` blocks of the same features."""
        width, count = self.features.shape[1] // of, len(self.fingerprints) // of
        features = [self.features[:, i * width:(i + 1) * width] for i in chosen]
        fingerprints = [f for i in chosen for f in self.fingerprints[i * count:(i + 1) * count]]
        return replace(self, features=np.concatenate(features, axis=1), fingerprints=fingerprints)

    def split(self, name):
        """Return the readable, labelled rows of a split, features float32; raise StoreError when there are none."""
        if not self.has_split(name):
            held = sorted({split for split in self.splits if split}) or ["no splits (`featfer extract --split` draws them)"]
            raise StoreError(f"{self.source}: no labelled rows in split {name!r}; it has {', '.join(held)}")
        rows = self.rows(self._in_split(name))
        return replace(rows, features=rows.features.astype(np.float32, copy=False))

    def copied(self, rows):
        """Say of each of some rows of this table (a FeatureTable) whether its image stands, pixel for pixel, in the train split
        too: bool (n,)."""
        return np.isin(rows.groups, self.groups[self.splits == "train"])

    def has_split(self, name):
        """Say whether a split has readable, labelled rows."""
        return bool(self._in_split(name).any())

    def _in_split(self, name):
        return (self.splits == name) & (self.labels >= 0) & (self.status != UNREADABLE)

    def save(self, path):
        """Write the table as one .npz, its features as float16."""
        meta = {"format": 1, **recorded(self.label_set), "fingerprints": self.fingerprints, "source": self.source}
        with written_whole(path) as file:
            np.savez_compressed(
                file, features=self.features.astype(np.float16), labels=self.labels, groups=self.groups,
                splits=self.splits, ids=self.ids, boxes=self.boxes.astype(np.float16),
                status=np.array([STATUSES.index(s) for s in self.status], np.uint8), meta=json.dumps(meta), **annotations(self))


def _translated(votes, become, count):
    """Return shares of `count` labels, given what becomes of each label in votes (UNLABELLED: nothing)."""
    shares = np.zeros((len(votes), count), np.float32)
    for old, new in enumerate(become):
        if new != UNLABELLED:
            shares[:, new] += votes[:, old]
    totals = shares.sum(axis=1, keepdims=True)
    return shares / np.where(totals, totals, 1)


def load_table(path):
    """Return the FeatureTable of a file that `save` wrote; raise StoreError when it is none."""
    try:
        with np.load(path, allow_pickle=False) as file:
            meta = json.loads(str(file["meta"]))
            arrays = {name: file[name] for name in ("splits", "groups", "ids", *(name for name in ANNOTATIONS if name in file))}
            return FeatureTable(
                features=file["features"].astype(np.float32), labels=file["labels"].astype(np.int16),
                boxes=file["boxes"].astype(np.float32), status=np.array(STATUSES)[file["status"]],
                label_set=restored(meta), fingerprints=meta["fingerprints"], source=meta["source"], **arrays)
    except (OSError, ValueError, TypeError, LookupError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise StoreError(f"{path}: not a feature table ({error}); `featfer table` writes one") from None
