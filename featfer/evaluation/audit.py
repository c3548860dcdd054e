"""An audit: a model's figures by group of the photographs, and which differences between groups chance does not explain.

A p-value is that of the difference divided by its standard error over the bootstrap samples, by Student's distribution with
Welch's degrees of freedom (Welch 1947, "The generalization of 'Student's' problem when several different population variances
are involved"), of the subjects. Where all or none of the photos of a class were right, the samples show no variance; that of
Agresti and Caffo 2000 ("Simple and effective confidence intervals for proportions and differences of proportions") is added.
ECE is not compared: it is larger by chance in smaller groups.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featfer.datasets.columns import SUBJECT
from featfer.errors import ParameterError
from featfer.evaluation.figures import FIGURES, RECALL, Scorer
from featfer.evaluation.outside import DRAWS, choose_classes, count_subjects, describe_figure, describe_photographs
from featfer.evaluation.photographs import Answers, Photographs
from featfer.evaluation.resampling import draw_weights, number_units
from featfer.evaluation.significance import correct_by_holm
from featfer.typing import Floats, Integers, Mask

LEAST = 20           # photos of a group
LEAST_SUBJECTS = 5   # of a group, where subjects are known: a difference is to be of the group, not of one person
LEAST_OF_CLASS = 5   # photos of a class in each group, for the class to count in the mean recall
FEW = 3              # groups of which all pairs are compared; of more, each with the rest
LEAST_DRAWS = 100
REST = "the rest"
SHOWN = ("mean_recall", "accuracy", "ece", "overconfidence", "faces_found")
TESTED = ("mean_recall", "accuracy", "overconfidence", "faces_found")


def audit(photographs: Photographs, answers: Answers, classes: Sequence[str] | None = None, least: int = LEAST,
          draws: int = DRAWS, seed: int = 0) -> dict[str, Any]:
    """Compute a model's figures by group, and compare the groups.

    Parameters
    ----------
    photographs : Photographs
        `columns` say the group of each photo; those with an empty text are in none.
    answers : Answers
    classes : sequence of str, optional
        Those that are scored, by default all that have photos.
    least : int
        Groups with fewer photos are too small to be scored, and classes with fewer photos in a group to be compared.
    draws : int
        Samples of the bootstrap over subjects; over photos where there are no subjects, or where these are the groups.
    seed : int

    Returns
    -------
    dict
        Plain data: source, photos, subjects, classes, left_out, unreadable, least, draws, seed; columns: by name what
        `_audit_column` returns; comparisons (their number). All p-values of an audit are corrected together.

    Raises
    ------
    ParameterError
        As for `featfer.evaluation.outside.choose_classes`; for less than LEAST_DRAWS samples.
    """
    if draws < LEAST_DRAWS:
        raise ParameterError(f"draws {draws}: an audit needs {LEAST_DRAWS} samples or more")
    classes = choose_classes(photographs, classes)
    columns = {name: _audit_column(photographs, answers, name, classes, least, draws, seed) for name in photographs.columns}
    compared = [difference for column in columns.values() for difference in column["differences"]]
    for difference, p in zip(compared, correct_by_holm([difference["p"] for difference in compared]), strict=True):
        difference["corrected_p"] = p
    return {**describe_photographs(photographs), "classes": list(classes), "least": least, "draws": draws, "seed": seed,
            "columns": columns, "comparisons": len(compared)}


def find_significant(result: dict[str, Any], level: float = 0.05) -> list[tuple[str, dict[str, Any]]]:
    """List the differences that chance does not explain.

    Parameters
    ----------
    result : dict
        From `audit`.
    level : float
        Of the corrected p-values.

    Returns
    -------
    list of tuple (str, dict)
        The column and the difference, smallest p first.
    """
    found = [(name, difference) for name, column in result["columns"].items() for difference in column["differences"]
             if difference["corrected_p"] < level]
    return sorted(found, key=lambda pair: pair[1]["p"])


@dataclass(frozen=True)
class _Group:
    """A group's figures.

    labels: of the figures; total, right, found: from Scorer.count; units: from Scorer.count_units; common: numbers of the
    classes in the mean recall; whole: float (figures,); samples: float (draws, figures)
    """

    labels: list[str]
    total: Integers
    right: Integers
    found: int
    units: tuple[Integers, int]
    common: list[int]
    whole: NDArray[np.float64]
    samples: NDArray[np.float64]

    def estimate_variance(self, label: str) -> tuple[float, float, float]:
        """Return the variance of a figure by the samples, that which they cannot show, and the degrees of freedom."""
        sampled = float(np.nanvar(self.samples[:, self.labels.index(label)]))
        right, total, (of_classes, of_all) = self.right, self.total, self.units
        if label == "mean_recall":
            hidden = sum(_find_hidden_variance(right[place], total[place]) for place in self.common) / len(self.common) ** 2
            count = of_classes[self.common].min()
        elif label.startswith(RECALL):
            place = self.labels.index(label) - len(FIGURES)
            hidden, count = _find_hidden_variance(right[place], total[place]), of_classes[place]
        else:
            hidden = _find_hidden_variance(self.found if label == "faces_found" else right.sum(), total.sum())
            count = of_all
        return sampled, hidden, max(count - 1, 1)


def _find_hidden_variance(right: float, total: float) -> float:
    """Return the variance of a share if it is 0 or 1."""
    share = (right + 1) / (total + 2)
    return share * (1 - share) / (total + 2) if right in (0, total) else 0.0


def _audit_column(photographs: Photographs, answers: Answers, name: str, classes: Sequence[str], least: int, draws: int,
                  seed: int) -> dict[str, Any]:
    """Return the figures by group, and the differences.

    Returns a dict: unknown (photos in no group); mean_recall_of (the classes in it); groups: by value photos, subjects,
    is_small, and unless it is small the figures SHOWN and recall by class; differences: a list of one, other, figure, value,
    low, high, p
    """
    texts = photographs.columns[name]
    subjects = None if name.strip().lower() == SUBJECT else photographs.subjects
    masks = {value: texts == value for value in sorted(set(texts.tolist()) - {""})}
    counts = {value: _count(photographs, mask) for value, mask in masks.items()}
    large = [value for value, of in counts.items()
             if of["photos"] >= least and (subjects is None or of["subjects"] >= LEAST_SUBJECTS)]
    with_rest = large if len(large) > FEW else []
    chosen = [masks[value] for value in large] + [~masks[value] & (texts != "") for value in with_rest]
    scorers = [Scorer(photographs, answers, classes, only=mask) for mask in chosen]
    sampled = _sample(scorers, number_units(len(photographs), subjects), draws, seed)
    groups = dict(zip(large, sampled, strict=False))
    pairs = ([(value, REST, groups[value], rest) for value, rest in zip(with_rest, sampled[len(large):], strict=True)]
             or [(one, other, groups[one], groups[other]) for one, other in combinations(large, 2)])
    return {"unknown": int((texts == "").sum()),
            "mean_recall_of": [classes[place] for place in sampled[0].common] if sampled else [],
            "groups": {value: {**of, "is_small": value not in groups, **(_describe(groups[value]) if value in groups else {})}
                       for value, of in counts.items()},
            "differences": [difference for pair in pairs for difference in _compare(*pair, least)]}


def _count(photographs: Photographs, is_in: Mask) -> dict[str, Any]:
    rows = photographs.keep(np.flatnonzero(is_in))
    return {"photos": len(rows), "subjects": count_subjects(rows)}


def _sample(scorers: list[Scorer], units: Integers, draws: int, seed: int) -> list[_Group]:
    """Return a _Group for each scorer; the mean recall is over the classes that have LEAST_OF_CLASS photos in all of them."""
    counts = [(*scorer.count(), scorer.count_units(units)) for scorer in scorers]
    least = np.min([total for total, *_ in counts], axis=0) if counts else np.zeros(0)
    common = np.flatnonzero(least >= LEAST_OF_CLASS).tolist()
    samples = [np.empty((draws, len(scorer.labels))) for scorer in scorers]
    for draw, weights in enumerate(draw_weights(units, draws, seed)):
        for scorer, into in zip(scorers, samples, strict=True):
            into[draw] = _score(scorer, weights, common)
    return [_Group(scorer.labels, *count, common, _score(scorer, np.ones(len(units)), common), of)
            for scorer, count, of in zip(scorers, counts, samples, strict=True)]


def _score(scorer: Scorer, weights: Floats | Integers, common: list[int]) -> NDArray[np.float64]:
    """Return all figures, with the mean recall of some classes alone."""
    figures = scorer.compute(weights)
    recalls = figures[len(FIGURES):][common]
    figures[0] = recalls.mean() if len(recalls) else np.nan
    return figures


def _describe(group: _Group) -> dict[str, Any]:
    figures = {label: describe_figure(value, samples)
               for label, value, samples in zip(group.labels, group.whole, group.samples.T, strict=True)}
    recalls = {label.removeprefix(RECALL): figures[label] for label in group.labels[len(FIGURES):]}
    return {name: figures[name] for name in SHOWN} | {"recall": recalls}


def _compare(one: str, other: str, first: _Group, second: _Group, least: int) -> Iterator[dict[str, Any]]:
    """Yield the differences between two groups, by their names, in the figures that can be tested."""
    photos = np.minimum(first.total, second.total)
    tested = [*TESTED, *(label for label, count in zip(first.labels[len(FIGURES):], photos, strict=True) if count >= least)]
    for place, label in enumerate(first.labels):
        value = first.whole[place] - second.whole[place]
        if label in tested and not np.isnan(value):
            samples = first.samples[:, place] - second.samples[:, place]
            p = _find_p(value, float(np.nanvar(samples)), first.estimate_variance(label), second.estimate_variance(label))
            yield {"one": one, "other": other, "figure": label, **describe_figure(value, samples), "p": p}


def _find_p(difference: float, sampled: float, first: tuple[float, float, float], second: tuple[float, float, float]) -> float:
    """Return the two-sided p-value of a difference.

    sampled: its variance over the samples; first, second: what `estimate_variance` returned for both groups
    """
    from scipy.stats import t
    (one, hidden_one, freedom_one), (other, hidden_other, freedom_other) = first, second
    hidden = hidden_one + hidden_other
    if not sampled + hidden:
        return float(not difference)
    freedom = (one + other) ** 2 / (one ** 2 / freedom_one + other ** 2 / freedom_other) if one + other else np.inf
    unbiased = sampled * (1 + 1 / freedom)  # samples vary around the mean of the photos there are
    return float(2 * t.sf(abs(difference) / math.sqrt(unbiased + hidden), freedom))
