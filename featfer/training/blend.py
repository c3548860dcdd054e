"""Several recognizers in, one recognizer and its card out."""

import time
from collections import Counter
from dataclasses import replace

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

from featfer.bundle.golden import golden_of
from featfer.classifiers.wrappers.blend import Blend, stacker
from featfer.errors import ParameterError, StoreError
from featfer.evaluation.scoring import evaluate, score
from featfer.recognizer import Recognizer
from featfer.training.calibration import calibrate_on_val
from featfer.training.classifier import labels_of
from featfer.utils.provenance import describe_origin

FOLDS = 5


def blend(models, table_of, how="vote", weights=None, score_test=False, command=None):
    """Return (Recognizer, card) of recognizers blended into one, over their features without repeating equal ones.

    models: list of (name, Recognizer, card), two at least, of the same labels
    table_of: function from a Recognizer to a FeatureTable with its features; all tables have the same rows
    how: "vote", the mean of their probabilities; "stack", a logistic regression on them, fitted on val. Its figures on val
    are then out of fold: each fold, with all copies of an image in the same, is predicted by a stack fitted on the others
    weights: of the recognizers in a vote; score_test: score the test split too; command: how to make it again, for the card
    Raises ParameterError for what cannot be blended, StoreError for tables that do not fit together.
    """
    recognizers = [recognizer for _, recognizer, _ in models]
    _check(models, how, weights)
    start = time.perf_counter()
    table, features, columns = _joined(recognizers, table_of)
    classifier = Blend([recognizer.classifier for recognizer in recognizers], columns, how, weights)
    figures = {}
    if how == "stack":
        val = table.split("val")
        figures["val"] = score(_out_of_fold(classifier, val), table, "val", table.label_set.names)
        classifier.fit(val.features, val.labels)
    classifier, about, _ = calibrate_on_val(classifier, table) if how == "vote" else (classifier, {"calibrated_on": None}, None)
    recognizer = Recognizer(classifier, features, recognizers[0].label_set)
    seconds = time.perf_counter() - start
    scored = [name for name in ("val", "test") if table.has_split(name) and (name == "val" or score_test)]
    figures = {name: figures.get(name) or evaluate(recognizer, table, name) for name in scored}
    return recognizer, {**_card(models, table, how, weights, about), "labels": labels_of(recognizer), "command": command,
                        "figures": figures, "golden": golden_of(recognizer, table.features), "seconds": round(seconds, 1)}


def _check(models, how, weights):
    if len(models) < 2:
        raise ParameterError(f"{len(models)} model to blend: give two at least")
    if len({recognizer.label_set for _, recognizer, _ in models}) > 1:
        known = "; ".join(f"{name} knows {recognizer.label_set.name}" for name, recognizer, _ in models)
        raise ParameterError(f"models of different labels cannot be blended: {known}")
    if how == "stack" and weights is not None:
        raise ParameterError(f"weights {list(weights)}: a stack finds its own; give them to a vote")


def _joined(recognizers, table_of):
    """Return (FeatureTable of all distinct features, those features, the columns of each recognizer in it)."""
    features, first, blocks = {}, None, {}  # by key, in the order that they are met
    for recognizer in recognizers:
        first = _take(recognizer, table_of, first, features, blocks)
    ends = dict(zip(features, np.cumsum([feature.size for feature in features.values()]), strict=True))
    places = {key: np.arange(ends[key] - feature.size, ends[key]) for key, feature in features.items()}
    columns = [np.concatenate([places[feature.key] for feature in recognizer.features]) for recognizer in recognizers]
    joined = replace(first, features=_beside_each_other(blocks), fingerprints=[f.fingerprint for f in features.values()])
    return joined, list(features.values()), columns


def _take(recognizer, table_of, first, features, blocks):
    """Add to features and blocks, dicts by key, what a recognizer's table has that they have not; the table itself can go then.

    Returns the table without its features, to which those that follow are compared: the first one's.
    """
    table = recognizer.match_labels(table_of(recognizer))
    first = first or replace(table, features=None)
    _check_rows(first, table)
    parts = np.split(table.features, np.cumsum([feature.size for feature in recognizer.features])[:-1], axis=1)
    for feature, part in zip(recognizer.features, parts, strict=True):
        if feature.key not in features:
            features[feature.key], blocks[feature.key] = feature, part.copy()
    return first


def _beside_each_other(blocks):
    """Return matrices (n, ...) as one, side by side; each goes from the dict when it is copied, so that memory holds little
    more than the whole."""
    width = sum(block.shape[1] for block in blocks.values())
    joined, at = np.empty((len(next(iter(blocks.values()))), width), np.result_type(*blocks.values())), 0
    for key in list(blocks):
        block = blocks.pop(key)
        joined[:, at:at + block.shape[1]] = block
        at += block.shape[1]
    return joined


def _check_rows(first, table):
    for name in ("ids", "labels", "splits", "status"):
        if not np.array_equal(getattr(first, name), getattr(table, name)):
            raise StoreError(f"{table.source}: its {name} are not those of {first.source}; blend over tables of the same "
                             "faces")


def _out_of_fold(classifier, val):
    """Return the probabilities of val's rows by stacks that were fitted without them, float (n, labels)."""
    counts = Counter(val.labels.tolist())
    if set(counts) != set(classifier.classes_) or min(counts.values()) < FOLDS:
        raise StoreError(f"{val.source}: a stack wants {FOLDS} faces at least of each class in val; blend by vote")
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    found = cross_val_predict(stacker(), classifier.log_probabilities(val.features), val.labels, groups=val.groups, cv=folds,
                              method="predict_proba")
    result = np.zeros((len(val), len(val.label_set)))
    result[:, np.asarray(classifier.classes_, int)] = found
    return result


def _card(models, table, how, weights, about):
    """Return what the card says before anything is scored."""
    members = [{"name": name, "sha256": card.get("sha256"), **{key: card[key] for key in (
        "classifier", "params", "seed", "features", "views", "figures", "command") if key in card}} for name, _, card in models]
    return {
        "classifier": "blend", "params": {"how": how} | ({} if weights is None else {"weights": list(weights)}), "seed": 0,
        "features": table.fingerprints, "members": members,
        "data": {"source": table.source, "trained_on": "train", "rows": max(card["data"]["rows"] for _, _, card in models),
                 **about, "stacked_on": "val" if how == "stack" else None},
        **describe_origin(),
    }
