"""Means over subjects, and differences between conditions within subjects."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from featfer.evaluation.resampling import draw_weights, find_interval
from featfer.evaluation.significance import correct_by_holm
from featfer.typing import Integers

if TYPE_CHECKING:
    import pandas as pd

COMPARED = ("mean_probability", "label_share", "event_rate", "au_intensity", "affect", "blink_rate", "head_motion")
COLUMNS = ("kind", "measure", "name", "condition", "other", "subjects", "value", "low", "high", "p", "corrected_p", "unit")
MOST_EXACT = 12   # subjects up to which all sign flips are tried
FLIPS = 10_000    # random ones for more subjects
ROUNDING = 1e-12


def find_effects(rows: pd.DataFrame, seed: int = 0, draws: int = 2000) -> pd.DataFrame:
    """Compute means over subjects by condition, and differences between conditions within subjects.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `featfer.studies.summary.Summary.rows` has them.
    seed : int
    draws : int
        Bootstrap samples of the subjects.

    Returns
    -------
    pandas.DataFrame
        With COLUMNS. `kind` is "mean" (of `condition`) or "difference" (`condition` minus `other`, over the subjects that have
        both); low and high are bounds of the 95 % interval; p is of the sign-flip test, and corrected_p is corrected over all
        comparisons of the same measure.

    Notes
    -----
    A subject's value under a condition is the mean over the stretches, weighted by the seconds seen. Intervals: percentile
    bootstrap over subjects (Efron 1979). Test: under the null hypothesis the sign of each subject's difference is random
    (Fisher 1935); two-sided, on the mean difference. Correction: Holm 1979.
    """
    import pandas
    found = [row for measure in COMPARED for row in _find_of(rows[rows["measure"] == measure], rows, seed, draws)]
    return pandas.DataFrame(found, columns=list(COLUMNS)).astype(dict.fromkeys(COLUMNS[6:11], float))


def flip_signs(differences: ArrayLike, seed: int = 0) -> float:
    """Test by random signs whether differences within subjects have mean 0.

    Parameters
    ----------
    differences : array_like of float, (subjects,)
    seed : int

    Returns
    -------
    float
        p, two-sided: over all signs for up to MOST_EXACT subjects, else over FLIPS random ones and the observed.
    """
    differences = np.asarray(differences, float)
    if len(differences) <= MOST_EXACT:
        signs = np.array(list(itertools.product((-1, 1), repeat=len(differences))), float)
    else:
        signs = np.random.default_rng(seed).choice((-1.0, 1.0), (FLIPS, len(differences)))
        signs = np.vstack([np.ones(len(differences)), signs])
    means = np.abs(signs @ differences) / len(differences)
    return float((means >= abs(differences.mean()) - ROUNDING).mean())


def _find_of(of: pd.DataFrame, rows: pd.DataFrame, seed: int, draws: int) -> list[dict[str, Any]]:
    """Return the effects of one measure, as dicts."""
    means, compared = [], []
    for name in of["name"].unique():
        values = _tabulate(of[of["name"] == name], rows)
        head = {"measure": of["measure"].iloc[0], "name": name, "unit": of["unit"].iloc[0]}
        means += [{"kind": "mean", **head, "condition": condition, **_describe(values[condition].dropna(), seed, draws)}
                  for condition in values]
        compared += [{"kind": "difference", **head, "condition": later, "other": earlier,
                      **_compare((values[later] - values[earlier]).dropna(), seed, draws)}
                     for earlier, later in itertools.combinations(values, 2)]
    tested = [comparison for comparison in compared if comparison["p"] is not None]
    for comparison, p in zip(tested, correct_by_holm([of["p"] for of in tested]), strict=True):
        comparison["corrected_p"] = p
    return means + compared


def _tabulate(of: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return a table of subjects by conditions, each in order of appearance."""
    import pandas
    seen = rows[(rows["measure"] == "time") & (rows["name"] == "seen")].set_index(["subject", "film", "condition", "start_s"])
    keys = ["subject", "film", "condition", "start_s"]
    of = of.assign(weight=of.set_index(keys).index.map(seen["value"])).dropna(subset=["value"])
    of = of[of["weight"] > 0]
    sums = of.assign(value=of["value"] * of["weight"]).groupby(["subject", "condition"], sort=False)[["value", "weight"]].sum()
    values = (sums["value"] / sums["weight"]).unstack("condition")
    return values.reindex(index=rows["subject"].unique(), columns=pandas.unique(rows["condition"]))


def _describe(values: pd.Series, seed: int, draws: int) -> dict[str, Any]:
    """Return the mean with its interval, which needs two subjects."""
    values = values.to_numpy(float)
    if not len(values):
        return {"subjects": 0, "value": None}
    result = {"subjects": len(values), "value": values.mean()}
    if len(values) < 2 or not draws:
        return result
    low, high = find_interval(_draw_samples(len(values), draws, seed) @ values / len(values))
    return result | {"low": low, "high": high}


@functools.lru_cache(maxsize=8)
def _draw_samples(subjects: int, draws: int, seed: int) -> Integers:
    """Return how often each subject is in each sample, int (draws, subjects): the same samples for all measures."""
    return np.array(list(draw_weights(np.arange(subjects), draws, seed)))


def _compare(differences: pd.Series, seed: int, draws: int) -> dict[str, Any]:
    return _describe(differences, seed, draws) | {"p": flip_signs(differences, seed) if len(differences) > 1 else None}
