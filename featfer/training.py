"""A feature table in, a recognizer and its card out."""

import time
from collections import Counter
from dataclasses import asdict
from datetime import date
from pathlib import Path

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split

from featfer.bundle import shipped_file
from featfer.classifiers import Objective, Views, make_classifier
from featfer.environment import machine, versions
from featfer.errors import FeatferError, ParameterError, StoreError
from featfer.evaluation import evaluate, uncalibrated_error
from featfer.faces import PLAIN
from featfer.features import feature_of
from featfer.features.base import described
from featfer.golden import golden_of
from featfer.recognizer import Recognizer
from featfer.store import Store
from featfer.stored import keys_in
from featfer.table import load_table

CALIBRATIONS = ("temperature", "sigmoid", "none")
MIN_OF_CLASS = 5  # in val, to calibrate on: scikit-learn wants one for each of its folds


def open_table(path, features, source=None):
    """Return the FeatureTable of a store's folder, of a table's file, or of the one that ships as "fer2013".

    features: list of Feature; source: which one, in a store with several. Raises StoreError where they are not there.
    """
    if not Path(path).exists():
        path = shipped_file(f"{path}.npz") or path
    if Path(path).is_file():
        return _check_features(load_table(path), features, path)
    store = Store(path)
    for feature in features:
        if not (store.has(feature.key) or store.has(feature.earlier_key)):
            raise StoreError(f"{path}: no {described(feature.fingerprint)} in it; run `featfer extract` first")
    digest = store.find_source(source)
    return store.table(keys_in(store, features, digest), digest)


def _check_features(table, features, path):
    if table.fingerprints != [feature.fingerprint for feature in features]:
        held = "; ".join(map(described, table.fingerprints))
        raise StoreError(f"{path}: holds {held} (or another version of it); ask for that, or extract what you want")
    return table


def open_matching(paths, recognizer, source=None):
    """Return the FeatureTable, from the first of some stores and tables that has a recognizer's features and labels."""
    problems = []
    for path in paths:
        try:
            return recognizer.accept(open_table(path, recognizer.features, source))
        except StoreError as error:
            problems.append(str(error))
    raise StoreError("; ".join(problems))


def side_by_side(views, tta):
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
    start = time.perf_counter()
    shown = side_by_side(views, tta)
    objective = objective or Objective()
    rows = drawn(blocks(with_labels(table), views, shown).split("train"), limit, seed)
    table = blocks(table, tta, shown)
    classifier = _fitted(rows, clf, seed, params or {}, objective, len(views), len(tta))
    head = {"classifier": clf, "params": params or {}, "objective": asdict(objective), "seed": seed, "command": command,
            "views": {"trained": list(views), "averaged": list(tta)}}
    return finished(classifier, table, len(rows), start, head, score_test, calibrate)


def finished(classifier, table, rows, start, head, score_test=False, calibrate="temperature"):
    """Return (Recognizer, card) of a fitted classifier, calibrated and scored on a FeatureTable.

    rows: how many it was fitted on; start: of its training, by time.perf_counter; head: what the card says first
    calibrate: one of CALIBRATIONS
    """
    classifier, calibrated_on = calibrated(classifier, table, calibrate)
    seconds = time.perf_counter() - start
    recognizer = Recognizer(classifier, [feature_of(f) for f in table.fingerprints], table.label_set)
    scored = [name for name in ("val", "test") if table.has_split(name) and (name == "val" or score_test)]
    figures = {name: evaluate(recognizer, table, name) for name in scored}
    if calibrated_on:
        figures["val"]["uncalibrated_ece"] = uncalibrated_error(recognizer, table, "val")
    return recognizer, {
        **head, "labels": {"set": table.label_set.name, "names": table.label_set.names}, "features": table.fingerprints,
        "data": {"source": table.source, "trained_on": "train", "rows": rows, "calibrated_on": calibrated_on,
                 "calibrated_by": calibrate if calibrated_on else None},
        "figures": figures, "golden": golden_of(recognizer, table.features),
        "seconds": round(seconds, 1), "date": date.today().isoformat(), "machine": machine(), "versions": versions(),
    }


def with_labels(table):
    """Return a FeatureTable as it is; raise StoreError when its rows have no labels."""
    if table.label_set is None:
        raise StoreError(f"{table.source}: its rows have no labels to train on")
    return table


def blocks(table, views, shown):
    """Return the part of a FeatureTable with some views, of those that stand side by side in it."""
    return table if list(views) == shown else table.blocks([shown.index(view) for view in views], len(shown))


def drawn(rows, limit, seed):
    """Return so many rows, drawn at random, with the classes in their shares; all without a limit."""
    if limit is None or limit >= len(rows):
        return rows
    try:
        chosen, _ = train_test_split(np.arange(len(rows)), train_size=limit, stratify=rows.labels, random_state=seed)
    except ValueError as error:
        raise ParameterError(f"limit {limit} of {len(rows):,} faces: {error}") from None
    return rows.rows(np.sort(chosen))


def _fitted(rows, clf, seed, params, objective, views, averaged):
    try:
        classifier = objective.around(make_classifier(clf, seed, **params), clf, rows.label_set, seed)
        classifier = Views(classifier, views, averaged) if max(views, averaged) > 1 else classifier
        return classifier.fit(rows.features, rows.labels, **objective.fit_params(shares(rows) if objective.soft else None))
    except FeatferError:
        raise
    except (ArithmeticError, RuntimeError, TypeError, ValueError) as error:  # what the libraries say to a parameter's value
        reason = str(error).partition("\n")[0]
        raise ParameterError(f"{clf} with {params or 'its default parameters'} cannot be trained ({reason})") from error


def shares(rows):
    """Return how raters shared their votes on each row among the labels, float32 (n, labels), rows sum to 1; where there are no
    votes on a row, its label has them all. Raises StoreError for a FeatureTable without votes."""
    if rows.votes is None or not rows.votes.any():
        raise StoreError(f"{rows.source}: its rows have no votes to learn soft labels from; extract a source that has them, "
                         "such as FER+")
    labels = np.eye(len(rows.label_set), dtype=np.float32)[rows.labels]
    return np.where(rows.votes.any(axis=1, keepdims=True), rows.votes, labels)


def calibrated(classifier, table, method="temperature"):
    """Return (classifier, "val") with its probabilities set right on val; (classifier, None) unchanged where val has fewer than
    MIN_OF_CLASS faces of a class.

    method: "temperature", one for all, which leaves the order of the classes as it is (Guo et al. 2017); "sigmoid", one for
    each class against the rest (Platt 1999), which may change it; "none"
    """
    if method == "none" or not table.has_split("val"):
        return classifier, None
    val = table.split("val")
    counts = Counter(val.labels.tolist())
    if set(counts) != set(classifier.classes_) or min(counts.values()) < MIN_OF_CLASS:
        return classifier, None
    frozen = CalibratedClassifierCV(FrozenEstimator(classifier), method=method)
    return frozen.fit(val.features, val.labels), "val"
