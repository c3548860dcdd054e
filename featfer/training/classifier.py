"""From a feature table to a recognizer and its card."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from featfer.bundle.golden import make_golden
from featfer.classifiers import Objective, ViewAverage, check_classifier, make_classifier
from featfer.errors import ParameterError, StoreError, wrap_library_errors
from featfer.evaluation.scoring import evaluate
from featfer.faces import PLAIN
from featfer.features import restore_feature
from featfer.recognizer import Recognizer
from featfer.store.table import FeatureTable, require_table
from featfer.training.calibration import CALIBRATIONS, calibrate_on_val
from featfer.training.labelled import require_label_set
from featfer.training.prior import find_prior, is_balanced
from featfer.training.use import Use
from featfer.training.views import combine_views, select_views
from featfer.typing import Floats
from featfer.utils.provenance import describe_origin
from featfer.utils.requiring import require
from featfer.utils.words import count

# By classifier, the parameters with which it needs fewer faces than by default.
SMALLER = {"knn": "k=5", "boosting": "early_stopping=false and min_samples_leaf=2", "rf": "discriminants=false"}


def train(table: FeatureTable, clf: str, params: dict[str, Any] | None = None, seed: int = 0, score_test: bool = False,
          command: str | None = None, views: Sequence[str] = (PLAIN,), tta: Sequence[str] = (PLAIN,), limit: int | None = None,
          objective: Objective | None = None, calibrate: str = "temperature",
          use: Use | None = None) -> tuple[Recognizer, dict[str, Any]]:
    """Train a classifier on the train split of a table and calibrate it on val.

    Parameters
    ----------
    table : FeatureTable
        Its columns hold the same features for each of `combine_views(views, tta)`.
    clf, params : str, dict
        A name in CLASSIFIERS, and its parameters.
    seed, score_test : int, bool
        Of all random numbers; score the test split too: choose models on val, and score test once, at the end.
    command, limit : str, int, optional
        The command that the card names for training this model again; train on a stratified random subset of so many faces.
    views, tta : sequence of str
        Views of the training faces, each a row; views to average predictions over (test-time augmentation).
    objective, use : featfer.classifiers.Objective, featfer.training.use.Use, optional
    calibrate : {"temperature", "sigmoid", "none"}

    Returns
    -------
    tuple (Recognizer, dict)
        The model and its card.

    Raises
    ------
    StoreError, ParameterError
        When the table has no labelled training rows; for what cannot be trained.
    """
    params, objective, use = params or {}, objective or Objective(), use or Use()
    views, tta = _check_options(table, clf, params, calibrate, limit, objective, (views, tta))
    start = time.perf_counter()
    rows, table = _select_rows(table, views, tta, limit, seed)
    classifier = _fit(rows, clf, seed, params, objective, len(views), len(tta), use)
    head = {"classifier": clf, "params": params, "objective": asdict(objective), "seed": seed, "command": command,
            "views": {"trained": list(views), "averaged": list(tta)}}
    return finish(classifier, table, len(rows), start, head, score_test, calibrate, use)


def _check_options(table: Any, clf: str, params: dict[str, Any], calibrate: str, limit: Any, objective: Any,
                   views: Sequence[Any]) -> list[Sequence[str]]:
    """Return each of several lists of views, which may be given as one view; raise ParameterError for what cannot be used."""
    require_table(table)
    require(objective, Objective, "objective", "a featfer.classifiers.Objective, such as Objective(balance='weights')")
    require(limit, (Integral, type(None)), "limit", "a number of faces")
    if calibrate not in CALIBRATIONS:
        raise ParameterError(f"calibrate {calibrate!r} is none of {', '.join(CALIBRATIONS)}")
    check_classifier(clf, params)
    return [(given,) if isinstance(given, str) else given for given in views]


def _select_rows(table: FeatureTable, views: Sequence[str], tta: Sequence[str], limit: int | None,
                 seed: int) -> tuple[FeatureTable, FeatureTable]:
    """Return the training rows with the views to train on, and the table with the views to average over."""
    combined = combine_views(views, tta)
    rows = select_views(require_labels(table), views, combined).split("train")
    return subsample(rows, limit, seed), select_views(table, tta, combined)


def finish(classifier: Any, table: FeatureTable, rows: int, start: float, head: dict[str, Any], score_test: bool = False,
           calibrate: str = "temperature", use: Use | None = None) -> tuple[Recognizer, dict[str, Any]]:
    """Calibrate and score a fitted classifier; make its card.

    Parameters
    ----------
    classifier : fitted classifier
    table : FeatureTable
    rows : int
        Number of rows that it was fitted on.
    start : float
        Start of the training, from `time.perf_counter`.
    head : dict
        The first entries of the card.
    score_test : bool
    calibrate : {"temperature", "sigmoid", "none"}
    use : featfer.training.use.Use, optional

    Returns
    -------
    tuple (Recognizer, dict)
        The model and its card.
    """
    classifier, about, before = calibrate_on_val(classifier, table, calibrate)
    seconds = time.perf_counter() - start
    recognizer = Recognizer(classifier, [restore_feature(f) for f in table.fingerprints], require_label_set(table))
    recognizer.prior = find_prior(recognizer, table, is_balanced(head))
    recognizer = (use or Use()).prepare(recognizer, table)
    recognizer.trained_on = f"{table.source}, {rows:,} faces"
    scored = [name for name in ("val", "test") if table.has_split(name) and (name == "val" or score_test)]
    figures = {name: evaluate(recognizer, table, name) for name in scored}
    if about["calibrated_on"]:
        figures["val"]["uncalibrated_ece"] = before
    return recognizer, {
        **head, "labels": describe_labels(recognizer), "prior": recognizer.prior, "features": table.fingerprints,
        "data": {"source": table.source, "trained_on": "train", "rows": rows, **about,
                 "calibrated_by": calibrate if about["calibrated_on"] else None},
        "figures": figures, "golden": make_golden(recognizer, table.features),
        "seconds": round(seconds, 1), **describe_origin(),
    }


def require_labels(table: FeatureTable) -> FeatureTable:
    """Check that the rows of a table have labels; return the table.

    Parameters
    ----------
    table : FeatureTable

    Returns
    -------
    FeatureTable

    Raises
    ------
    StoreError
        When its rows have no labels.
    """
    require_label_set(table)
    return table


def subsample(rows: FeatureTable, limit: int | None, seed: int) -> FeatureTable:
    """Return a stratified random subset of `limit` rows, or all rows without a limit.

    Parameters
    ----------
    rows : FeatureTable
    limit : int, optional
    seed : int

    Returns
    -------
    FeatureTable

    Raises
    ------
    ParameterError
        When the limit is too small for the number of classes.
    """
    if limit is None or limit >= len(rows):
        return rows
    try:
        chosen, _ = train_test_split(np.arange(len(rows)), train_size=limit, stratify=rows.labels, random_state=seed)
    except ValueError as error:
        raise ParameterError(f"limit {limit} of {count(len(rows), 'face')}: {error}") from None
    return rows.rows(np.sort(chosen))


def list_classes(rows: FeatureTable, soft: Floats | None = None) -> list[str]:
    """List the classes that there are to learn, two at least.

    Parameters
    ----------
    rows : FeatureTable
    soft : ndarray of float, shape (n, labels), optional
        Soft labels, when those are learnt instead of the rows' labels.

    Returns
    -------
    list of str
        In the order of the label set.

    Raises
    ------
    StoreError
        When all rows are of one class.
    """
    learnt = np.unique(rows.labels) if soft is None else np.flatnonzero(soft.any(axis=0))
    names = [require_label_set(rows).names[label] for label in learnt]
    if len(names) < 2:
        raise StoreError(f"{rows.source}: all {len(rows):,} faces to train on are {names[0]!r}; a model learns to tell two "
                         "expressions apart at least: add images of another, or choose another --split")
    return names


def _fit(rows: FeatureTable, clf: str, seed: int, params: dict[str, Any], objective: Objective, views: int,
         averaged: int, use: Use) -> Any:
    classifier: Any = objective.wrap(make_classifier(clf, seed, **params), clf, require_label_set(rows), seed)
    classifier = ViewAverage(classifier, views, averaged) if max(views, averaged) > 1 else classifier
    soft = make_soft_labels(rows) if objective.soft else None
    use.check(rows, list_classes(rows, soft))
    further = {} if soft is None else objective.fit_params(soft)
    with wrap_library_errors(f"{clf} with {params or 'its default parameters'} cannot be trained", _suggest(rows, clf)):
        classifier.fit(rows.features, rows.labels, **further)
        row = np.tile(rows.features[:1, :rows.features.shape[1] // views], averaged)
        if not np.isfinite(classifier.predict_proba(row)).all():  # some can be fitted but then predict nan
            raise ValueError("its answers are no numbers")
    return classifier


def _suggest(rows: FeatureTable, clf: str) -> str:
    """Say what may let a classifier be trained after a library refused."""
    counts, names = Counter(rows.labels.tolist()), require_label_set(rows).names
    faces = ", ".join(f"{count:,} {names[label]}" for label, count in sorted(counts.items()))
    example = f", such as {SMALLER[clf]}" if clf in SMALLER else ""
    return f"set another --param{example}, or train on more faces than {faces}"


def make_soft_labels(rows: FeatureTable) -> NDArray[np.float32]:
    """Make soft labels from raters' votes.

    Parameters
    ----------
    rows : FeatureTable

    Returns
    -------
    ndarray of float32, shape (n, labels)
        Rows sum to 1. A row without votes gets its label with probability 1.

    Raises
    ------
    StoreError
        When the table has no votes.
    """
    if rows.votes is None or not rows.votes.any():
        raise StoreError(f"{rows.source}: its rows have no votes to learn soft labels from; extract a source that has them, "
                         "such as FER+")
    labels = np.eye(len(require_label_set(rows)), dtype=np.float32)[rows.labels]
    return np.where(rows.votes.any(axis=1, keepdims=True), rows.votes, labels)


def describe_labels(recognizer: Recognizer) -> dict[str, Any]:
    """Describe a recognizer's labels for its card.

    Parameters
    ----------
    recognizer : Recognizer

    Returns
    -------
    dict
        set and names of the labels; untrained, where there are any, the names of labels without training images, whose
        probability is always 0.
    """
    known, label_set = set(np.asarray(recognizer.classifier.classes_, int).tolist()), recognizer.label_set
    untrained = [name for label, name in enumerate(label_set.names) if label not in known]
    return {"set": label_set.name, "names": label_set.names, **({"untrained": untrained} if untrained else {})}
