"""What a source was taken for, in sentences."""

import numpy as np

from featfer.datasets.faceset import SPLITS, UNLABELLED
from featfer.errors import to_one_line

MOST_LABELS = 20  # that are counted one by one


def describe(source, record, label_set, labels, splits):
    """Return what a source was taken for, a list of str: first its kind, labels and splits, then the notes made of it.

    record: {"kind": str, "notes": list of str}, which a record of an older version lacks; label_set: a LabelSet or None
    labels: int (n,), indices into it or UNLABELLED; splits: str (n,)
    """
    labels, splits = np.asarray(labels), np.asarray(splits)
    parts = [record.get("kind") or "a source", f"{len(labels):,} images"]
    if label_set:
        counts = list(zip(label_set.names, np.bincount(labels[labels != UNLABELLED], minlength=len(label_set)), strict=True))
        more = f" and {len(counts) - MOST_LABELS:,} more" if len(counts) > MOST_LABELS else ""
        parts.append(f"labels {label_set.name} ({_counted(counts[:MOST_LABELS])}{more})")
        if unlabelled := int((labels == UNLABELLED).sum()):
            parts.append(f"{unlabelled:,} without a label")
        in_splits = [(split, (splits == split).sum()) for split in SPLITS if (splits == split).any()]
        parts.append(f"splits {_counted(in_splits)}" if in_splits else "no splits")
    said = [f"{source}: {'; '.join(parts)}", *(_said(source, note) for note in record.get("notes") or ())]
    return list(map(to_one_line, said))


def _counted(counts):
    return ", ".join(f"{name} {count:,}" for name, count in counts)


def _said(source, note):
    """Return a note with the source's name, behind the word that it is a warning."""
    warning = "Warning: "
    return f"{warning}{source}: {note.removeprefix(warning)}" if note.startswith(warning) else f"{source}: {note}"
