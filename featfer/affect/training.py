"""From a feature table with valence and arousal to an AffectRecognizer and its card."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from featfer.affect import check_regressor, make_regressor
from featfer.affect.metrics import AFFECT, coarse_valence, compute_figures
from featfer.affect.recognizer import AffectRecognizer
from featfer.bundle.golden import make_golden
from featfer.errors import ParameterError, StoreError, wrap_library_errors
from featfer.faces import UNREADABLE
from featfer.features import restore_feature
from featfer.store.table import FeatureTable
from featfer.typing import Floats
from featfer.utils.provenance import describe_origin

Trained: TypeAlias = tuple[AffectRecognizer, dict[str, Any]]  # a model and its card


def train_affect(table: FeatureTable, regressor: str, params: Mapping[str, Any] | None = None, seed: int = 0,
                 score_test: bool = False, command: str | None = None, proxy: str | None = None) -> Trained:
    """Train a regressor on the train split of a table.

    Parameters
    ----------
    table : FeatureTable
        Needs no labels. Rows without values are skipped, and an output without values in train is not learnt.
    regressor, params : str, dict
        A name in `featfer.affect.REGRESSORS`, and its parameters.
    seed, score_test, command
        As for `featfer.train`.
    proxy : {"votes"}, optional
        Learn a coarse valence from raters' votes instead of rated valence and arousal.

    Returns
    -------
    tuple (AffectRecognizer, dict)
        The model and its card.

    Raises
    ------
    StoreError, ParameterError
        When train has no values; for what cannot be trained.
    """
    if proxy not in (None, "votes"):
        raise ParameterError(f"proxy {proxy!r} is not votes")
    params, start = params or {}, time.perf_counter()
    check_regressor(regressor, params)
    table = add_proxy(table) if proxy else table
    outputs = _find_outputs(table)
    rows = select_known_rows(table, "train", outputs)
    fitted, features = _fit(rows, regressor, seed, params), list(map(restore_feature, table.fingerprints))
    recognizer, seconds = AffectRecognizer(fitted, features, outputs), time.perf_counter() - start
    data = {"source": table.source, "trained_on": "train", "rows": len(rows), "truth": proxy or "ratings"}
    return recognizer, {
        "regressor": regressor, "params": params, "seed": seed, "command": command, "outputs": list(outputs),
        "features": table.fingerprints, "data": data,
        "figures": _score(recognizer, table, ("val", "test") if score_test else ("val",)),
        "golden": make_golden(recognizer, table.features), "seconds": round(seconds, 1), **describe_origin()}


def add_proxy(table: FeatureTable) -> FeatureTable:
    """Replace the affect of a table by a coarse valence from its votes, without arousal.

    Parameters
    ----------
    table : FeatureTable

    Returns
    -------
    FeatureTable

    Raises
    ------
    StoreError
        When it has no votes.
    ParameterError
        When its labels have no polarity.
    """
    if table.votes is None or table.label_set is None or not table.votes.any():
        raise StoreError(f"{table.source}: its rows have no votes to make a valence of; extract a source that has them, such "
                         "as FER+")
    valence = coarse_valence(table.votes, table.label_set)
    return replace(table, affect=np.stack([valence, np.full_like(valence, np.nan)], axis=1))


def select_known_rows(table: FeatureTable, split: str, outputs: Sequence[str]) -> FeatureTable:
    """Select the readable rows of a split for which all outputs are known.

    Parameters
    ----------
    table : FeatureTable
    split : str
    outputs : sequence of str

    Returns
    -------
    FeatureTable
        With features float32, and affect float32 (n, outputs).
    """
    affect = _get_affect(table)[:, [AFFECT.index(name) for name in outputs]]
    known = (table.splits == split) & (table.status != UNREADABLE) & ~np.isnan(affect).any(axis=1)
    rows = replace(table, affect=affect).rows(known)
    return replace(rows, features=rows.features.astype(np.float32, copy=False))


def evaluate_affect(recognizer: AffectRecognizer, table: FeatureTable, split: str) -> dict[str, Any] | None:
    """Score a recognizer of valence and arousal on a split of a table.

    Parameters
    ----------
    recognizer : AffectRecognizer
    table : FeatureTable
    split : {"train", "val", "test"}

    Returns
    -------
    dict or None
        What `featfer.affect.metrics.compute_figures` returns, with split and copies: how many images also occur in train, pixel
        for pixel, and the figures without them. None when no row has known values.
    """
    rows = select_known_rows(table, split, recognizer.outputs)
    if not len(rows):
        return None
    truth, predicted = _get_affect(rows), recognizer.affect(rows.features)
    is_unique = ~table.find_train_duplicates(rows)
    without = compute_figures(truth[is_unique], predicted[is_unique], recognizer.outputs) if is_unique.any() else None
    return {"split": split, **compute_figures(truth, predicted, recognizer.outputs),
            "copies": {"images": int((~is_unique).sum()), "figures_without": without}}


def _get_affect(table: FeatureTable) -> Floats:
    """Return valence and arousal of each row; nan where they are not known."""
    return np.full((len(table), len(AFFECT)), np.nan) if table.affect is None else table.affect


def _find_outputs(table: FeatureTable) -> tuple[str, ...]:
    """Return the names of the outputs that are known for any readable row of train."""
    train = (table.splits == "train") & (table.status != UNREADABLE)
    affect = _get_affect(table)
    outputs = tuple(np.array(AFFECT)[~np.isnan(affect[train]).all(axis=0)].tolist())
    if not outputs:
        raise StoreError(f"{table.source}: none of its rows in split 'train' has a valence or arousal; AffectNet has them, and "
                         "of a source with raters' votes, such as FER+, --proxy votes makes a coarse valence")
    return outputs


def _fit(rows: FeatureTable, regressor: str, seed: int, params: Mapping[str, Any]) -> Any:
    estimator = make_regressor(regressor, seed, **params)
    way_out = f"set another --param, or train on more than {len(rows):,} faces"
    with wrap_library_errors(f"{regressor} with {params or 'its default parameters'} cannot be trained", way_out):
        return estimator.fit(rows.features, rows.affect)


def _score(recognizer: AffectRecognizer, table: FeatureTable, splits: Sequence[str]) -> dict[str, Any]:
    scores = {split: evaluate_affect(recognizer, table, split) for split in splits}
    return {split: score for split, score in scores.items() if score}
