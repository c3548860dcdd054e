"""Scores of finished models on photographs from outside: with shares of classes, intervals, and comparisons of models."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featfer.errors import ParameterError
from featfer.evaluation.figures import FIGURES, RECALL, Scorer
from featfer.evaluation.metrics import compute_risk_coverage
from featfer.evaluation.photographs import Answers, Photographs
from featfer.evaluation.resampling import draw_weights, find_interval, number_units
from featfer.evaluation.significance import mcnemar
from featfer.typing import Floats, Integers

DRAWS = 2000
COMPARED = ("mean_recall", "accuracy_at_shares", "accuracy", "ece", "risk_area")  # figures
STEPS = 100  # points of a risk-coverage curve
_Key = tuple[str, str]  # a model's name, and the scope of its figures


def choose_classes(photographs: Photographs, classes: Sequence[str] | None = None,
                   shares: Mapping[str, float] | None = None) -> tuple[str, ...]:
    """Check the classes to score.

    Parameters
    ----------
    photographs : Photographs
    classes : sequence of str, optional
        By default all that have photos.
    shares : dict of str to float, optional
        They must have each of the classes.

    Returns
    -------
    tuple of str

    Raises
    ------
    ParameterError
        For a class that is unknown, stands there twice, or has no photos or no share.
    """
    counts = np.bincount(photographs.truth, minlength=len(photographs.names))
    there = [name for name, count in zip(photographs.names, counts, strict=True) if count]
    chosen = list(classes or there)
    for name in chosen:
        if name not in there or chosen.count(name) > 1:
            reason = "stands there twice" if name in there else "has no photos"
            raise ParameterError(f"classes {','.join(chosen)}: {name!r} {reason}; {photographs.source} has {', '.join(there)}")
        if shares is not None and name not in shares:
            raise ParameterError(f"shares of {', '.join(shares)}: none of {name}, which is scored; add it, or name the other "
                                 "classes with --classes")
    return tuple(chosen)


def score_outside(photographs: Photographs, answers: dict[str, Answers], classes: Sequence[str] | None = None,
                  shares: dict[str, float] | None = None, draws: int = DRAWS, seed: int = 0) -> dict[str, Any]:
    """Score models on photographs.

    Parameters
    ----------
    photographs : Photographs
    answers : dict of str to Answers
        Of each model; the others are compared with the first.
    classes : sequence of str, optional
        Those that are scored, as for `choose_classes`.
    shares : dict of str to float, optional
        As `featfer.shares.read_shares` returns them. Without it, all photos count alike.
    draws, seed : int
        Samples of the bootstrap over subjects (over photos where there are no subjects), and its seed.

    Returns
    -------
    dict
        Plain data: what `describe_photographs` returns, and classes, shares, draws, seed; models: by name figures (of the
        scored classes), answered (of their photos with an answer alone), all_classes (where not all are scored), each
        {figure: value, low, high} as `Scorer.compute` lists them, with recall by class; confusion; reliability; risk_coverage;
        pairs: the first model with each other: mcnemar on the photos of the scored classes, differences on the same samples.

    Raises
    ------
    ParameterError
        As for `choose_classes`.
    """
    classes = choose_classes(photographs, classes, shares)
    units = number_units(len(photographs), photographs.subjects)
    scorers = {name: _make_scorers(photographs, of, classes, shares) for name, of in answers.items()}
    flat = {(name, scope): scorer for name, of in scorers.items() for scope, scorer in of.items()}
    whole, samples = _sample(flat, units, draws, seed)
    models = {name: _describe_model(photographs, answers[name], of, {
        scope: (scorer.labels, whole[name, scope], samples[name, scope]) for scope, scorer in of.items()})
        for name, of in scorers.items()}
    first, *others = answers
    return {**describe_photographs(photographs), "classes": list(classes), "shares": shares, "draws": draws, "seed": seed,
            "models": models, "pairs": [_compare(first, other, flat, whole, samples) for other in others]}


def describe_photographs(photographs: Photographs) -> dict[str, Any]:
    """Describe photographs for the results of a scoring.

    Parameters
    ----------
    photographs : Photographs

    Returns
    -------
    dict
        Plain data: source, photos and subjects (their numbers), names, left_out and unreadable.
    """
    return {"source": photographs.source, "photos": len(photographs), "subjects": count_subjects(photographs),
            "names": list(photographs.names), "left_out": photographs.left_out, "unreadable": list(photographs.unreadable)}


def count_subjects(photographs: Photographs) -> int | None:
    """Count the different subjects of photographs.

    Parameters
    ----------
    photographs : Photographs

    Returns
    -------
    int or None
        None where the data set names no subjects.
    """
    return None if photographs.subjects is None else len(set(photographs.subjects.tolist()) - {""})


def _make_scorers(photographs: Photographs, answers: Answers, classes: tuple[str, ...],
                  shares: Mapping[str, float] | None) -> dict[str, Scorer]:
    """Return the scorers of a model by scope."""
    every = choose_classes(photographs)
    scorers = {"figures": Scorer(photographs, answers, classes, shares),
               "answered": Scorer(photographs, answers, classes, shares, answers.has_answer)}
    if set(every) != set(classes):
        scorers["all_classes"] = Scorer(photographs, answers, every, shares)
    return scorers


def _sample(scorers: dict[_Key, Scorer], units: Integers, draws: int,
            seed: int) -> tuple[dict[_Key, NDArray[np.float64]], dict[_Key, NDArray[np.float64]]]:
    """Return the figures of each scorer in a dict, float (figures,), and in each sample, float (draws, figures)."""
    whole = {key: scorer.compute(np.ones(len(units))) for key, scorer in scorers.items()}
    samples: dict[_Key, NDArray[np.float64]] = {key: np.empty((draws, len(figures))) for key, figures in whole.items()}
    for draw, weights in enumerate(draw_weights(units, draws, seed)):
        for key, scorer in scorers.items():
            samples[key][draw] = scorer.compute(weights)
    return whole, samples


def _describe_model(photographs: Photographs, answers: Answers, scorers: dict[str, Scorer],
                    figures: dict[str, tuple[list[str], Floats, Floats]]) -> dict[str, Any]:
    """Return what there is to say of a model.

    scorers: by scope; figures: by scope its labels, figures and samples
    """
    scorer = scorers["figures"]
    weights = np.ones(len(scorer.rows))
    coverage, risk, _ = compute_risk_coverage(scorer.confidence, scorer.is_right, scorer.balance(weights))
    steps = np.arange(1, STEPS + 1) / STEPS
    reached = np.searchsorted(coverage, steps - 1e-9)
    return {**{scope: _describe_figures(*of) for scope, of in figures.items()},
            "confusion": count_confusion(photographs, answers), "reliability": [list(point) for point in scorer.bin(weights)],
            "risk_coverage": {"coverage": steps.tolist(), "risk": risk[np.minimum(reached, len(risk) - 1)].tolist()}}


def count_confusion(photographs: Photographs, answers: Answers) -> list[list[int]]:
    """Count what was answered on the photos of each class.

    Parameters
    ----------
    photographs : Photographs
    answers : Answers

    Returns
    -------
    list of list of int, (classes, classes + 1)
        Rows are the truth; the last column is of photos without an answer.
    """
    count = len(photographs.names)
    answered = np.where(answers.has_answer, np.nan_to_num(answers.probabilities).argmax(axis=1), count)
    table = np.zeros((count, count + 1), int)
    np.add.at(table, (photographs.truth, answered), 1)
    return table.tolist()


def _describe_figures(labels: list[str], whole: Floats, samples: Floats) -> dict[str, Any]:
    """Return {figure: value with interval}, those of classes within "recall"."""
    found = {label: describe_figure(value, sampled) for label, value, sampled in zip(labels, whole, samples.T, strict=True)}
    of_classes = {label.removeprefix(RECALL): found.pop(label) for label in labels[len(FIGURES):]}
    return {**found, "recall": of_classes}


def describe_figure(value: float, samples: Floats) -> dict[str, float | None]:
    """Return a figure with its interval as plain data.

    Parameters
    ----------
    value : float
        NaN where it is undefined.
    samples : ndarray of float, (draws,)

    Returns
    -------
    dict
        value, low and high: float or None.
    """
    low, high = find_interval(samples)
    return {"value": None if np.isnan(value) else float(value), "low": low, "high": high}


def _compare(one: str, other: str, scorers: dict[_Key, Scorer], whole: dict[_Key, NDArray[np.float64]],
             samples: dict[_Key, NDArray[np.float64]]) -> dict[str, Any]:
    """Compare two models: who was right about which photos of the scored classes, and the differences of their figures.

    A difference is that of `one` minus that of `other`, on the same photos and in the same samples.
    """
    keys = (one, "figures"), (other, "figures")
    first, second = (scorers[key] for key in keys)
    differences = {label: describe_figure(whole[keys[0]][place] - whole[keys[1]][place],
                                          samples[keys[0]][:, place] - samples[keys[1]][:, place])
                   for place, label in enumerate(first.labels) if label in COMPARED}
    return {"one": one, "other": other, "mcnemar": mcnemar(first.is_right, second.is_right), "differences": differences}
