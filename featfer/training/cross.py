"""Training on one data set and testing on another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.errors import StoreError
from featfer.evaluation.scoring import evaluate
from featfer.faces import PLAIN, UNREADABLE
from featfer.training.classifier import train
from featfer.training.views import combine_views, select_views
from featfer.utils.markdown import markdown_table
from featfer.utils.progress import bar

if TYPE_CHECKING:
    from featfer.recognizer import Recognizer
    from featfer.store.table import FeatureTable


def cross(tables: list[FeatureTable], clf: str, params: dict[str, Any] | None = None, seed: int = 0,
          views: Sequence[str] = (PLAIN,), tta: Sequence[str] = (PLAIN,)) -> list[dict[str, Any]]:
    """Train a classifier on each table and test it on each.

    Parameters
    ----------
    tables : list of FeatureTable
        Of different data sets, with the same features. Labels are mapped to those of the model where there is a mapping.
    clf, params, seed, views, tta
        As for `featfer.training.classifier.train`.

    Returns
    -------
    list of dict
        One for each pair: trained and tested (names of the data sets), faces (trained on), images (tested on), left_out
        (labelled images without a counterpart among the model's labels), accuracy, macro_f1, mean_recall. A data set without a
        test split is tested on as a whole.

    Raises
    ------
    StoreError
        When a data set has nothing to train on, or its labels have no mapping.
    """
    combined = combine_views(views, tta)
    tested = [_ensure_test_split(select_views(table, tta, combined)) for table in tables]
    pairs = []
    for table in bar(tables, desc="training and testing", unit=" data sets", delay=1):
        recognizer, card = train(table, clf, params, seed, views=views, tta=tta)
        pairs += [_score_pair(recognizer, table.source, card["data"]["rows"], other) for other in tested]
    return pairs


def as_markdown(pairs: list[dict[str, Any]]) -> str:
    """Format the accuracies of `cross` as a Markdown table.

    Parameters
    ----------
    pairs : list of dict
        From `cross`.

    Returns
    -------
    str
        A row for each data set trained on, a column for each tested on.
    """
    names = list(dict.fromkeys(pair["tested"] for pair in pairs))
    rows: dict[str, list[str]] = {name: [] for name in dict.fromkeys(pair["trained"] for pair in pairs)}
    for pair in pairs:
        rows[pair["trained"]].append(f"{pair['accuracy']:.2%}")
    return markdown_table(["trained on \\ tested on", *names], [[name, *cells] for name, cells in rows.items()])


def _ensure_test_split(table: FeatureTable) -> FeatureTable:
    """Return the table; without a test split, all labelled rows become one."""
    if table.has_split("test"):
        return table
    labelled = (table.labels >= 0) & (table.status != UNREADABLE)
    if not labelled.any():
        raise StoreError(f"{table.source}: no labelled faces to test on")
    return replace(table, splits=np.where(labelled, "test", ""))


def _score_pair(recognizer: Recognizer, trained: str, faces: int, table: FeatureTable) -> dict[str, Any]:
    matched = recognizer.match_labels(table)
    result = evaluate(recognizer, table, "test")
    in_test = table.splits == "test"
    return {"trained": trained, "tested": table.source, "faces": faces, "images": result["images"],
            "left_out": int((in_test & (table.labels >= 0)).sum() - (in_test & (matched.labels >= 0)).sum()),
            "accuracy": result["accuracy"], "macro_f1": result["macro"]["f1-score"], "mean_recall": result["macro"]["recall"]}
