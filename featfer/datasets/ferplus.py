"""FER+ (Barsoum et al. 2016): the votes of ten raters, over eight expressions, for each row of FER2013's csv."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from featfer.datasets import fer2013
from featfer.datasets.digests import Digest, digest_file, join_digests
from featfer.datasets.faceset import UNLABELLED, FaceSet
from featfer.datasets.ferplus_modes import MODES, VOTED, check_mode, majority, normalize_votes
from featfer.datasets.ferplus_rows import check_names, find_doubts
from featfer.datasets.tables import LONGEST, find_delimiter, open_table, parse_header, wrap_text
from featfer.errors import DataError
from featfer.labels import AFFECTNET8
from featfer.typing import Integers
from featfer.typing import Path as AnyPath
from featfer.utils.words import count

LEAST_RATERS, MOST_RATERS = 8, 12  # there were ten, in one row nine
IMAGE_NAME = "image name"


def digest(path: AnyPath, votes: AnyPath, mode: str) -> Digest:
    """Compute the digest of a csv of FER2013, the votes and the mode.

    Parameters
    ----------
    path, votes : path
    mode : str
        As in `load`.

    Returns
    -------
    Digest
    """
    return join_digests("ferplus", fer2013.digest_csv(path), digest_file(votes), mode)


def load(path: AnyPath, skip_bad: bool = False, *, votes: AnyPath, mode: str) -> FaceSet:
    """Load a csv of FER2013 with the labels and votes of FER+.

    Content keys are those of the csv, so that nothing is extracted twice.

    Parameters
    ----------
    path : path
        The csv of FER2013.
    skip_bad : bool, optional
        Leave out bad rows of this csv.
    votes : path
        fer2013new.csv, or a csv with columns ferplus_neutral to ferplus_NF: a row for each row of the csv, in its order.
    mode : str
        How votes become labels, a key of MODES. `FaceSet.votes` does not depend on it.

    Returns
    -------
    FaceSet
        Rows without a label are in no split. A note warns if votes and FER2013's labels hardly agree.

    Raises
    ------
    DataError
        When the two files do not fit together.
    ParameterError
        For an unknown mode.
    """
    check_mode(mode)
    faceset, rows, count = fer2013.load_rows(path, skip_bad)
    voted = read_votes(votes)
    check_names(voted)
    _check_fit(faceset, voted, rows, count)
    counts = voted.counts[rows]
    labels = MODES[mode](counts)
    notes = [*faceset.notes, *find_doubts(faceset, count, majority(counts), AFFECTNET8)]
    return replace(
        faceset, digest=digest(path, voted.path, mode), name=f"ferplus-{mode}", labels=labels, label_set=AFFECTNET8,
        splits=np.where(labels == UNLABELLED, "", faceset.splits), votes=normalize_votes(counts), notes=notes,
        kind=f"{faceset.kind}, with the votes of {voted.path.name}")


@dataclass(frozen=True)
class Votes:
    """The rows of a csv of votes.

    Attributes
    ----------
    path : Path
    lines : sequence of int
        Line numbers.
    usages : sequence of str
    names : sequence of str, or None
        Names of images; None if there is no such column.
    counts : ndarray of int, (n, 10)
        Votes for each of VOTED.
    """

    path: Path
    lines: Sequence[int]
    usages: Sequence[str]
    names: Sequence[str] | None
    counts: Integers


def read_votes(path: AnyPath) -> Votes:
    """Read a csv of votes.

    Parameters
    ----------
    path : path

    Returns
    -------
    Votes

    Raises
    ------
    DataError
        When it is no such csv.
    """
    try:
        with open_table(path) as table:
            file = wrap_text(table)
            header = file.readline(LONGEST)
            columns, reader = _find_columns(path, parse_header(header)), csv.reader(file, delimiter=find_delimiter(header))
            rows = [(reader.line_num + 1, *_parse_row(path, reader.line_num + 1, fields, columns))
                    for fields in reader if fields]
    except csv.Error as error:
        raise DataError(f"{path}: not a csv ({error})") from None
    if not rows:
        raise DataError(f"{path}: no rows")
    lines, usages, names, counts = zip(*rows, strict=True)
    return Votes(Path(path), lines, usages, names if columns[-1] is not None else None, np.array(counts))


def parse_counts(texts: Sequence[str]) -> list[int]:
    """Parse the votes in a row.

    Parameters
    ----------
    texts : list of str
        Ten counts.

    Returns
    -------
    list of int

    Raises
    ------
    DataError
        When they are no counts, or not about ten in all.
    """
    if not all(text.isdecimal() and len(text) < 5 for text in texts):
        raise DataError(f"votes {', '.join(texts)!r:.60} are not all whole numbers below 10,000")
    counts = list(map(int, texts))
    if not LEAST_RATERS <= sum(counts) <= MOST_RATERS:
        raise DataError(f"votes {', '.join(texts)!r:.60} are {sum(counts):,} in all, not about ten")
    return counts


def _check_fit(faceset: FaceSet, votes: Votes, rows: Sequence[int], count: int) -> None:
    """Raise DataError unless there are votes for each row of the csv, with the same usage."""
    if len(votes.usages) != count:
        raise DataError(f"{votes.path}: {len(votes.usages):,} rows, where {faceset.path} has {count:,}; give the votes of "
                        "these rows, in their order")
    for row, split in zip(rows, faceset.splits, strict=True):
        if split and fer2013.USAGES.get(votes.usages[row]) != split:
            raise DataError(f"{votes.path}, row {row + 1}: usage {votes.usages[row]!r:.40}, where that row of {faceset.path} "
                            f"is of {split}; give the votes of these rows, in their order")


def _find_columns(path, header):
    """Return the indices of usage, the ten votes and the image name in a header; None for the last if it has none."""
    names = [name.removeprefix("ferplus_") for name in header]
    missing = [name for name in ("usage", *VOTED) if name not in names]
    if missing:
        raise DataError(f"{path}, line 1: no column {', '.join(missing)} in {', '.join(names)!r:.80}; "
                        "a csv of FER+ has Usage and ten columns of votes, neutral to NF")
    return [*(names.index(name) for name in ("usage", *VOTED)), names.index(IMAGE_NAME) if IMAGE_NAME in names else None]


def _parse_row(path, line, fields, columns):
    needed = 1 + max(column for column in columns if column is not None)
    if len(fields) < needed:
        raise DataError(f"{path}, line {line}: {count(len(fields), 'field')} instead of {needed}; is the file truncated?")
    usage, *texts = (fields[i].strip() for i in columns[:-1])
    try:
        return usage, fields[columns[-1]].strip() if columns[-1] is not None else "", parse_counts(texts)
    except DataError as error:
        raise DataError(f"{path}, line {line}: {error}") from None
