"""A classifier whose classes are the labels of a LabelSet: its probabilities in other labels, and under other priors."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import copy
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from featfer.classifiers.wrappers.prior import PriorCorrected, estimate_prior
from featfer.classifiers.wrappers.relabelled import Relabelled
from featfer.errors import ParameterError
from featfer.labels import LABEL_SETS, LabelSet, find_labels, map_labels
from featfer.shares import are_shares, read_shares
from featfer.typing import Floats, Path
from featfer.utils.requiring import require

UNIFORM = "uniform"  # a prior: all labels have the same share


class LabelledClassifier:
    """The part of a Recognizer that knows its classifier and its labels, but no faces.

    Attributes
    ----------
    classifier : scikit-learn classifier
        With predict_proba over feature matrices (n, d); its classes are indices into `label_set`.
    label_set : LabelSet
    prior : dict of str to float, or None
        The shares of the labels that the probabilities assume: those of the training faces, or what `with_prior` was given.
        None in models of earlier versions.
    """

    classifier: Any
    label_set: LabelSet
    prior: dict[str, float] | None = None

    @property
    def known_labels(self) -> NDArray[np.int_]:
        """The labels that the classifier was trained on, as indices into the label set (int array).

        Raises UnfittedError before it was trained.
        """
        try:
            return np.asarray(self.classifier.classes_, int)
        except AttributeError:
            from featfer.classifiers.unfitted import UnfittedError
            raise UnfittedError from None

    @property
    def known_names(self) -> list[str]:
        """The names of `known_labels` (list of str)."""
        return [self.label_set.names[label] for label in self.known_labels]

    def probabilities(self, values: Floats) -> NDArray[np.float64]:
        """Return the probability of each expression.

        Parameters
        ----------
        values : float array (n, d)
            Features.

        Returns
        -------
        float array (n, labels)
            In the order of the label set; 0 for expressions on which the classifier was not trained.
        """
        result = np.zeros((len(values), len(self.label_set)))
        try:
            result[:, self.known_labels] = self.classifier.predict_proba(values)
        except AttributeError as error:  # scikit-learn's NotFittedError is one
            from featfer.classifiers.unfitted import NotFittedError, UnfittedError
            raise (UnfittedError if isinstance(error, NotFittedError) else error) from None
        return result

    def relabel(self, label_set: LabelSet | Path) -> Self:
        """Return a Recognizer that predicts the labels of another LabelSet, or its name; raise ParameterError if they cannot be
        mapped."""
        label_set = to_label_set(label_set)
        mapping = map_labels(self.label_set, label_set)
        if label_set == self.label_set:
            return self
        other = copy(self)
        other.classifier, other.label_set = Relabelled(self.classifier, mapping), label_set
        if len(other.known_labels) < 2:
            raise ParameterError(f"labels {label_set.name}: fewer than two of them are left of what the model knows, which is "
                                 f"{', '.join(self.known_names)}; it would always answer the same")
        if self.prior is not None:
            shares: defaultdict[int, float] = defaultdict(float)
            for name, label in zip(self.label_set.names, mapping, strict=True):
                shares[label] += self.prior.get(name, 0)
            known = [shares[label] for label in other.known_labels]
            if not sum(known):
                raise ParameterError(f"labels {label_set.name}: none of them has a share in the model's prior")
            other.prior = name_shares(known, other)
        return other

    def with_prior(self, prior: Mapping[str, float] | str) -> Self:
        """Return a Recognizer whose probabilities assume other shares of the labels.

        Parameters
        ----------
        prior : dict of str to float, or str
            The share of each label that the model knows, 0 or more; they need not sum to 1. A str is "uniform", or as for
            `featfer.shares.read_shares`.

        Returns
        -------
        Recognizer

        Raises
        ------
        ParameterError
            When a label is missing or unknown, when all shares are 0, or when the model does not say what it assumes.

        Notes
        -----
        See `featfer.classifiers.wrappers.prior.correct_prior`.
        """
        classifier, assumed, names = self.classifier, self._list_assumed(), self.known_names
        if isinstance(classifier, PriorCorrected):  # a prior replaces one that was stated before
            classifier, assumed = classifier.estimator, classifier.assumed
        shares = read_prior(prior, self.label_set, names)
        other = copy(self)
        other.prior = name_shares([shares[name] for name in names], self)
        other.classifier = PriorCorrected(classifier, assumed, np.array([other.prior[name] for name in names]))
        return other

    def estimate_prior(self, probabilities: ArrayLike, weights: ArrayLike | None = None) -> dict[str, float]:
        """Estimate the shares of the labels in a batch, by expectation maximisation.

        Parameters
        ----------
        probabilities : float array (n, labels)
            Of the faces of the batch, as `probabilities` or the `probabilities` of an Expression hold them.
        weights : array_like of float, shape (n,), optional
            Of the faces.

        Returns
        -------
        dict of str to float
            For `with_prior`.

        Raises
        ------
        ParameterError
            Without a face, or when the model does not say what it assumes.
        """
        rows = np.asarray(probabilities)
        if not len(rows):
            raise ParameterError("no face to estimate the shares of the labels from")
        return name_shares(estimate_prior(rows[:, self.known_labels], self._list_assumed(), weights), self)

    def _list_assumed(self) -> NDArray[np.float64]:
        """Return the shares that the probabilities assume, float (classes,)."""
        if self.prior is None:
            raise ParameterError("prior: the model does not say on which shares of the labels it was trained; train it again "
                                 "with this version")
        return np.array([self.prior[name] for name in self.known_names])


def read_prior(prior: Mapping[str, float] | str, label_set: LabelSet, names: list[str]) -> Mapping[str, float]:
    """Return {label: share} for a prior in any form that `LabelledClassifier.with_prior` takes.

    Parameters
    ----------
    prior : dict of str to float, or str
    label_set : LabelSet
    names : list of str
        The labels of it that the model knows.

    Returns
    -------
    dict of str to float
        As they were given: they need not sum to 1.

    Raises
    ------
    ParameterError
        When a label is missing or unknown, or when all shares are 0.
    """
    if isinstance(prior, str):
        prior = dict.fromkeys(names, 1.0) if prior == UNIFORM else read_shares(prior, label_set)
    if not are_shares(prior, names):
        raise ParameterError(f"prior {prior!r:.200}: give a share from 0 of each of {', '.join(names)}, and not all 0")
    return prior


def to_label_set(given: LabelSet | Path) -> LabelSet:
    """Return a label set, given itself, by name, or by the name of its file; raise ParameterError for anything else."""
    if isinstance(given, (str, os.PathLike)):
        return find_labels(os.fspath(given))
    require(given, LabelSet, "labels", f"a LabelSet, one of {', '.join(LABEL_SETS)}, or a .toml file")
    return given


def read_labels(given: Iterable[Any], label_set: LabelSet) -> tuple[NDArray[np.int_], bool]:
    """Read the labels of some images.

    Parameters
    ----------
    given : iterable of str or int
        Names or synonyms, or else indices into the label set.
    label_set : LabelSet

    Returns
    -------
    tuple (int array, bool)
        Indices into the label set, and whether they were given so.

    Raises
    ------
    ParameterError
        When there are none, or one is neither name nor index.
    """
    values = list(given) if isinstance(given, Iterable) and not isinstance(given, (str, bytes)) else []
    if not values:
        raise ParameterError(f"labels {given!r:.80}: give one for each image, such as ['happy', 'sad']")
    are_indices = all(isinstance(value, Integral) and not isinstance(value, bool) for value in values)
    if not are_indices:
        for value in values:
            if not isinstance(value, str):
                raise ParameterError(f"label {value!r:.80}: give all labels by name, out of {', '.join(label_set.names)}, or "
                                     f"all as numbers from 0 to {len(label_set) - 1}")
        return np.array([label_set.index(value) for value in values]), False
    for value in values:
        if not 0 <= value < len(label_set):
            raise ParameterError(f"label {value}: not from 0 to {len(label_set) - 1}, the labels of {label_set.name}: "
                                 f"{', '.join(label_set.names)}")
    return np.array(values, int), True


def name_shares(shares: Iterable[float], recognizer: LabelledClassifier) -> dict[str, float]:
    """Return {label: share} for the shares, or counts, of a recognizer's known labels, which then sum to 1."""
    values = list(shares)
    return {name: float(share / sum(values)) for name, share in zip(recognizer.known_names, values, strict=True)}
