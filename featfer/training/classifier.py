"""A feature table in, a recognizer and its card out."""

import time
from collections import Counter
from dataclasses import asdict

import numpy as np
from sklearn.model_selection import train_test_split

from featfer.bundle.golden import golden_of
from featfer.classifiers import Objective, ViewAverage, check_classifier, make_classifier
from featfer.errors import ParameterError, StoreError, wrap_library_errors
from featfer.evaluation.scoring import evaluate
from featfer.faces import PLAIN
from featfer.features import feature_of
from featfer.recognizer import Recognizer
from featfer.training.calibration import CALIBRATIONS, calibrate_on_val
from featfer.utils.provenance import describe_origin

# By classifier, the parameters with which it takes fewer faces than by default.
SMALLER = {"knn": "k=5", "boosting": "early_stopping=false and min_samples_leaf=2", "rf": "discriminants=false"}
def stacked_views(views, tta):
    """Return the views whose features must stand side by side in a table, in this order, to train on `views` and to average
    over `tta` (lists of str)."""
    return list(dict.fromkeys([*tta, *views]))


def train(table, clf, params=None, seed=0, score_test=False, command=None, views=(PLAIN,), tta=(PLAIN,), limit=None,
          objective=None, calibrate="temperature"):
    """Return (Recognizer, card) of a classifier trained on the train split of a FeatureTable, calibrated on val.

    clf: a name in CLASSIFIERS; params: its parameters; seed: of all that is drawn
    views: of the training faces, each a row; tta: over which views of a face predictions are averaged (test-time
    augmentation); the table's columns hold the same features for each of `side_by_side(views, tta)`
    score_test: score the test split too; models are chosen on val, so ask for it once, at the end
    command: how to make it again, for the card; limit: train on so many faces, drawn at random
    objective: a featfer.classifiers.Objective, None for the labels as they are; calibrate: one of CALIBRATIONS
    Raises StoreError when the table has no labelled training rows, ParameterError for what cannot be trained.
    """
    if calibrate not in CALIBRATIONS:
        raise ParameterError(f"calibrate {calibrate!r} is none of {', '.join(CALIBRATIONS)}")
    check_classifier(clf, params or {})
    start = time.perf_counter()
    shown = stacked_views(views, tta)
    objective = objective or Objective()
    rows = subsample(select_views(require_labels(table), views, shown).split("train"), limit, seed)
    table = select_views(table, tta, shown)
    classifier = _fitted(rows, clf, seed, params or {}, objective, len(views), len(tta))
    head = {"classifier": clf, "params": params or {}, "objective": asdict(objective), "seed": seed, "command": command,
            "views": {"trained": list(views), "averaged": list(tta)}}
    return finish(classifier, table, len(rows), start, head, score_test, calibrate)


def finish(classifier, table, rows, start, head, score_test=False, calibrate="temperature"):
    """Return (Recognizer, card) of a fitted classifier, calibrated and scored on a FeatureTable.

    rows: how many it was fitted on; start: of its training, by time.perf_counter; head: what the card says first
    calibrate: one of CALIBRATIONS
    """
    classifier, about, before = calibrate_on_val(classifier, table, calibrate)
    seconds = time.perf_counter() - start
    recognizer = Recognizer(classifier, [feature_of(f) for f in table.fingerprints], table.label_set)
    scored = [name for name in ("val", "test") if table.has_split(name) and (name == "val" or score_test)]
    figures = {name: evaluate(recognizer, table, name) for name in scored}
    if about["calibrated_on"]:
        figures["val"]["uncalibrated_ece"] = before
    return recognizer, {
        **head, "labels": labels_of(recognizer), "features": table.fingerprints,
        "data": {"source": table.source, "trained_on": "train", "rows": rows, **about,
                 "calibrated_by": calibrate if about["calibrated_on"] else None},
        "figures": figures, "golden": golden_of(recognizer, table.features),
        "seconds": round(seconds, 1), **describe_origin(),
    }


def require_labels(table):
    """Return a FeatureTable as it is; raise StoreError when its rows have no labels."""
    if table.label_set is None:
        raise StoreError(f"{table.source}: its rows have no labels to train on")
    return table


def select_views(table, views, shown):
    """Return the part of a FeatureTable with some views, of those that stand side by side in it."""
    return table if list(views) == shown else table.blocks([shown.index(view) for view in views], len(shown))


def subsample(rows, limit, seed):
    """Return so many rows, drawn at random, with the classes in their shares; all without a limit."""
    if limit is None or limit >= len(rows):
        return rows
    try:
        chosen, _ = train_test_split(np.arange(len(rows)), train_size=limit, stratify=rows.labels, random_state=seed)
    except ValueError as error:
        raise ParameterError(f"limit {limit} of {len(rows):,} faces: {error}") from None
    return rows.rows(np.sort(chosen))


def check_classes(rows, soft=None):
    """Return a FeatureTable of training rows as it is; raise StoreError where they have one class alone.

    soft: the soft labels, float (n, labels), where those are learnt in place of the rows' labels
    """
    learnt = np.unique(rows.labels) if soft is None else np.flatnonzero(soft.any(axis=0))
    if len(learnt) < 2:
        raise StoreError(f"{rows.source}: all {len(rows):,} faces to train on are {rows.label_set.names[learnt[0]]!r}; a model "
                         "learns to tell two expressions apart at least: add images of another, or choose another --split")
    return rows


def _fitted(rows, clf, seed, params, objective, views, averaged):
    classifier = objective.around(make_classifier(clf, seed, **params), clf, rows.label_set, seed)
    classifier = ViewAverage(classifier, views, averaged) if max(views, averaged) > 1 else classifier
    learnt = soft_labels(rows) if objective.soft else None
    check_classes(rows, learnt)
    with wrap_library_errors(f"{clf} with {params or 'its default parameters'} cannot be trained", _way_out(rows, clf)):
        classifier.fit(rows.features, rows.labels, **objective.fit_params(learnt))
        one = np.tile(rows.features[:1, :rows.features.shape[1] // views], averaged)
        if not np.isfinite(classifier.predict_proba(one)).all():  # some can be fitted and then not answer
            raise ValueError("its answers are no numbers")
    return classifier


def _way_out(rows, clf):
    """Return in words what may let a classifier be trained that a library refused to."""
    counts = Counter(rows.labels.tolist())
    faces = ", ".join(f"{count:,} {rows.label_set.names[label]}" for label, count in sorted(counts.items()))
    such = f", such as {SMALLER[clf]}" if clf in SMALLER else ""
    return f"set another --param{such}, or train on more faces than {faces}"


def soft_labels(rows):
    """Return how raters shared their votes on each row among the labels, float32 (n, labels), rows sum to 1; where there are no
    votes on a row, its label has them all. Raises StoreError for a FeatureTable without votes."""
    if rows.votes is None or not rows.votes.any():
        raise StoreError(f"{rows.source}: its rows have no votes to learn soft labels from; extract a source that has them, "
                         "such as FER+")
    labels = np.eye(len(rows.label_set), dtype=np.float32)[rows.labels]
    return np.where(rows.votes.any(axis=1, keepdims=True), rows.votes, labels)


def labels_of(recognizer):
    """Return what a card says of a Recognizer's labels: set, names and, where it was trained without images of some of them,
    untrained, the names to which it gives no probability."""
    known, label_set = set(np.asarray(recognizer.classifier.classes_, int).tolist()), recognizer.label_set
    untrained = [name for label, name in enumerate(label_set.names) if label not in known]
    return {"set": label_set.name, "names": label_set.names, **({"untrained": untrained} if untrained else {})}
