"""Summaries of recordings: what each person's face showed, by film and condition, and over subjects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from featfer.errors import ParameterError
from featfer.prediction.formats import NO_FACE
from featfer.studies.baseline import parse_baseline, subtract_baseline
from featfer.studies.conditions import Conditions, Stretch, list_persons, place_stretches, read_conditions
from featfer.studies.effects import find_effects
from featfer.studies.events import OFF_SHARE
from featfer.studies.measures import list_events, measure
from featfer.studies.reading import Tables, read_tables
from featfer.studies.recordings import Recording, cut_recording
from featfer.utils.requiring import require_numbers
from featfer.utils.words import count

if TYPE_CHECKING:
    import pandas as pd

KEYS = ("subject", "film", "condition", "person", "start_s", "end_s")
EVENT = ("expression", "onset_s", "apex_s", "offset_s", "duration_s", "peak", "cut")
FEW = 6       # subjects below which a sign-flip test cannot reach p < 0.05
SMOOTHING = 0.1


@dataclass
class Summary:
    """What recordings show.

    Attributes
    ----------
    rows : pandas.DataFrame
        A row for each number: subject, film, condition, person, start_s, end_s, measure, name, value, unit.
    events : pandas.DataFrame
        A row for each event: the same keys, expression, onset_s, apex_s, offset_s, duration_s, peak, cut.
    effects : pandas.DataFrame
        Means over subjects and differences between conditions; see `featfer.studies.effects.find_effects`. Empty without
        conditions or with a single subject.
    notes : list of str
        Sentences on what is missing, was chosen or could not be computed.
    settings : dict
        threshold, off, smoothing, baseline (in words, or None), seed, draws.
    recordings : list of Recording
        What was measured.
    """

    rows: pd.DataFrame
    events: pd.DataFrame
    effects: pd.DataFrame
    notes: list[str]
    settings: dict[str, Any]
    recordings: list[Recording] = field(repr=False)

    def __repr__(self) -> str:
        subjects, films = self.rows["subject"].nunique(), self.rows["film"].nunique()
        conditions = [condition for condition in self.rows["condition"].dropna().unique() if condition]
        return (f"<Summary of {subjects} subject{'s' * (subjects != 1)} in {films} film{'s' * (films != 1)}"
                f"{', conditions ' + ', '.join(conditions) if conditions else ''}: {len(self.rows):,} rows, "
                f"{len(self.events):,} events, {len(self.effects):,} effects>")


def summarize(frame: Tables, conditions: Conditions | None = None, baseline: str | tuple[float, float] | None = None,
              smoothing: float = SMOOTHING, threshold: float = 0.5, seed: int = 0, draws: int = 2000) -> Summary:
    """Summarize recordings by subject, film and condition.

    Parameters
    ----------
    frame : pandas.DataFrame, str, Path or list of them
    conditions : str, Path or pandas.DataFrame, optional
        The csv of the study: film, subject, condition, and if wanted person, start, end. Without it each person is a subject.
    baseline : str or tuple of float, optional
        What is subtracted from expressions and action units: "START-END" or (start, end), the mean in these seconds of each
        film; "condition=NAME", the mean under a condition; "quantile", the lower 10 % quantile.
    smoothing : float
        Standard deviation in seconds of a Gaussian for events, shares above thresholds and movements; 0 for none.
    threshold : float
        The probability at which an event begins; it ends below 60 % of it.
    seed, draws : int
        Of the bootstrap over subjects.

    Returns
    -------
    Summary

    Raises
    ------
    DataError, ParameterError
        When a table, the csv or a setting is not what it should be.
    """
    _check(smoothing, threshold, draws, seed)
    rest, table = parse_baseline(baseline), read_tables(frame)
    stretches = list_persons(table) if conditions is None else place_stretches(read_conditions(conditions), table)
    recordings = [cut_recording(table, stretch) for stretch in stretches]
    subtract_baseline(recordings, rest, table)
    rows, events = _measure_all(recordings, smoothing, threshold)
    reason = _find_reason(stretches, conditions is not None)
    effects = find_effects(rows.iloc[:0] if reason else rows, seed, draws)
    notes = [*_note_faces(table, stretches), *_note_choices(recordings, table), *([reason] if reason else _note_few(effects))]
    return Summary(rows, events, effects, notes, {
        "threshold": threshold, "off": round(OFF_SHARE * threshold, 6), "smoothing": smoothing,
        "baseline": rest and str(rest), "seed": seed, "draws": draws}, recordings)


def _check(smoothing: float, threshold: float, draws: int, seed: int) -> None:
    require_numbers(smoothing=smoothing, threshold=threshold, draws=draws, seed=seed)
    if not 0 <= smoothing <= 60:
        raise ParameterError(f"smoothing {smoothing}: give seconds from 0 (none) to 60")
    if not 0 < threshold <= 1:
        raise ParameterError(f"threshold {threshold}: give a probability above 0, up to 1")
    if draws < 0:
        raise ParameterError(f"draws {draws}: give 0 (no intervals) or more")


def _measure_all(recordings: list[Recording], smoothing: float, threshold: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    import pandas
    rows, found = [], []
    for recording in recordings:
        recording.smooth(smoothing)
        stretch = recording.stretch
        key = (stretch.subject, stretch.film, stretch.condition, stretch.person, stretch.start, recording.end)
        events = list_events(recording, threshold)
        rows += [(*key, *of) for of in measure(recording, events, threshold)]
        found += [(*key, name, event.onset, event.apex, event.offset, event.offset - event.onset, event.peak, int(event.is_cut))
                  for name, event in events]
    as_rows = pandas.DataFrame(rows, columns=[*KEYS, "measure", "name", "value", "unit"]).astype({"person": "Int64"})
    as_events = pandas.DataFrame(found, columns=[*KEYS, *EVENT]).astype({"person": "Int64"})
    return as_rows, as_events


def _find_reason(stretches: list[Stretch], has_conditions: bool) -> str:
    """Say why there are no means over subjects; "" if there are some."""
    if not has_conditions:
        return "No intervals and no comparisons: no conditions were given, see --conditions."
    subjects = {stretch.subject for stretch in stretches}
    if len(subjects) < 2:
        return f"No intervals and no comparisons: {next(iter(subjects))} is the only subject; they need two or more."
    return ""


def _note_faces(table: pd.DataFrame, stretches: list[Stretch]) -> Iterator[str]:
    """Say which faces belong to nobody, and which films are not in the study."""
    without = table[(table["status"] != NO_FACE) & table["person"].isna()]
    for film, rows in without.groupby("film", sort=False):
        yield f"{film}: {count(len(rows), 'row')} of faces without a person (tracks too short or too poor), in no number."
    used = {stretch.film for stretch in stretches}
    for film, rows in table.groupby("film", sort=False):
        if film in used:
            continue
        why = "the conditions do not name it" if rows["person"].notna().any() else "nobody was seen"
        yield f"{film}: in no number, as {why}."
    both = table[table["person"].notna()]
    doubled = int(both.duplicated(["film", "frame", "person"]).sum())
    if doubled:
        yield f"{count(doubled, 'row')} of a person who is in the same frame twice left out; that with the higher score counts."


def _note_choices(recordings: list[Recording], table: pd.DataFrame) -> Iterator[str]:
    """Say who was taken for a subject where the conditions name no person, and several were seen."""
    chosen = [recording for recording in recordings if recording.stretch.is_chosen]
    if chosen:
        yield "Where the conditions name no person, the subject is the person seen longest in the stretch."
    for recording in chosen:
        stretch = recording.stretch
        where = f"{stretch.film}{f', {stretch.condition}' if stretch.condition else ''}"
        if stretch.person is None:
            yield f"{where}: no person was seen, so there is nothing of {stretch.subject}."
            continue
        there = table[(table["film"] == stretch.film) & table["frame"].isin(recording.frames["frame"])]
        if others := sorted(set(there["person"].dropna().astype(int)) - {stretch.person}):
            yield f"{where}: {stretch.subject} is person {stretch.person}, not {', '.join(map(str, others))}."


def _note_few(effects: pd.DataFrame) -> Iterator[str]:
    tested = effects[effects["kind"] == "difference"]["subjects"]
    if not len(tested):
        yield "No comparisons: there is only one condition."
    elif tested.max() < 2:
        yield "No tests: they need two or more subjects with both conditions."
    elif tested.max() < FEW:
        yield f"With fewer than {FEW} subjects a sign-flip test cannot reach p < 0.05, and bootstrap intervals are too narrow."
