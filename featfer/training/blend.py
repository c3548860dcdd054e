"""Several recognizers combined into one, and its card."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from featfer.bundle.golden import make_golden
from featfer.classifiers.wrappers.blend import Blend, make_stacker
from featfer.errors import ParameterError, StoreError
from featfer.evaluation.scoring import evaluate, score
from featfer.features.base import Feature
from featfer.recognizer import Recognizer
from featfer.store.table import FeatureTable
from featfer.training.calibration import calibrate_on_val
from featfer.training.classifier import describe_labels
from featfer.training.labelled import require_label_set
from featfer.training.prior import find_prior, is_balanced
from featfer.training.use import Use
from featfer.typing import Floats, Integers
from featfer.utils.progress import bar
from featfer.utils.provenance import describe_origin

FOLDS = 5
_Model = tuple[str, Recognizer, dict[str, Any]]  # name, model and card


def blend(models: list[_Model], table_of: Callable[[Recognizer], FeatureTable], how: str = "vote",
          weights: Sequence[float] | None = None, score_test: bool = False, command: str | None = None,
          use: Use | None = None) -> tuple[Recognizer, dict[str, Any]]:
    """Combine several recognizers into one; features that they share are computed once.

    Parameters
    ----------
    models : list of tuple (str, Recognizer, dict)
        At least two names, models and cards, with equal labels.
    table_of : function
        From a Recognizer to a FeatureTable with its features; all tables have the same rows.
    how, weights : {"vote", "stack"}, sequence of float
        Average probabilities, each recognizer with a weight, or fit a logistic regression on them on val (stacking, Wolpert
        1992); its figures on val are then out of fold.
    score_test, command, use
        As for `featfer.train`.

    Returns
    -------
    tuple (Recognizer, dict)
        The model and its card.

    Raises
    ------
    ParameterError, StoreError
        For models that cannot be blended; for tables that do not fit together.
    """
    _check(models, how, weights)
    start = time.perf_counter()
    table, features, classifier = _join_models(models, table_of, how, weights)
    classifier, about, figures = (_fit_stack if how == "stack" else _calibrate_vote)(classifier, table)
    recognizer = (use or Use()).prepare(_make_recognizer(classifier, features, table, how, models), table)
    return recognizer, {
        **_make_card(models, recognizer, table, how, weights, about), "command": command,
        "seconds": round(time.perf_counter() - start, 1),
        "figures": _score(recognizer, table, figures, score_test), "golden": make_golden(recognizer, table.features)}


def _join_models(models: list[_Model], table_of: Callable[[Recognizer], FeatureTable], how: str,
                 weights: Sequence[float] | None) -> tuple[FeatureTable, list[Feature], Blend]:
    """Return the table of all features, these features, and the Blend of the models' classifiers."""
    table, features, columns = _join([recognizer for _, recognizer, _ in models], table_of)
    members = [recognizer.classifier for _, recognizer, _ in models]
    return table, features, Blend(members, columns, how, weights and list(weights))


def _make_recognizer(classifier: Any, features: list[Feature], table: FeatureTable, how: str,
                     models: list[_Model]) -> Recognizer:
    """Return the Recognizer of a blend, which assumes the prior of its members; a stack learnt from val."""
    recognizer = Recognizer(classifier, features, require_label_set(table))
    recognizer.prior = (find_prior(recognizer, table, split="val") if how == "stack" else
                        find_prior(recognizer, table, all(is_balanced(card) for _, _, card in models)))
    return recognizer


def _fit_stack(classifier: Blend, table: FeatureTable) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Fit a stack on val; return it, what the card says of its calibration, and its out-of-fold figures on val."""
    val = table.split("val")
    figures = {"val": score(_predict_out_of_fold(classifier, val), table, "val", require_label_set(table).names)}
    return classifier.fit(val.features, val.labels), {"calibrated_on": None}, figures


def _calibrate_vote(classifier: Blend, table: FeatureTable) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Return a calibrated vote, what the card says of its calibration, and no figures yet."""
    classifier, about, _ = calibrate_on_val(classifier, table)
    return classifier, about, {}


def _score(recognizer: Recognizer, table: FeatureTable, figures: dict[str, Any], score_test: bool) -> dict[str, Any]:
    """Return the figures on val and, if asked for, on test; those given are not computed again."""
    splits = [name for name in ("val", "test") if table.has_split(name) and (name == "val" or score_test)]
    return {name: figures.get(name) or evaluate(recognizer, table, name) for name in splits}


def _check(models: list[_Model], how: str, weights: Sequence[float] | None) -> None:
    if len(models) < 2:
        raise ParameterError(f"{len(models)} model to blend: give two at least")
    if len({recognizer.label_set for _, recognizer, _ in models}) > 1:
        known = "; ".join(f"{name} knows {recognizer.label_set.name}" for name, recognizer, _ in models)
        raise ParameterError(f"models of different labels cannot be blended: {known}")
    if how == "stack" and weights is not None:
        raise ParameterError(f"weights {list(weights)}: a stack finds its own; give them to a vote")


