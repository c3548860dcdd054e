"""Describe in sentences what a data set was recognized as."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from featfer.datasets.faceset import SPLITS, UNLABELLED
from featfer.errors import to_one_line
from featfer.labels import LabelSet
from featfer.utils.words import count

MOST_LABELS = 20  # labels with their counts in a sentence


def describe(source: str, record: Mapping[str, Any], label_set: LabelSet | None, labels: ArrayLike,
             splits: ArrayLike) -> list[str]:
    """Describe what a data set was recognized as.

    Parameters
    ----------
    source : str
        Its name.
    record : dict
        With "kind" (str) and "notes" (list of str); records of older versions lack both.
    label_set : LabelSet or None
    labels : array_like of int, (n,)
        Indices into `label_set`, or UNLABELLED.
    splits : array_like of str, (n,)

    Returns
    -------
    list of str
        First a sentence on its kind, labels and splits, then its notes.
    """
    labels, splits = np.asarray(labels), np.asarray(splits)
    parts = [record.get("kind") or "a source", count(len(labels), "image")]
    if label_set:
        counts = list(zip(label_set.names, np.bincount(labels[labels != UNLABELLED], minlength=len(label_set)), strict=True))
        more = f" and {len(counts) - MOST_LABELS:,} more" if len(counts) > MOST_LABELS else ""
        parts.append(f"labels {label_set.name} ({_join_counts(counts[:MOST_LABELS])}{more})")
        if unlabelled := int((labels == UNLABELLED).sum()):
            parts.append(f"{unlabelled:,} without a label")
        in_splits = [(split, (splits == split).sum()) for split in SPLITS if (splits == split).any()]
        parts.append(f"splits {_join_counts(in_splits)}" if in_splits else "no splits")
    sentences = [f"{source}: {'; '.join(parts)}", *(_add_name(source, note) for note in record.get("notes") or ())]
    return list(map(to_one_line, sentences))


def _join_counts(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts)


def _add_name(source: str, note: str) -> str:
    """Return a note that begins with the data set's name, after the word "Warning" if it has one."""
    warning = "Warning: "
    return f"{warning}{source}: {note.removeprefix(warning)}" if note.startswith(warning) else f"{source}: {note}"
