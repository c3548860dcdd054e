"""A feature table with valence and arousal in, an AffectRecognizer and its card out."""

import time
from dataclasses import replace

import numpy as np

from featfer.affect import check_regressor, make_regressor
from featfer.affect.metrics import AFFECT, coarse_valence, compute_figures
from featfer.affect.recognizer import AffectRecognizer
from featfer.bundle.golden import make_golden
from featfer.errors import ParameterError, StoreError, wrap_library_errors
from featfer.faces import UNREADABLE
from featfer.features import feature_of
from featfer.utils.provenance import describe_origin


def train_affect(table, regressor, params=None, seed=0, score_test=False, command=None, proxy=None):
    """Return (AffectRecognizer, card) of a regressor trained on the train split of a FeatureTable.

    regressor: a name in featfer.affect.REGRESSORS; params: its parameters; seed: of all that is drawn
    score_test: score the test split too; models are chosen on val, so ask for it once, at the end
    command: how to make it again, for the card
    proxy: "votes" to learn featfer.affect.metrics.coarse_valence in place of rated valence and arousal

    Rows need no label; those without a value are left out, and an output without a value in train is not learnt. Raises
    StoreError when nothing in train has one, ParameterError for what cannot be trained.
    """
    if proxy not in (None, "votes"):
        raise ParameterError(f"proxy {proxy!r} is not votes")
    check_regressor(regressor, params or {})
    start = time.perf_counter()
    estimator = make_regressor(regressor, seed, **(params or {}))
    table = with_proxy(table) if proxy else table
    outputs = _outputs(table)
    rows = known_rows(table, "train", outputs)
    fitted = _fitted(estimator, rows, regressor, params)
    recognizer = AffectRecognizer(fitted, [feature_of(f) for f in table.fingerprints], outputs)
    seconds = time.perf_counter() - start
    return recognizer, {
        "regressor": regressor, "params": params or {}, "seed": seed, "command": command, "outputs": list(outputs),
        "features": table.fingerprints,
        "data": {"source": table.source, "trained_on": "train", "rows": len(rows), "truth": proxy or "ratings"},
        "figures": _scores(recognizer, table, ("val", "test") if score_test else ("val",)),
        "golden": make_golden(recognizer, table.features),
        "seconds": round(seconds, 1), **describe_origin(),
    }


def with_proxy(table):
    """Return a FeatureTable with a coarse valence of its votes, and no arousal, as its affect; raise StoreError where there are
    no votes, ParameterError where its labels have no polarity."""
    if table.votes is None or not table.votes.any():
        raise StoreError(f"{table.source}: its rows have no votes to make a valence of; extract a source that has them, such "
                         "as FER+")
    valence = coarse_valence(table.votes, table.label_set)
    return replace(table, affect=np.stack([valence, np.full_like(valence, np.nan)], axis=1))


def known_rows(table, split, outputs):
    """Return the readable rows of a split of which all outputs are known: a FeatureTable, its features float32 and its affect
    float32 (n, outputs)."""
    affect = table.affect[:, [AFFECT.index(name) for name in outputs]]
    known = (table.splits == split) & (table.status != UNREADABLE) & ~np.isnan(affect).any(axis=1)
    rows = replace(table, affect=affect).rows(known)
    return replace(rows, features=rows.features.astype(np.float32, copy=False))


def evaluate_affect(recognizer, table, split):
    """Return the figures of an AffectRecognizer on a split of a FeatureTable, None where it knows no row of it.

    What featfer.affect.metrics.compute_figures gives, split, and copies (of this split's images that stand, pixel for pixel,
    in the training split): how many, and the figures without them.
    """
    rows = known_rows(table, split, recognizer.outputs)
    if not len(rows):
        return None
    told = recognizer.affect(rows.features)
    kept = ~table.find_train_duplicates(rows)
    without = compute_figures(rows.affect[kept], told[kept], recognizer.outputs) if kept.any() else None
    return {"split": split, **compute_figures(rows.affect, told, recognizer.outputs),
            "copies": {"images": int((~kept).sum()), "figures_without": without}}


def _outputs(table):
    """Return the names of what is known of any readable row in train."""
    train = (table.splits == "train") & (table.status != UNREADABLE)
    affect = np.full((len(table), len(AFFECT)), np.nan) if table.affect is None else table.affect
    outputs = tuple(np.array(AFFECT)[~np.isnan(affect[train]).all(axis=0)].tolist())
    if not outputs:
        raise StoreError(f"{table.source}: none of its rows in split 'train' has a valence or arousal; AffectNet has them, and "
                         "of a source with raters' votes, such as FER+, --proxy votes makes a coarse valence")
    return outputs


def _fitted(estimator, rows, regressor, params):
    way_out = f"set another --param, or train on more than {len(rows):,} faces"
    with wrap_library_errors(f"{regressor} with {params or 'its default parameters'} cannot be trained", way_out):
        return estimator.fit(rows.features, rows.affect)


def _scores(recognizer, table, splits):
    scores = {split: evaluate_affect(recognizer, table, split) for split in splits}
    return {split: score for split, score in scores.items() if score}