def _join(recognizers: list[Recognizer],
          table_of: Callable[[Recognizer], FeatureTable]) -> tuple[FeatureTable, list[Feature], list[Integers | slice]]:
    """Return a table of all distinct features, these features, and each recognizer's columns in it."""
    features, blocks = dict[str, Feature](), dict[str, Floats]()  # by the features' keys, in order of first use
    first: Any = None  # a FeatureTable, once there is one
    for recognizer in {tuple(feature.key for feature in each.features): each for each in recognizers}.values():
        first = _add_features(recognizer, table_of, first, features, blocks)
    ends = dict(zip(features, np.cumsum([feature.size for feature in features.values()]), strict=True))
    columns_of = {key: np.arange(ends[key] - feature.size, ends[key]) for key, feature in features.items()}
    columns = [_to_slice(np.concatenate([columns_of[feature.key] for feature in recognizer.features]))
               for recognizer in recognizers]
    table = replace(first, features=_concatenate(blocks), fingerprints=[f.fingerprint for f in features.values()])
    return table, list(features.values()), columns


def _to_slice(columns: Integers) -> Integers | slice:
    """Return adjacent columns as a slice, which copies nothing; others as they are."""
    return slice(int(columns[0]), int(columns[-1]) + 1) if (np.diff(columns) == 1).all() else columns


def _add_features(recognizer: Recognizer, table_of: Callable[[Recognizer], FeatureTable], first: FeatureTable | None,
                  features: dict[str, Feature], blocks: dict[str, Floats]) -> FeatureTable:
    """Add the features of a recognizer that are not there yet to `features` and `blocks`; its table can be freed afterwards.

    Returns the first table without its features, to compare the rows of later tables with.
    """
    table = recognizer.match_labels(table_of(recognizer))
    first = first or replace(table, features=None)
    _check_rows(first, table)
    parts = np.split(table.features, np.cumsum([feature.size for feature in recognizer.features])[:-1], axis=1)
    for feature, part in zip(recognizer.features, parts, strict=True):
        if feature.key not in features:
            features[feature.key], blocks[feature.key] = feature, part.copy()
    return first


def _concatenate(blocks: dict[str, Floats]) -> Floats:
    """Join matrices side by side, removing each from the dict once it is copied to save memory."""
    width = sum(block.shape[1] for block in blocks.values())
    joined, start = np.empty((len(next(iter(blocks.values()))), width), np.result_type(*blocks.values())), 0
    for key in list(blocks):
        block = blocks.pop(key)
        joined[:, start:start + block.shape[1]] = block
        start += block.shape[1]
    return joined


def _check_rows(first: FeatureTable, table: FeatureTable) -> None:
    for name in ("ids", "labels", "splits", "status"):
        if not np.array_equal(getattr(first, name), getattr(table, name)):
            raise StoreError(f"{table.source}: its {name} are not those of {first.source}; blend over tables of the same "
                             "faces")


def _predict_out_of_fold(classifier: Blend, val: FeatureTable) -> Floats:
    """Return each row's probabilities by a stack fitted on the other folds; duplicates share a fold."""
    counts = Counter(val.labels.tolist())
    if set(counts) != set(classifier.classes_) or min(counts.values()) < FOLDS:
        raise StoreError(f"{val.source}: a stack wants {FOLDS} faces at least of each class in val; blend by vote")
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    probabilities = np.zeros((len(val), len(require_label_set(val))))
    X = classifier.log_probabilities(val.features)
    for rest, fold in bar(list(folds.split(X, val.labels, val.groups)), desc="fitting stack", unit=" folds", delay=1):
        stacker = make_stacker().fit(X[rest], val.labels[rest])
        probabilities[np.ix_(fold, np.asarray(stacker.classes_, int))] = stacker.predict_proba(X[fold])
    return probabilities


def _make_card(models: list[_Model], recognizer: Recognizer, table: FeatureTable, how: str, weights: Sequence[float] | None,
               about: dict[str, Any]) -> dict[str, Any]:
    """Return the first entries of the card."""
    members = [{"name": name, "sha256": card.get("sha256"), **{key: card[key] for key in (
        "classifier", "params", "seed", "features", "views", "figures", "command") if key in card}} for name, _, card in models]
    return {
        "classifier": "blend", "params": {"how": how} | ({} if weights is None else {"weights": list(weights)}), "seed": 0,
        "labels": describe_labels(recognizer), "prior": recognizer.prior, "features": table.fingerprints, "members": members,
        "data": {"source": table.source, "trained_on": "train", "rows": max(card["data"]["rows"] for _, _, card in models),
                 **about, "stacked_on": "val" if how == "stack" else None},
        **describe_origin(),
    }
