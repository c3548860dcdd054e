"""FER+ (Barsoum et al. 2016): ten raters' votes for each row of FER2013's csv, over eight expressions."""

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from featfer.datasets import fer2013
from featfer.datasets.faceset import UNLABELLED, digest_file, join_digests
from featfer.datasets.ferplus_rows import check_names, doubts
from featfer.datasets.tables import LONGEST, find_delimiter, open_table, parse_header, wrap_text
from featfer.errors import DataError, ParameterError
from featfer.labels import AFFECTNET8

VOTED = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "nf")
EXPRESSIONS = len(AFFECTNET8)  # of those; `unknown` and `NF`, no face, come behind them
OUTLIER = 1            # votes for a label that are too few to count
LEAST_RATERS, MOST_RATERS = 8, 12  # there were ten; in one row nine
IMAGE_NAME = "image name"
ENOUGH, MOST = 0.75, 3  # of the votes, and labels, that a distribution takes in


def digest(path, votes, mode):
    """Return the digest of a FER2013 csv with the votes in another, taken in a mode."""
    return join_digests("ferplus", fer2013.csv_digest(path), digest_file(votes), mode)


def load(path, skip_bad=False, *, votes, mode):
    """Return the FaceSet of a FER2013 csv with the labels of FER+; keys are the csv's: nothing is extracted twice.

    votes: path of fer2013new.csv, or of a csv with its columns called ferplus_neutral to ferplus_NF; its rows are the
    csv's, in their order. mode: one of MODES. Rows without a label, unknown, or no face are in no split. The shares in
    FaceSet.votes are the same in every mode: of the eight expressions' votes, without outliers.

    Raises DataError where the two files do not fit, ParameterError for another mode; FaceSet.notes has a warning where votes
    and labels hardly agree.
    """
    check_mode(mode)
    faceset, rows, count = fer2013.load_rows(path, skip_bad)
    votes = read_votes(votes)
    check_names(votes)
    _check_fit(faceset, votes, rows, count)
    counts = votes.counts[rows]
    labels = MODES[mode](counts)
    notes = [*faceset.notes, *doubts(faceset, count, majority(counts), AFFECTNET8)]
    return replace(
        faceset, digest=digest(path, votes.path, mode), name=f"ferplus-{mode}", labels=labels, label_set=AFFECTNET8,
        splits=np.where(labels == UNLABELLED, "", faceset.splits), votes=shares(counts), notes=notes,
        kind=f"{faceset.kind}, with the votes of {votes.path.name}")


@dataclass(frozen=True)
class Votes:
    """The rows of a csv of votes: their lines, usages and image names (None where there is no such column), and the counts,
    int (n, 10), in the order of VOTED."""

    path: Path
    lines: list
    usages: list
    names: list | None
    counts: np.ndarray


def check_mode(mode):
    """Raise ParameterError for a mode that is none of MODES."""
    if mode not in MODES:
        raise ParameterError(f"vote mode {mode!r} is none of {', '.join(MODES)}")


def read_votes(path):
    """Return the Votes of a csv; raise DataError where it is none."""
    try:
        with open_table(path) as table:
            file = wrap_text(table)
            header = file.readline(LONGEST)
            columns, reader = _columns(path, parse_header(header)), csv.reader(file, delimiter=find_delimiter(header))
            rows = [(reader.line_num + 1, *_row(path, reader.line_num + 1, fields, columns)) for fields in reader if fields]
    except csv.Error as error:
        raise DataError(f"{path}: not a csv ({error})") from None
    if not rows:
        raise DataError(f"{path}: no rows")
    lines, usages, names, counts = zip(*rows, strict=True)
    return Votes(Path(path), lines, usages, names if columns[-1] is not None else None, np.array(counts))


def parse_counts(texts):
    """Return ten raters' votes, given as texts, as a list of int; raise DataError where they are none."""
    if not all(text.isdecimal() and len(text) < 5 for text in texts):
        raise DataError(f"votes {', '.join(texts)!r:.60} are not all whole numbers below 10,000")
    counts = list(map(int, texts))
    if not LEAST_RATERS <= sum(counts) <= MOST_RATERS:
        raise DataError(f"votes {', '.join(texts)!r:.60} are {sum(counts):,} in all, not about ten")
    return counts


def drop_outliers(counts):
    """Return counts of votes, those of a label that one rater alone chose as 0."""
    return np.where(counts <= OUTLIER, 0, counts)


def shares(counts):
    """Return the shares of the expressions in their votes, float32 (n, 8), in the order of AFFECTNET8; 0 without votes."""
    counts = drop_outliers(counts)[:, :EXPRESSIONS].astype(np.float32)
    result = np.zeros_like(counts)
    result[:, LABELS] = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return result


def majority(counts):
    """Return the label with more than half of the votes, int16 (n,)."""
    counts = drop_outliers(counts)
    return _labels(counts, counts.max(axis=1) > counts.sum(axis=1) / 2)


def plurality(counts):
    """Return the label with the most votes, int16 (n,); none where several have."""
    counts = drop_outliers(counts)
    return _labels(counts, (counts == counts.max(axis=1, keepdims=True)).sum(axis=1) == 1)


def probability(counts):
    """Return the top label of the distribution that FER+ trains on, int16 (n,); the first of FER+ where several are on top.

    Labels are taken in from the top, equal ones together, until they hold ENOUGH of the votes or are MOST; `unknown` or
    `NF` ends this. There is no label where those taken in hold at most half of the votes or are more than MOST.
    """
    counts = drop_outliers(counts)
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


def _check_fit(faceset, votes, rows, count):
    """Raise DataError unless there are votes for each row of the csv, of its usage."""
    if len(votes.usages) != count:
        raise DataError(f"{votes.path}: {len(votes.usages):,} rows, where {faceset.path} has {count:,}; give the votes of "
                        "these rows, in their order")
    for row, split in zip(rows, faceset.splits, strict=True):
        if split and fer2013.USAGES.get(votes.usages[row]) != split:
            raise DataError(f"{votes.path}, row {row + 1}: usage {votes.usages[row]!r:.40}, where that row of {faceset.path} "
                            f"is of {split}; give the votes of these rows, in their order")


def _columns(path, header):
    """Return where usage, the ten votes and the image name stand in a header; None for the last where it has none."""
    names = [name.removeprefix("ferplus_") for name in header]
    missing = [name for name in ("usage", *VOTED) if name not in names]
    if missing:
        raise DataError(f"{path}, line 1: no column {', '.join(missing)} in {', '.join(names)!r:.80}; "
                        "a csv of FER+ has Usage and ten columns of votes, neutral to NF")
    return [*(names.index(name) for name in ("usage", *VOTED)), names.index(IMAGE_NAME) if IMAGE_NAME in names else None]


def _row(path, line, fields, columns):
    needed = 1 + max(column for column in columns if column is not None)
    if len(fields) < needed:
        raise DataError(f"{path}, line {line}: {len(fields)} fields instead of {needed}; is the file truncated?")
    usage, *texts = (fields[i].strip() for i in columns[:-1])
    try:
        return usage, fields[columns[-1]].strip() if columns[-1] is not None else "", parse_counts(texts)
    except DataError as error:
        raise DataError(f"{path}, line {line}: {error}") from None
