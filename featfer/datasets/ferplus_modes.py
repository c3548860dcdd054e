"""Turn the votes of FER+'s raters into labels, in one of three modes, and into soft labels."""

import numpy as np
from numpy.typing import NDArray

from featfer.datasets.faceset import UNLABELLED
from featfer.errors import ParameterError
from featfer.labels import AFFECTNET8
from featfer.typing import Integers, Mask

VOTED = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "nf")
EXPRESSIONS = len(AFFECTNET8)  # the first of VOTED; `unknown` and `nf` (no face) follow
OUTLIER = 1            # a label with so few votes does not count
ENOUGH, MOST = 0.75, 3  # a distribution stops at this fraction of the votes, or this many labels


def check_mode(mode: str) -> None:
    """Check the name of a mode.

    Parameters
    ----------
    mode : str

    Raises
    ------
    ParameterError
        When it is no key of MODES.
    """
    if mode not in MODES:
        raise ParameterError(f"vote mode {mode!r} is none of {', '.join(MODES)}")


def drop_outliers(counts: Integers) -> Integers:
    """Set counts of a single vote to 0.

    Parameters
    ----------
    counts : ndarray of int, (n, 10)

    Returns
    -------
    ndarray of int, (n, 10)
    """
    return np.where(counts <= OUTLIER, 0, counts)


def normalize_votes(counts: Integers) -> NDArray[np.float32]:
    """Compute soft labels: the fraction of votes for each expression, without outliers.

    Parameters
    ----------
    counts : ndarray of int, (n, 10)

    Returns
    -------
    ndarray of float32, (n, 8)
        In the order of AFFECTNET8; rows sum to 1, or to 0 without votes for expressions.
    """
    votes = drop_outliers(counts)[:, :EXPRESSIONS].astype(np.float32)
    result = np.zeros_like(votes)
    result[:, LABELS] = votes / np.maximum(votes.sum(axis=1, keepdims=True), 1)
    return result


def majority(counts: Integers) -> NDArray[np.int16]:
    """Label each row by the expression with more than half of the votes.

    Parameters
    ----------
    counts : ndarray of int, (n, 10)

    Returns
    -------
    ndarray of int16, (n,)
        Indices into AFFECTNET8, or UNLABELLED.
    """
    counts = drop_outliers(counts)
    return _label_where(counts, counts.max(axis=1) > counts.sum(axis=1) / 2)


def plurality(counts: Integers) -> NDArray[np.int16]:
    """Label each row by the expression with the most votes, unless several have as many.

    Parameters
    ----------
    counts : ndarray of int, (n, 10)

    Returns
    -------
    ndarray of int16, (n,)
        Indices into AFFECTNET8, or UNLABELLED.
    """
    counts = drop_outliers(counts)
    return _label_where(counts, (counts == counts.max(axis=1, keepdims=True)).sum(axis=1) == 1)


def probability(counts: Integers) -> NDArray[np.int16]:
    """Label each row by the top of the distribution that FER+ trains on.

    Parameters
    ----------
    counts : ndarray of int, (n, 10)

    Returns
    -------
    ndarray of int16, (n,)
        Indices into AFFECTNET8, or UNLABELLED. Of several on top, the first of VOTED.

    Notes
    -----
    As in the script of FER+ (Barsoum et al. 2016): labels join the distribution from the top, equal ones together, until they
    have ENOUGH of the votes or are MOST in number; `unknown` or `nf` ends this. The row has no label if they have at most half
    of the votes or are more than MOST.
    """
    counts = drop_outliers(counts)
    return _label_where(counts, np.array([_is_distribution(row) for row in counts.tolist()]))


MODES = {"majority": majority, "probability": probability, "plurality": plurality}

LABELS = [AFFECTNET8.index(name) for name in VOTED[:EXPRESSIONS]]


def _label_where(counts: Integers, is_decided: Mask) -> NDArray[np.int16]:
    """Return the label with the most votes for each decided row, UNLABELLED for others and for what is no expression."""
    top = counts.argmax(axis=1)
    mapping = np.array([*LABELS, UNLABELLED, UNLABELLED], np.int16)
    return np.where(is_decided & counts.any(axis=1), mapping[top], UNLABELLED).astype(np.int16)


def _is_distribution(row: list[int]) -> bool:
    """Tell whether a row's top labels form a distribution, as `probability` defines it."""
    taken, total, number = 0, sum(row), 0
    for level in sorted({votes for votes in row if votes}, reverse=True):
        equal = [i for i, votes in enumerate(row) if votes == level]
        expressions = [i for i in equal if i < EXPRESSIONS]
        taken, number = taken + level * len(expressions), number + len(expressions)
        if len(expressions) < len(equal) or taken >= ENOUGH * total or number >= MOST:
            break
    return taken > total / 2 and number <= MOST
