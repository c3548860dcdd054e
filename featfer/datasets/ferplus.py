"""FER+ (Barsoum et al. 2016): ten raters' votes for each row of FER2013's csv, over eight expressions."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from featfer.datasets import fer2013
from featfer.datasets.faceset import UNLABELLED, file_digest, joined_digest, reading
from featfer.errors import DataError, ParameterError
from featfer.labels import AFFECTNET8

VOTED = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "nf")
EXPRESSIONS = len(AFFECTNET8)  # of those; `unknown` and `NF`, no face, come behind them
OUTLIER = 1            # votes for a label that are too few to count
ENOUGH, MOST = 0.75, 3  # of the votes, and labels, that a distribution takes in


def digest(path, votes, mode):
    """Return the digest of a FER2013 csv with the votes in another, taken in a mode."""
    return joined_digest("ferplus", fer2013.csv_digest(path), file_digest(votes), mode)


def load(path, skip_bad=False, *, votes, mode):
    """Return the FaceSet of a FER2013 csv with the labels of FER+; keys are the csv's: nothing is extracted twice.

    votes: path of fer2013new.csv, or of a csv with its columns called ferplus_neutral to ferplus_NF; its rows are the
    csv's, in their order. mode: one of MODES. Rows without a label, unknown, or no face are in no split. The shares in
    FaceSet.votes are the same in every mode: of the eight expressions' votes, without outliers.

    Raises DataError where the two files do not fit, ParameterError for another mode.
    """
    check_mode(mode)
    faceset, (usages, counts) = fer2013.load_csv(path, skip_bad), read_votes(votes)
    lines = [int(name.rpartition(":")[2]) - 2 for name in faceset.ids]
    _check_fit(faceset, Path(votes), usages, lines)
    counts = counts[lines]
    labels = MODES[mode](counts)
    return replace(
        faceset, digest=digest(path, votes, mode), name=f"ferplus-{mode}", labels=labels, label_set=AFFECTNET8,
        splits=np.where(labels == UNLABELLED, "", faceset.splits), votes=shares(counts))


def check_mode(mode):
    """Raise ParameterError for a mode that is none of MODES."""
    if mode not in MODES:
        raise ParameterError(f"vote mode {mode!r} is none of {', '.join(MODES)}")


def read_votes(path):
    """Return (usages, counts: int (n, 10), in the order of VOTED) of a csv of votes; raise DataError where it is none."""
    try:
        with reading(path, text=True) as file:
            reader = csv.reader(file)
            columns = _columns(path, next(reader, []))
            rows = [_row(path, reader.line_num, fields, columns) for fields in reader if fields]
    except csv.Error as error:
        raise DataError(f"{path}: not a csv ({error})") from None
    if not rows:
        raise DataError(f"{path}: no rows")
    return [usage for usage, _ in rows], np.array([counts for _, counts in rows])


def without_outliers(counts):
    """Return counts of votes, those of a label that one rater alone chose as 0."""
    return np.where(counts <= OUTLIER, 0, counts)


def shares(counts):
    """Return the shares of the expressions in their votes, float32 (n, 8), in the order of AFFECTNET8; 0 without votes."""
    counts = without_outliers(counts)[:, :EXPRESSIONS].astype(np.float32)
    result = np.zeros_like(counts)
    result[:, LABELS] = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return result


def majority(counts):
    """Return the label with more than half of the votes, int16 (n,)."""
    counts = without_outliers(counts)
    return _labels(counts, counts.max(axis=1) > counts.sum(axis=1) / 2)


def plurality(counts):
    """Return the label with the most votes, int16 (n,); none where several have."""
    counts = without_outliers(counts)
    return _labels(counts, (counts == counts.max(axis=1, keepdims=True)).sum(axis=1) == 1)


def probability(counts):
    """Return the top label of the distribution that FER+ trains on, int16 (n,); the first of FER+ where several are on top.

    Labels are taken in from the top, equal ones together, until they hold ENOUGH of the votes or are MOST; `unknown` or
    `NF` ends this. There is no label where those taken in hold at most half of the votes or are more than MOST.
    """
    counts = without_outliers(counts)
    return _labels(counts, np.array([_is_distribution(row) for row in counts.tolist()]))


MODES = {"majority": majority, "probability": probability, "plurality": plurality}

LABELS = [AFFECTNET8.index(name) for name in VOTED[:EXPRESSIONS]]


def _labels(counts, decided):
    """Return the label of the most votes, where that is decided and an expression."""
    top = counts.argmax(axis=1)
    become = np.array([*LABELS, UNLABELLED, UNLABELLED], np.int16)
    return np.where(decided & counts.any(axis=1), become[top], UNLABELLED).astype(np.int16)


def _is_distribution(row):
    taken, total, number = 0, sum(row), 0
    for level in sorted({votes for votes in row if votes}, reverse=True):
        equal = [i for i, votes in enumerate(row) if votes == level]
        expressions = [i for i in equal if i < EXPRESSIONS]
        taken, number = taken + level * len(expressions), number + len(expressions)
        if len(expressions) < len(equal) or taken >= ENOUGH * total or number >= MOST:
            break
    return taken > total / 2 and number <= MOST


def _check_fit(faceset, votes, usages, lines):
    if lines[-1] >= len(usages) or (lines[-1] + 1 < len(usages) and not faceset.skipped):
        raise DataError(f"{votes}: {len(usages):,} rows, where {faceset.path} has {lines[-1] + 1:,}; give the votes of these "
                        "rows, in their order")
    for line, split in zip(lines, faceset.splits, strict=True):
        if fer2013.USAGES.get(usages[line]) != split:
            raise DataError(f"{votes}, row {line + 1}: usage {usages[line]!r:.40}, where that row of {faceset.path} is of "
                            f"{split}; give the votes of these rows, in their order")


def _columns(path, header):
    """Return where usage and the ten votes stand in a header."""
    names = [name.strip().lower().removeprefix("ferplus_") for name in header]
    missing = [name for name in ("usage", *VOTED) if name not in names]
    if missing:
        raise DataError(f"{path}, line 1: no column {', '.join(missing)} in {', '.join(names)!r:.80}; "
                        "a csv of FER+ has Usage and ten columns of votes, neutral to NF")
    return [names.index(name) for name in ("usage", *VOTED)]


def _row(path, line, fields, columns):
    if len(fields) <= max(columns):
        raise DataError(f"{path}, line {line}: {len(fields)} fields instead of {max(columns) + 1}; is the file truncated?")
    usage, *counts = (fields[i].strip() for i in columns)
    if not all(count.isdecimal() and len(count) < 5 for count in counts):
        raise DataError(f"{path}, line {line}: votes {', '.join(counts)!r:.60} are not all whole numbers below 10,000")
    return usage, [int(count) for count in counts]
