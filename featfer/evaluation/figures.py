"""Figures of a model's answers on photographs, for any weights of the photographs."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from featfer.evaluation.metrics import bin_confidences, compute_risk_coverage
from featfer.evaluation.photographs import Answers, Photographs
from featfer.typing import Floats, Integers, Mask

FIGURES = ("mean_recall", "accuracy_at_shares", "accuracy", "ece", "overconfidence", "risk_area", "faces_found")
RECALL = "recall "  # before the name of a class


class Scorer:
    """Computes figures of a model's answers on the photos of some classes.

    A photo without an answer is a wrong one; it counts in all figures but ece and overconfidence.

    Parameters
    ----------
    photographs : Photographs
    answers : Answers
    classes : sequence of str
        Those whose photos count.
    shares : dict of str to float, optional
        The share of each class where the model is to be used; only proportions matter. Without it all photos count alike.
    only : ndarray of bool, (n,), optional
        Which of the photos count, by default all.

    Attributes
    ----------
    rows : ndarray of int, (m,)
        The photos that count.
    is_right, has_answer : ndarray of bool, (m,)
    confidence : ndarray of float, (m,)
        Probability of the likeliest class, 0 without an answer.
    """

    def __init__(self, photographs: Photographs, answers: Answers, classes: Sequence[str],
                 shares: Mapping[str, float] | None = None, only: Mask | None = None) -> None:
        self.classes, names = tuple(classes), photographs.names
        places = np.full(len(names), -1)
        places[[names.index(name) for name in self.classes]] = np.arange(len(self.classes))
        is_scored = places[photographs.truth] >= 0
        self.rows = np.flatnonzero(is_scored if only is None else is_scored & only)
        truth, probabilities = photographs.truth[self.rows], np.nan_to_num(answers.probabilities[self.rows])
        self.has_answer, self._is_found = answers.has_answer[self.rows], answers.faces[self.rows] > 0
        self.confidence, self._place = probabilities.max(axis=1, initial=0), places[truth]
        self.is_right = self.has_answer & (probabilities.argmax(axis=1) == truth)
        self._shares = None if shares is None else np.array([shares.get(name, 0.0) for name in self.classes])

    @property
    def labels(self) -> list[str]:
        """The names of what `compute` returns (list of str)."""
        return [*FIGURES, *(RECALL + name for name in self.classes)]

    def compute(self, weights: Floats | Integers) -> NDArray[np.float64]:
        """Compute all figures.

        Parameters
        ----------
        weights : ndarray of number, (n,)
            Of all photos, such as how often each was drawn.

        Returns
        -------
        ndarray of float, (figures,)
            As `labels` has them: mean recall of the classes; accuracy, each class weighted by its share; plain accuracy;
            expected calibration error, at the shares; mean confidence minus accuracy, likewise; area under the risk-coverage
            curve, likewise; share of photos in which a face was found; recall of each class. NaN where there are no photos;
            a class without photos is passed over.
        """
        weights = weights[self.rows]
        count = len(self.classes)
        total, right = (np.bincount(self._place, weights * factor, count) for factor in (1, self.is_right))
        recalls = np.divide(right, total, out=np.full(count, np.nan), where=total > 0)
        if not total.any():
            return np.full(len(FIGURES) + count, np.nan)
        balanced = self.balance(weights)
        return np.array([
            np.nanmean(recalls), (balanced * self.is_right).sum(), right.sum() / total.sum(), *self._calibrate(weights),
            compute_risk_coverage(self.confidence, self.is_right, balanced)[2], np.average(self._is_found, weights=weights),
            *recalls])

    def count(self) -> tuple[Integers, Integers, int]:
        """Count the photos that count.

        Returns
        -------
        total, right : ndarray of int, (classes,)
            The photos of each class, and those that were right.
        found : int
            The photos in which a face was found.
        """
        total, right = (np.bincount(self._place[chosen], minlength=len(self.classes)) for chosen in (..., self.is_right))
        return total, right, int(self._is_found.sum())

    def count_units(self, units: Integers) -> tuple[Integers, int]:
        """Count the units of the bootstrap that the photos of each class belong to.

        Parameters
        ----------
        units : ndarray of int, (n,)
            Of all photos, as `featfer.evaluation.resampling.number_units` returns them.

        Returns
        -------
        of_classes : ndarray of int, (classes,)
        of_all : int
        """
        units = units[self.rows]
        of_classes = [len(np.unique(units[self._place == place])) for place in range(len(self.classes))]
        return np.array(of_classes), len(np.unique(units))

    def balance(self, weights: Floats | Integers) -> Floats:
        """Change weights such that each class has its share.

        Parameters
        ----------
        weights : ndarray of number, (m,)
            Of the photos that count.

        Returns
        -------
        ndarray of float, (m,)
            They sum to 1.
        """
        if self._shares is None:
            return weights / max(weights.sum(), 1e-300)
        total = np.bincount(self._place, weights, len(self.classes))
        factors = np.divide(self._shares, total, out=np.zeros(len(total)), where=total > 0)
        balanced = weights * factors[self._place]
        return balanced / max(balanced.sum(), 1e-300)

    def bin(self, weights: Floats | Integers) -> list[tuple[float, float, float]]:
        """Return the reliability bins, as `metrics.reliability_bins` does, of photos with an answer, at the shares.

        Parameters
        ----------
        weights : ndarray of number, (m,)
            Of the photos that count.

        Returns
        -------
        list of tuple of float
        """
        answered = self.has_answer
        balanced = self.balance(weights * answered)[answered]
        return bin_confidences(self.confidence[answered], self.is_right[answered], weights=balanced)

    def _calibrate(self, weights: Floats | Integers) -> tuple[float, float]:
        """Return ece and overconfidence."""
        if not (weights * self.has_answer).any():
            return np.nan, np.nan
        gaps = np.array([size * (confidence - accuracy) for size, confidence, accuracy in self.bin(weights)])
        return np.abs(gaps).sum(), gaps.sum()
