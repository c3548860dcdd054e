"""Feature tables: rows of faces with features, labels and splits, on which classifiers are trained."""

import json
from dataclasses import dataclass, replace

import numpy as np

from featfer.datasets.faceset import ANNOTATIONS, get_annotations, relabel
from featfer.errors import StoreError
from featfer.faces import STATUSES, UNREADABLE
from featfer.features.base import upgraded
from featfer.labels import LabelSet, record_label_set, restore_label_set
from featfer.utils.npz import DAMAGE, describe_failure, read_arrays, write_arrays
from featfer.utils.outputs import TABLE

# The arrays in a file: numpy's dtype kinds, and columns: None for a vector, 0 for any number, -1 for one per label.
KINDS = {"features": ("f", 0), "labels": ("iu", None), "splits": ("U", None), "status": ("iu", None), "groups": ("iu", None),
         "ids": ("U", None), "boxes": ("f", 4), "subjects": ("U", None), "votes": ("f", -1), "affect": ("f", 2)}


@dataclass(frozen=True)
class FeatureTable:
    """Features of n faces, with labels and splits.

    Attributes
    ----------
    features : ndarray of float32 or float16, (n, d)
        NaN for unreadable images.
    labels : ndarray of int16, (n,)
        Indices into `label_set`; -1 for faces without a label.
    splits : ndarray of str, (n,)
        "train", "val", "test" or "".
    status : ndarray of str, (n,)
        Each one of `featfer.faces.STATUSES`.
    groups : ndarray of int32, (n,)
        Equal for exact duplicates.
    ids : ndarray of str, (n,)
        Names of the images.
    boxes : ndarray of float32, (n, 4)
        Left, top, right and bottom in pixels.
    label_set : LabelSet or None
    fingerprints : list of dict
        Of each feature, in the order of their columns.
    source : str
        Name of the data set.
    subjects, votes, affect : ndarray or None
        As in FaceSet.
    split_plan : str
        How featfer made the splits; empty if they came with the data set or this is unknown.
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
    split_plan: str = ""

    def __len__(self):
        return len(self.labels)

    def rows(self, chosen):
        """Select rows.

        Parameters
        ----------
        chosen : ndarray of int or bool
            Indices or a mask.

        Returns
        -------
        FeatureTable
        """
        arrays = ("features", "labels", "splits", "status", "groups", "ids", "boxes", *get_annotations(self))
        return replace(self, **{name: getattr(self, name)[chosen] for name in arrays})

    def relabel(self, label_set):
        """Convert labels and votes to another label set, as `featfer.datasets.faceset.relabel` does.

        Parameters
        ----------
        label_set : LabelSet

        Returns
        -------
        FeatureTable

        Raises
        ------
        ParameterError
            When there is no mapping between the label sets.
        """
        return relabel(self, label_set)

    def blocks(self, chosen, of):
        """Select blocks of columns, for tables that have the same features several times, such as of several views.

        Parameters
        ----------
        chosen : list of int
            Indices of blocks.
        of : int
            How many blocks the columns are.

        Returns
        -------
        FeatureTable
        """
        width, count = self.features.shape[1] // of, len(self.fingerprints) // of
        features = [self.features[:, i * width:(i + 1) * width] for i in chosen]
        fingerprints = [f for i in chosen for f in self.fingerprints[i * count:(i + 1) * count]]
        return replace(self, features=np.concatenate(features, axis=1), fingerprints=fingerprints)

    def split(self, name):
        """Select the readable, labelled rows of a split.

        Parameters
        ----------
        name : {"train", "val", "test"}

        Returns
        -------
        FeatureTable
            With features as float32.

        Raises
        ------
        StoreError
            When there are none.
        """
        if not self.has_split(name):
            held = sorted({split for split in self.splits if split}) or ["no splits (`featfer extract --split` draws them)"]
            raise StoreError(f"{self.source}: no labelled rows in split {name!r}; it has {', '.join(held)}")
        rows = self.rows(self._in_split(name))
        return replace(rows, features=rows.features.astype(np.float32, copy=False))

    def find_train_duplicates(self, rows):
        """Find rows whose image has an exact duplicate in the train split of this table.

        Parameters
        ----------
        rows : FeatureTable
            Some rows of this table.

        Returns
        -------
        ndarray of bool, (len(rows),)
        """
        return np.isin(rows.groups, self.groups[self.splits == "train"])

    def has_split(self, name):
        """Tell whether a split has readable, labelled rows.

        Parameters
        ----------
        name : str

        Returns
        -------
        bool
        """
        return bool(self._in_split(name).any())

    def _in_split(self, name):
        return (self.splits == name) & (self.labels >= 0) & (self.status != UNREADABLE)

    def save(self, path):
        """Write the table to one file.

        Parameters
        ----------
        path : path
            Of an .npz; features are stored as float16.

        Raises
        ------
        WriteError
        """
        meta = {"format": 1, **record_label_set(self.label_set), "fingerprints": self.fingerprints, "source": self.source,
                "drawn": self.split_plan}
        write_arrays(
            path, compressed=True, kind=TABLE, features=self.features.astype(np.float16), labels=self.labels,
            groups=self.groups, splits=self.splits, ids=self.ids, boxes=self.boxes.astype(np.float16),
            status=np.array([STATUSES.index(s) for s in self.status], np.uint8), meta=json.dumps(meta), **get_annotations(self))


def load_table(path):
    """Load a table that `FeatureTable.save` wrote.

    Parameters
    ----------
    path : path

    Returns
    -------
    FeatureTable

    Raises
    ------
    StoreError
        When the file is no table or is damaged.
    """
    try:
        arrays = read_arrays(path, [name for name in KINDS if name not in ANNOTATIONS] + ["meta"], ANNOTATIONS)
        meta = dict(json.loads(str(arrays.pop("meta"))))
        label_set = restore_label_set(meta)
        _check(arrays, meta, label_set)
    except (*DAMAGE, RecursionError) as error:
        raise StoreError(f"{path}: not a feature table ({describe_failure(error)}); `featfer table` writes one") from None
    arrays |= {"features": arrays["features"].astype(np.float32), "labels": arrays["labels"].astype(np.int16),
               "boxes": arrays["boxes"].astype(np.float32), "status": np.array(STATUSES)[arrays["status"]]}
    return FeatureTable(**arrays, label_set=label_set, source=meta["source"], split_plan=str(meta.get("drawn", "")),
                        fingerprints=[upgraded(fingerprint) for fingerprint in meta["fingerprints"]])


def _check(arrays, meta, label_set):
    """Raise ValueError if arrays have the wrong types or shapes, or values are out of range."""
    for name, array in arrays.items():
        kind, width = KINDS[name]
        if array.dtype.kind not in kind or array.ndim != 1 + (width is not None) or len(array) != len(arrays["labels"]):
            raise ValueError(f"its {name} are not a column of {len(arrays['labels'])} rows")
        if width and array.shape[1] != (len(label_set or ()) if name == "votes" else width):
            raise ValueError(f"its {name} are {array.shape[1]} numbers wide")
    if len(arrays["labels"]) and not _are_within(arrays, len(label_set or ())):
        raise ValueError("its labels or statuses are beyond those that there are")
    with np.errstate(all="ignore"):
        sums = arrays["features"].sum(axis=1, dtype=np.float32)
    if not np.isfinite(sums[arrays["status"] != STATUSES.index(UNREADABLE)]).all():
        raise ValueError("its features are not all numbers")
    if not (isinstance(meta["source"], str) and all({"feature", "params"} <= dict(f).keys() for f in meta["fingerprints"])):
        raise ValueError("it does not say what its features are")


def _are_within(arrays, labels):
    return bool(-1 <= arrays["labels"].min() <= arrays["labels"].max() < labels
                and arrays["status"].min() >= 0 and arrays["status"].max() < len(STATUSES))
