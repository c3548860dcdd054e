"""Labelled photographs, and what models answer on them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from featfer.datasets import find_dataset
from featfer.datasets.columns import get_column
from featfer.datasets.faceset import UNLABELLED, FaceSet
from featfer.errors import DataError
from featfer.labels import LabelSet, map_known_labels
from featfer.typing import Floats, Integers, Mask, Path, Strings


@dataclass(frozen=True)
class Photographs:
    """The photos of a data set whose labels have a place among some classes.

    Attributes
    ----------
    source : str
    ids : ndarray of str, (n,)
        Names of the photos.
    names : tuple of str
        The classes.
    truth : ndarray of int, (n,)
        The class of each photo.
    subjects : ndarray of str, (n,), or None
        The person in each photo, "" if unknown.
    left_out : dict of str to int
        How many photos there are of each label that has no place, and of none ("").
    unreadable : tuple of str
        Why photos could not be read, which are left out too; a sentence each.
    columns : dict of str to ndarray of object, (n,)
        Further columns of the data set, texts.
    """

    source: str
    ids: Strings
    names: tuple[str, ...]
    truth: Integers
    subjects: Strings | None = None
    left_out: dict[str, int] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()
    columns: dict[str, NDArray[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def keep(self, rows: Integers | Mask) -> Self:
        """Select photos.

        Parameters
        ----------
        rows : ndarray of int or bool
            Indices or a mask.

        Returns
        -------
        Photographs
            With the same `left_out` and `unreadable`.
        """
        subjects = None if self.subjects is None else self.subjects[rows]
        columns = {name: column[rows] for name, column in self.columns.items()}
        return replace(self, ids=self.ids[rows], truth=self.truth[rows], subjects=subjects, columns=columns)


@dataclass(frozen=True)
class Answers:
    """What a model answered on photographs.

    Attributes
    ----------
    probabilities : ndarray of float, (n, classes)
        NaN for photos without a face.
    faces : ndarray of int, (n,)
        How many faces were found in each photo.
    """

    probabilities: Floats
    faces: Integers

    @property
    def has_answer(self) -> Mask:
        """Whether the model answered on each photo, ndarray of bool (n,)."""
        return ~np.isnan(self.probabilities[:, 0])


def load_photographs(source: Path, label_set: LabelSet, codes: str | None = None,
                     columns: Sequence[str] = ()) -> tuple[FaceSet, Integers, Photographs]:
    """Load a labelled data set, with its labels mapped by `featfer.labels.map_known_labels`.

    Parameters
    ----------
    source : path
        Any labelled data set that featfer knows; for instance class folders, or a csv of paths and labels.
    label_set : LabelSet
        Of the model.
    codes : str, optional
        As for `featfer.datasets.find_dataset`.
    columns : sequence of str
        Names of columns to read too, as for `featfer.datasets.columns.get_column`.

    Returns
    -------
    FaceSet, ndarray of int (n,), Photographs
        All of it, its rows whose label has a place, and these.

    Raises
    ------
    DataError
        When there is no such data set or column, or no label has a place.
    """
    faceset = find_dataset(source, codes).load(source)
    if faceset.label_set is None:
        raise DataError(f"{source}: has no labels; give class folders, or a csv of path and label")
    mapping = np.array([*map_known_labels(faceset.label_set, label_set), UNLABELLED])  # the last is that of UNLABELLED
    mapped, names = mapping[faceset.labels], [*faceset.label_set.names, ""]
    rows = np.flatnonzero(mapped != UNLABELLED)
    if not len(rows):
        raise _refuse_labels(source, faceset.label_set, label_set)
    left_out = Counter(names[label] for label in faceset.labels[mapped == UNLABELLED].tolist())
    subjects = None if faceset.subjects is None else faceset.subjects[rows]
    further = {name: get_column(faceset, name)[rows] for name in columns}
    return faceset, rows, Photographs(faceset.name or faceset.path.name, faceset.ids[rows], label_set.names, mapped[rows],
                                      subjects, dict(left_out), columns=further)


def _refuse_labels(source: Path, theirs: LabelSet, ours: LabelSet) -> DataError:
    return DataError(f"{source}: none of its labels, {', '.join(theirs.names):.200}, has a place among "
                     f"{', '.join(ours.names)}; --labels FILE.toml can map them, in a table [from.{theirs.name}]")
