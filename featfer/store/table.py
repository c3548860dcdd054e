"""Feature tables: rows of faces with features, labels and splits, on which classifiers are trained."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from featfer.classifiers.labelled import to_label_set
from featfer.datasets.faceset import ANNOTATIONS, get_annotations, relabel
from featfer.errors import StoreError, to_one_line
from featfer.faces import STATUSES, UNREADABLE
from featfer.features.base import upgraded
from featfer.features.choosing import describe_fingerprints
from featfer.labels import LabelSet, record_label_set, restore_label_set
from featfer.store.frames import describe_table, make_frame
from featfer.typing import Fingerprint, Floats, Integers, Mask, Path, Strings
from featfer.utils.npz import DAMAGE, describe_failure, read_arrays, write_arrays
from featfer.utils.outputs import TABLE
from featfer.utils.requiring import require, require_path

if TYPE_CHECKING:
    import pandas as pd

# The arrays in a file: numpy's dtype kinds, and columns: None for a vector, 0 for any number, -1 for one per label.
KINDS = {"features": ("f", 0), "labels": ("iu", None), "splits": ("U", None), "status": ("iu", None), "groups": ("iu", None),
         "ids": ("U", None), "boxes": ("f", 4), "subjects": ("U", None), "votes": ("f", -1), "affect": ("f", 2)}


@dataclass(frozen=True, repr=False)
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

    features: Floats
    labels: Integers
    splits: Strings
    status: Strings
    groups: Integers
    ids: Strings
    boxes: Floats
    label_set: LabelSet | None
    fingerprints: list[Fingerprint]
    source: str
    subjects: Strings | None = None
    votes: Floats | None = None
    affect: Floats | None = None
    split_plan: str = ""

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return to_one_line(f"FeatureTable({describe_table(self)})")

    def to_frame(self) -> pd.DataFrame:
        """Return the table as a DataFrame.

        Returns
        -------
        pandas.DataFrame
            A row for each face: id, split, label (its name, or None), status, left, top, right, bottom, group; where known
            subject, valence, arousal, and votes_NAME for each label; then a column for each number of the features, such as
            "embedding_0".
        """
        return make_frame(self)

    def rows(self, chosen: Any) -> FeatureTable:
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

    def relabel(self, label_set: LabelSet | Path) -> FeatureTable:
        """Convert labels and votes to another label set, as `featfer.datasets.faceset.relabel` does.

        Parameters
        ----------
        label_set : LabelSet, or str
            A name is as for `featfer.labels.find_labels`.

        Returns
        -------
        FeatureTable

        Raises
        ------
        ParameterError
            When there is no mapping between the label sets.
        """
        return relabel(self, to_label_set(label_set))

    def blocks(self, chosen: Sequence[int], of: int) -> FeatureTable:
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

        Raises
        ------
        StoreError
            When the columns are not so many blocks.
        """
        width, count = self.features.shape[1] // of, len(self.fingerprints) // of
        if len(self.fingerprints) % of or self.features.shape[1] % of:
            raise StoreError(f"{self.source}: holds {describe_fingerprints(self.fingerprints)}, not features of {of} views; "
                             "open a table with those")
        features = [self.features[:, i * width:(i + 1) * width] for i in chosen]
        fingerprints = [f for i in chosen for f in self.fingerprints[i * count:(i + 1) * count]]
        return replace(self, features=np.concatenate(features, axis=1), fingerprints=fingerprints)

    def split(self, name: str) -> FeatureTable:
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

    def find_train_duplicates(self, rows: FeatureTable) -> Mask:
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

    def has_split(self, name: str) -> bool:
        """Tell whether a split has readable, labelled rows.

        Parameters
        ----------
        name : str

        Returns
        -------
        bool
        """
        return bool(self._in_split(name).any())

    def _in_split(self, name: str) -> Mask:
        return (self.splits == name) & (self.labels >= 0) & (self.status != UNREADABLE)

    def save(self, path: Path) -> None:
        """Write the table to one file.

        Parameters
        ----------
        path : path
            Of an .npz; features are stored as float16.

        Raises
        ------
        WriteError
        """
        require_path(path, "table", "the name of its file")
        meta = {"format": 1, **record_label_set(self.label_set), "fingerprints": self.fingerprints, "source": self.source,
                "drawn": self.split_plan}
        write_arrays(
            path, compressed=True, kind=TABLE, features=self.features.astype(np.float16), labels=self.labels,
            groups=self.groups, splits=self.splits, ids=self.ids, boxes=self.boxes.astype(np.float16),
            status=np.array([STATUSES.index(s) for s in self.status], np.uint8), meta=json.dumps(meta), **get_annotations(self))


def require_table(given: Any) -> None:
    """Raise ParameterError unless something is a FeatureTable."""
    require(given, FeatureTable, "table", "what featfer.open_table returns, such as open_table('fer2013', 'embedding')")


def load_table(path: Path) -> FeatureTable:
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
    require_path(path, "table", "the name of a file that `featfer table` wrote")
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


def _check(arrays: dict[str, NDArray[Any]], meta: dict[str, Any], label_set: LabelSet | None) -> None:
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


def _are_within(arrays: dict[str, NDArray[Any]], labels: int) -> bool:
    return bool(-1 <= arrays["labels"].min() <= arrays["labels"].max() < labels
                and arrays["status"].min() >= 0 and arrays["status"].max() < len(STATUSES))
