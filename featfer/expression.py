"""The expression in a face: a label, the probabilities of all labels, and where the face is; and its row in a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from numbers import Real
from typing import Any

from featfer.errors import ParameterError
from featfer.typing import Box

UNSURE = "unsure"  # the label of an expression that was rejected
NOVEL = 0.99       # a face of a higher novelty is said to be UNLIKE
UNLIKE = "unlike the training faces"
LEAST_NAMED = 3  # of the expressions in a face, however unlikely, where it is described in words ...
NAMED = 0.005    # ... and as many more as have this probability
NO_FACE = "no-face"  # status of an image without a face
# Columns of a table of faces: these, the probabilities of all labels, and the last, which came later and stay behind all.
COLUMNS = ("image", "frame", "seconds", "face", "label", "probability", "second", "second_probability", "third",
           "third_probability", "left", "top", "right", "bottom", "score", "status")
LAST_COLUMNS = ("confidence", "ambiguity", "novelty")


@dataclass(frozen=True)
class Expression:
    """The expression in one face.

    Attributes
    ----------
    label : str
        The likeliest expression, or UNSURE where it was rejected.
    probabilities : dict
        {expression: probability}, in the order of the label set.
    box : (float, float, float, float)
        Left, top, right and bottom in pixels of the image, clipped to it.
    status : str
        "found"; "faint" if only the second look found the face; or "whole-image" if the whole image was taken for one.
    score : float or None
        The detector's; None for a whole image.
    landmarks : list of [x, y], or None
        The 5 or 68 points in pixels of the image with which the features were computed; None if they need no landmarks.
    novelty : float or None
        The share of ordinary faces that are less unlike the training faces, from 0 to 1; None if the model cannot tell.
    """

    label: str
    probabilities: dict[str, float]
    box: Box
    status: str
    score: float | None
    landmarks: list[list[float]] | None = None
    novelty: float | None = None

    @property
    def confidence(self) -> float:
        """The probability of the likeliest expression (float)."""
        return max(self.probabilities.values())

    @property
    def ambiguity(self) -> float:
        """How mixed the blend is (float): `compute_ambiguity` of its probabilities."""
        return compute_ambiguity(self.probabilities.values())

    @property
    def is_novel(self) -> bool:
        """Whether the face is more unlike the training faces than nearly all others are (bool)."""
        return self.novelty is not None and self.novelty > NOVEL

    def rejected_below(self, reject: float) -> Expression:
        """Return the expression with the label UNSURE if its confidence is below `reject`, else as it is.

        Chow 1970, "On optimum recognition error and reject tradeoff".
        """
        return replace(self, label=UNSURE) if self.confidence < reject else self

    def blend(self) -> list[tuple[str, float]]:
        """Return (expression, probability) pairs, likeliest first; of equal probabilities, the label first."""
        return sorted(self.probabilities.items(), key=lambda pair: (-pair[1], pair[0] != self.label))

    def in_words(self) -> str:
        """Return the likeliest expressions with their probabilities in per cent (str): LEAST_NAMED of them, and as many more as
        have the probability NAMED. UNSURE and UNLIKE are said too."""
        words = ", ".join(f"{name} {probability:.0%}" for rank, (name, probability) in enumerate(self.blend())
                          if rank < LEAST_NAMED or probability >= NAMED)
        words = f"{UNSURE} ({words})" if self.label == UNSURE else words
        return f"{words}; {UNLIKE}" if self.is_novel else words

    def as_dict(self) -> dict[str, Any]:
        """Return the expression as plain data for JSON (dict)."""
        return {**asdict(self), "confidence": self.confidence, "ambiguity": self.ambiguity}


def compute_ambiguity(probabilities: Iterable[float]) -> float:
    """Compute how mixed a blend of expressions is: its entropy, as a share of the largest possible.

    Parameters
    ----------
    probabilities : iterable of float
        Of at least two expressions; they sum to 1.

    Returns
    -------
    float
        From 0 (one expression is certain) to 1 (all are equally likely), with 4 decimals.
    """
    values = list(probabilities)
    entropy = -sum(value * math.log(value) for value in values if value > 0)
    return round(min(1.0, max(0.0, entropy / math.log(len(values)))), 4) if len(values) > 1 else 0.0


def make_rows(image: Mapping[str, Any], expressions: Sequence[Expression]) -> list[dict[str, Any]]:
    """Make the rows of an image in a table of faces: one for each face, or one with the status NO_FACE.

    Parameters
    ----------
    image : dict
        The columns that say which image it is.
    expressions : list of Expression

    Returns
    -------
    list of dict
        {column: value}, with COLUMNS, LAST_COLUMNS and the names of all labels.
    """
    if not expressions:
        return [{**image, "status": NO_FACE}]
    return [{**image, "face": number, **_make_row(expression)} for number, expression in enumerate(expressions, 1)]


def _make_row(expression: Expression) -> dict[str, Any]:
    guesses = [value for guess in [*expression.blend(), (None, None), (None, None)][:3] for value in guess]
    values = (expression.label, *guesses[1:], *expression.box, expression.score, expression.status)
    last = {name: getattr(expression, name) for name in LAST_COLUMNS}
    return {**dict(zip(COLUMNS[4:], values, strict=True)), **expression.probabilities, **last}


def check_reject(reject: float) -> None:
    """Raise ParameterError unless `reject` is a probability."""
    if not (isinstance(reject, Real) and 0 <= reject <= 1):
        raise ParameterError(f"reject {reject!r} is not from 0 to 1")
