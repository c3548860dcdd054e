"""Baselines: what a person's face shows at rest, to be subtracted from expressions and action units."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featfer.errors import DataError, ParameterError
from featfer.studies.recordings import Recording, cut_recording

if TYPE_CHECKING:
    import pandas as pd

QUANTILE = 0.1
RELATIVE_ALREADY = "AU45"  # 0 is this person's open eyes
WAY_OUT = "give START-END in seconds such as 0-5, condition=NAME, or quantile"


@dataclass(frozen=True)
class Baseline:
    """How a person's baseline is found; one of its attributes is set, or none for the quantile.

    Attributes
    ----------
    span : tuple of float or None
        Start and end in seconds of each film: the mean there.
    condition : str or None
        The mean over all stretches of the subject under this condition.
    """

    span: tuple[float, float] | None = None
    condition: str | None = None

    def __str__(self) -> str:
        where = f"lower {100 * QUANTILE:.0f} % quantile over all stretches"
        if self.span:
            where = f"mean in the seconds {self.span[0]:g} to {self.span[1]:g} of the same film"
        elif self.condition is not None:
            where = f"mean under the condition {self.condition}"
        return f"the subject's {where} is subtracted from each expression and action unit"


def parse_baseline(text: str | tuple[float, float] | None) -> Baseline | None:
    """Read how a baseline is to be found.

    Parameters
    ----------
    text : str, tuple of float or None
        "START-END" in seconds, (start, end), "condition=NAME", "quantile", or None for no baseline.

    Returns
    -------
    Baseline or None

    Raises
    ------
    ParameterError
    """
    if text is None:
        return None
    if text == "quantile":
        return Baseline()
    if isinstance(text, str) and text.startswith("condition=") and text != "condition=":
        return Baseline(condition=text.removeprefix("condition="))
    try:
        start, end = map(float, text.split("-") if isinstance(text, str) else text)
    except (AttributeError, TypeError, ValueError):
        raise ParameterError(f"baseline {text!r:.60}: {WAY_OUT}") from None
    if not 0 <= start < end < math.inf:
        raise ParameterError(f"baseline {text!r:.60}: its end must be after its start; {WAY_OUT}")
    return Baseline(span=(start, end))


def subtract_baseline(recordings: list[Recording], baseline: Baseline | None, table: pd.DataFrame) -> None:
    """Subtract each subject's baseline from the subject's recordings.

    Parameters
    ----------
    recordings : list of Recording
        Changed in place, before they are smoothed.
    baseline : Baseline or None
    table : pandas.DataFrame
        From which the recordings were cut.

    Raises
    ------
    DataError
        When a subject is not seen where the baseline is to be found.
    """
    if baseline is None:
        return
    subtracted = [(recording, _find_level(recording, recordings, baseline, table)) for recording in recordings]
    for recording, level in subtracted:
        names = _list_names(recording)
        recording.faces[names] = recording.faces[names] - level


def _find_level(recording: Recording, recordings: list[Recording], baseline: Baseline,
                table: pd.DataFrame) -> NDArray[np.float64]:
    """Return the baseline of each column for a recording: ndarray of float, (columns,)."""
    stretch = recording.stretch
    if not len(recording.faces):
        return np.zeros(len(_list_names(recording)))
    if baseline.span:
        parts = [cut_recording(table, replace(stretch, start=baseline.span[0], end=baseline.span[1]))]
        where = f"in {stretch.film} from {baseline.span[0]:g} to {baseline.span[1]:g} s"
    else:
        parts = [of for of in recordings if of.stretch.subject == stretch.subject
                 and baseline.condition in (None, of.stretch.condition)]
        where = f"under the condition {baseline.condition!r}"
    values = np.concatenate([part.faces[_list_names(part)].to_numpy(float) for part in parts] or [np.empty((0, 1))])
    seconds = np.concatenate([part.faces["seconds"].to_numpy(float) for part in parts] or [np.empty(0)])
    if not seconds.sum() > 0:
        raise DataError(f"subject {stretch.subject}: not seen {where}, so there is no baseline; {WAY_OUT}")
    return np.array([_describe_column(column, seconds, baseline) for column in values.T])


def _describe_column(column: NDArray[np.float64], seconds: NDArray[np.float64], baseline: Baseline) -> float:
    known = np.isfinite(column) & (seconds > 0)
    if not known.any():
        return 0.0
    if baseline.span or baseline.condition is not None:
        return np.average(column[known], weights=seconds[known])
    order = np.argsort(column[known], kind="stable")
    passed = np.cumsum(seconds[known][order])
    return column[known][order][np.searchsorted(passed, QUANTILE * passed[-1] * (1 - 1e-9))]


def _list_names(recording: Recording) -> list[str]:
    return [*recording.expressions, *(name for name in recording.units if name != RELATIVE_ALREADY)]
