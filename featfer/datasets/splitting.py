"""Splits drawn for a set that comes without."""

import math
import warnings
from dataclasses import dataclass, replace

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from featfer.datasets.faceset import SPLITS, UNLABELLED
from featfer.errors import DataError, ParameterError

UNITS = ("image", "subject")


@dataclass(frozen=True)
class SplitPlan:
    """How splits are drawn: each label in the same shares everywhere, as near as units allow.

    shares: per cent of train, val and test
    by: what is never in two splits: "image", with its copies, or "subject", with all images of the same person
    seed: of what is drawn at random
    """

    shares: tuple[int, int, int]
    by: str = "image"
    seed: int = 0

    def __str__(self):
        return f"{'/'.join(map(str, self.shares))} by {self.by}, seed {self.seed}"

    def apply(self, faceset):
        """Return a FaceSet with splits for its labelled rows.

        Raises DataError where it has no labels or no subjects, or splits of its own, or too few units.
        """
        labelled = np.flatnonzero(faceset.labels != UNLABELLED)
        if reason := self._refusal(faceset, labelled):
            raise DataError(f"{faceset.path}: split {self}: {reason}")
        units = (faceset.keys if self.by == "image" else faceset.subjects)[labelled]
        names = self._deal(self._folds(faceset.labels[labelled], units))
        if lacking := [name for name, share in zip(SPLITS, self.shares, strict=True) if share and name not in names]:
            raise DataError(f"{faceset.path}: split {self}: {len(set(units))} {self.by}s are too few, {lacking[0]} gets none; "
                            "give it a larger share")
        splits = np.full(len(faceset), "", "U5")
        splits[labelled] = names
        return replace(faceset, splits=splits, split_plan=str(self))

    def _refusal(self, faceset, labelled):
        """Return why it cannot be applied, "" where it can."""
        if not len(labelled):
            return "its images have no labels; put them in class folders, or list them in a csv with path and label"
        if own := sorted({split for split in faceset.splits.tolist() if split}):
            return f"it comes with splits of its own, {', '.join(own)}; leave --split out"
        subjects = [""] * len(faceset) if faceset.subjects is None else faceset.subjects
        if self.by == "subject" and (unknown := sum(not subjects[row] for row in labelled)):
            return (f"the subjects of {unknown:,} images are not known; list the images in a csv with path, label and subject, "
                    "or split by image")
        return ""

    def _folds(self, labels, units):
        """Return the fold of each row: equal parts of which every split gets some."""
        _, first, unit_of = np.unique(units, return_index=True, return_inverse=True)
        of_a_label = np.bincount(labels[first] if self.by == "image" else labels).max()
        number = int(min(100 // math.gcd(*self.shares), len(first), of_a_label))
        folds = np.zeros(len(labels), int)
        if number < 2:
            return folds
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The least populated class")  # a rare label is not in every fold
            if self.by == "image":
                folds = _numbered(StratifiedKFold(number, shuffle=True, random_state=self.seed), labels[first])[unit_of]
            else:
                folds = _numbered(StratifiedGroupKFold(number, shuffle=True, random_state=self.seed), labels, units)
        return folds

    def _deal(self, folds):
        """Return the split of each row: folds, large ones first, go where most is lacking."""
        sizes, given = np.bincount(folds), np.zeros(len(SPLITS))
        wanted, become = np.array(self.shares) / 100 * len(folds), np.empty(len(sizes), "U5")
        for fold in np.argsort(-sizes, kind="stable"):
            at = int((wanted - given).argmax())
            given[at] += sizes[fold]
            become[fold] = SPLITS[at]
        return become[folds]


def make_split_plan(text, by="image", seed=0):
    """Return the Drawing of shares such as "80/10/10"; raise ParameterError where they are not three that make 100."""
    shares = tuple(int(part) for part in text.split("/") if part.isdecimal() and len(part) < 4)
    if not (len(shares) == text.count("/") + 1 == len(SPLITS) and sum(shares) == 100 and shares[0]):
        raise ParameterError(f"split {text!r}: give the shares of train, val and test in per cent, such as 80/10/10")
    if by not in UNITS:
        raise ParameterError(f"split by {by!r}: give one of {', '.join(UNITS)}")
    return SplitPlan(shares, by, seed)


def _numbered(cv, labels, groups=None):
    """Return the number of the fold that each row is tested in."""
    folds = np.empty(len(labels), int)
    for number, (_, rows) in enumerate(cv.split(labels, labels, groups)):
        folds[rows] = number
    return folds
