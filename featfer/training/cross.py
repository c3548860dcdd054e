"""Trained on one data set, tested on another."""

from dataclasses import replace

import numpy as np

from featfer.errors import StoreError
from featfer.evaluation.scoring import evaluate
from featfer.faces import PLAIN, UNREADABLE
from featfer.training.classifier import select_views, stacked_views, train
from featfer.utils.markdown import markdown_table


def cross(tables, clf, params=None, seed=0, views=(PLAIN,), tta=(PLAIN,)):
    """Train a classifier on each FeatureTable and test it on each; return a list of dict, a pair each.

    tables: of different sources with the same features; the labels of one are turned into those that a model knows, where there
    is a map. clf, params, seed, views, tta: as for featfer.training.classifier.train

    A dict has trained and tested (the sources' names), faces (trained on), images, left_out (labelled ones that have no place
    among the model's labels), accuracy, macro_f1 and mean_recall. Tested is the test split or, in a set without one, all of it.
    Raises StoreError where a set has nothing to train on, or labels that no map leads from.
    """
    shown = stacked_views(views, tta)
    tested = [_as_test(select_views(table, tta, shown)) for table in tables]
    pairs = []
    for table in tables:
        recognizer, card = train(table, clf, params, seed, views=views, tta=tta)
        pairs += [_pair(recognizer, table.source, card["data"]["rows"], other) for other in tested]
    return pairs


def as_markdown(pairs):
    """Return the accuracies of `cross` as a Markdown table: a row for each set trained on, a column for each tested on."""
    names = list(dict.fromkeys(pair["tested"] for pair in pairs))
    rows = {name: [] for name in dict.fromkeys(pair["trained"] for pair in pairs)}
    for pair in pairs:
        rows[pair["trained"]].append(f"{pair['accuracy']:.2%}")
    return markdown_table(["trained on \\ tested on", *names], [[name, *cells] for name, cells in rows.items()])


def _as_test(table):
    """Return a table with a test split: its own or, without one, all that is labelled."""
    if table.has_split("test"):
        return table
    labelled = (table.labels >= 0) & (table.status != UNREADABLE)
    if not labelled.any():
        raise StoreError(f"{table.source}: no labelled faces to test on")
    return replace(table, splits=np.where(labelled, "test", ""))


def _pair(recognizer, trained, faces, table):
    accepted = recognizer.match_labels(table)
    result = evaluate(recognizer, table, "test")
    in_test = table.splits == "test"
    return {"trained": trained, "tested": table.source, "faces": faces, "images": result["images"],
            "left_out": int((in_test & (table.labels >= 0)).sum() - (in_test & (accepted.labels >= 0)).sum()),
            "accuracy": result["accuracy"], "macro_f1": result["macro"]["f1-score"], "mean_recall": result["macro"]["recall"]}
