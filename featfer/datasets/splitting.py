"""Split a data set into train, val and test, stratified by label, without an image or subject in two splits."""

import math
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from featfer.datasets.faceset import SPLITS, UNLABELLED, FaceSet
from featfer.errors import DataError, ParameterError
from featfer.typing import Integers, Strings
from featfer.utils.words import count

UNITS = ("image", "subject")


@dataclass(frozen=True)
class SplitPlan:
    """How to split a data set at random.

    Attributes
    ----------
    percents : tuple of int
        Of train, val and test; together 100.
    by : {"image", "subject"}
        What is never in two splits: an image with its exact duplicates, or a subject with all images.
    seed : int
    """

    percents: tuple[int, int, int]
    by: str = "image"
    seed: int = 0

    def __str__(self) -> str:
        return f"{'/'.join(map(str, self.percents))} by {self.by}, seed {self.seed}"

    def apply(self, faceset: FaceSet) -> FaceSet:
        """Split the labelled rows of a data set, with about the same proportion of each label in every split.

        Parameters
        ----------
        faceset : FaceSet

        Returns
        -------
        FaceSet
            With splits, and this plan in words as `split_plan`.

        Raises
        ------
        DataError
            When it has no labels, no subjects to split by, splits of its own, or too few images or subjects.
        """
        labelled = np.flatnonzero(faceset.labels != UNLABELLED)
        if reason := self._find_obstacle(faceset, labelled):
            raise DataError(f"{faceset.path}: split {self}: {reason}")
        units = (faceset.keys if self.by == "image" or faceset.subjects is None else faceset.subjects)[labelled]
        names = self._assign(self._make_folds(faceset.labels[labelled], units))
        if lacking := [name for name, percent in zip(SPLITS, self.percents, strict=True) if percent and name not in names]:
            said = count(len(set(units)), f"{self.by} is", f"{self.by}s are")
            raise DataError(f"{faceset.path}: split {self}: {said} too few, {lacking[0]} gets none; "
                            "give it a larger share")
        splits = np.full(len(faceset), "", "U5")
        splits[labelled] = names
        return replace(faceset, splits=splits, split_plan=str(self))

    def _find_obstacle(self, faceset: FaceSet, labelled: Integers) -> str:
        """Return why the data set cannot be split, "" if it can."""
        if not len(labelled):
            return "its images have no labels; put them in class folders, or list them in a csv with path and label"
        if own := sorted({split for split in faceset.splits.tolist() if split}):
            return f"it comes with splits of its own, {', '.join(own)}; leave --split out"
        subjects = [""] * len(faceset) if faceset.subjects is None else faceset.subjects
        if self.by == "subject" and (unknown := sum(not subjects[row] for row in labelled)):
            return (f"the subjects of {count(unknown, 'image')} are not known; list the images in a csv with path, label and "
                    "subject, or split by image")
        return ""

    def _make_folds(self, labels: Integers, units: Strings) -> Integers:
        """Return the fold of each row, int (n,): about equal parts that are then assigned to splits."""
        _, first, unit_of = np.unique(units, return_index=True, return_inverse=True)
        most_of_a_label = np.bincount(labels[first] if self.by == "image" else labels).max()
        number = int(min(100 // math.gcd(*self.percents), len(first), most_of_a_label))
        folds = np.zeros(len(labels), int)
        if number < 2:
            return folds
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The least populated class")  # a rare label is not in every fold
            if self.by == "image":
                folds = _number_folds(StratifiedKFold(number, shuffle=True, random_state=self.seed), labels[first])[unit_of]
            else:
                folds = _number_folds(StratifiedGroupKFold(number, shuffle=True, random_state=self.seed), labels, units)
        return folds

    def _assign(self, folds: Integers) -> Strings:
        """Return the split of each row: each fold, large ones first, goes to the split that lacks most rows."""
        sizes, given = np.bincount(folds), np.zeros(len(SPLITS))
        wanted, split_of_fold = np.array(self.percents) / 100 * len(folds), np.empty(len(sizes), "U5")
        for fold in np.argsort(-sizes, kind="stable"):
            split = int((wanted - given).argmax())
            given[split] += sizes[fold]
            split_of_fold[fold] = SPLITS[split]
        return split_of_fold[folds]


def make_split_plan(text: str, by: str = "image", seed: int = 0) -> SplitPlan:
    """Make a SplitPlan from percentages in a text.

    Parameters
    ----------
    text : str
        Percent of train, val and test, such as "80/10/10".
    by : {"image", "subject"}
    seed : int, optional

    Returns
    -------
    SplitPlan

    Raises
    ------
    ParameterError
        When these are not three whole numbers that sum to 100, or `by` is something else.
    """
    percents = tuple(int(part) for part in text.split("/") if part.isdecimal() and len(part) < 4)
    if not (len(percents) == text.count("/") + 1 == len(SPLITS) and sum(percents) == 100 and percents[0]):
        raise ParameterError(f"split {text!r}: give the shares of train, val and test in per cent, such as 80/10/10")
    if by not in UNITS:
        raise ParameterError(f"split by {by!r}: give one of {', '.join(UNITS)}")
    train, val, test = percents
    return SplitPlan((train, val, test), by, seed)


def _number_folds(cv: Any, labels: Integers, groups: Integers | Strings | None = None) -> Integers:
    """Return the number of the fold in which each row is the test part, int (n,)."""
    folds = np.empty(len(labels), int)
    for number, (_, rows) in enumerate(cv.split(labels, labels, groups)):
        folds[rows] = number
    return folds
