"""The page of a summary: what was computed and how, its tables and its timelines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from featfer.reports.outside import describe_making, format_p
from featfer.studies import events as constants
from featfer.studies.effects import COMPARED
from featfer.studies.measures import ACTIVE_UNIT
from featfer.studies.smoothing import GAP, GAP_IN_FRAMES
from featfer.studies.tables import format_number, name_file, shorten_films, tabulate
from featfer.studies.timelines import draw_timeline
from featfer.typing import Path as AnyPath
from featfer.utils.files import make_distinct, write_text
from featfer.utils.markdown import as_text, markdown_table
from featfer.utils.outputs import SUMMARY

if TYPE_CHECKING:
    import pandas as pd

    from featfer.studies.recordings import Recording
    from featfer.studies.summary import Summary

WORDS = {  # measure: (heading, factor, decimals)
    "mean_probability": ("Mean probability, %", 100, 1),
    "label_share": ("Share of the time in which it is the label, %", 100, 1),
    "threshold_share": ("Share of the time at or above the threshold, %", 100, 1),
    "event_rate": ("Events a minute", 1, 1), "event_duration": ("Mean duration of an event, s", 1, 2),
    "au_intensity": ("Mean intensity of action units, 0 to 5", 1, 2),
    "au_share": (f"Share of the time in which the action unit is above {ACTIVE_UNIT:g}, %", 100, 1),
    "affect": ("Mean valence and arousal, -1 to 1", 1, 2), "blink_rate": ("Blinks a minute", 1, 1),
    "head_motion": ("Head motion, degrees/s", 1, 1)}
METHOD = """Each frame counts for the time until the next. Means are of the values as measured. Events, the shares above a
threshold and head motion are of values that were smoothed: {smoothing}. An event of an expression begins in the first frame
with a probability of {threshold:g} or more and ends in the first below {off:g}; events less than {join:g} s apart are one, and
those shorter than {shortest:g} s are none. {cut} Rates are per minute in which the face was seen. Blinks are counted where the
eyes close. Head motion is the path of each angle divided by the time; *all* is that of the three together. Baseline:
{baseline}."""
CUT = "An event is *cut* if the face was not seen just before it or at its end: it may have been longer."
EFFECTS = """A subject's value under a condition is the mean over its stretches, weighted by the seconds seen; all subjects
count alike. In brackets: 95 % intervals, from {draws:,} bootstrap samples of the subjects (seed {seed}). Differences are within
the subjects who have both conditions; p is of a two-sided sign-flip test on their mean, and *corrected p* is corrected by
Holm's method over all comparisons of the same measure."""


def describe_method(settings: dict[str, Any]) -> str:
    """Say how a summary was computed, with all constants.

    Parameters
    ----------
    settings : dict
        Of a Summary.

    Returns
    -------
    str
    """
    smoothing = "not at all" if not settings["smoothing"] else (
        f"by a Gaussian in time (standard deviation {settings['smoothing']:g} s), not across gaps of over {GAP:g} s and "
        f"{GAP_IN_FRAMES} frames")
    return METHOD.format(smoothing=smoothing, threshold=settings["threshold"], off=settings["off"], join=constants.JOIN,
                         shortest=constants.SHORTEST, cut=CUT, baseline=as_text(settings["baseline"] or "none"))


def write_page(summary: Summary, path: AnyPath, command: str) -> None:
    """Write a summary as a Markdown page, with a timeline of each subject and film in a folder of the same name.

    Parameters
    ----------
    summary : featfer.studies.summary.Summary
    path : path
        The .md file.
    command : str
        The command that the page names.

    Raises
    ------
    WriteError
    """
    path = Path(path)
    films = shorten_films(summary.rows["film"])
    parts = [f"# Summary of faces in {len(films)} film{'s' * (len(films) != 1)}",
             describe_making(command),
             "## How", describe_method(summary.settings), "## Missing data", _format_missing(summary, films),
             "\n".join(f"- {as_text(note)}" for note in summary.notes)]
    if len(summary.effects):
        parts += ["## Conditions", EFFECTS.format(**summary.settings), *format_conditions(summary.effects)]
        differences = format_differences(summary.effects)
        parts += ["## Differences", differences] if differences else []
    parts += ["## Subjects", *_format_subjects(summary, films), "## Timelines", *_draw_timelines(summary, path, films)]
    write_text(path, "\n\n".join(filter(None, parts)) + "\n", SUMMARY)


def format_conditions(effects: pd.DataFrame) -> list[str]:
    """Format the means over subjects as Markdown tables, one for each measure.

    Parameters
    ----------
    effects : pandas.DataFrame
        Of a Summary.

    Returns
    -------
    list of str
        Headings and tables.
    """
    means = effects[effects["kind"] == "mean"]
    conditions = list(means["condition"].unique())
    parts = []
    for measure in COMPARED:
        of = means[means["measure"] == measure].set_index(["name", "condition"])
        names = list(of.index.get_level_values("name").unique())
        if names:
            parts += [f"### {WORDS[measure][0]}", markdown_table(["", *conditions], [
                [name, *(f"{format_value(of.loc[(name, condition)])}, n = {of.loc[(name, condition), 'subjects']}"
                         for condition in conditions)] for name in names])]
    return parts


def format_differences(effects: pd.DataFrame) -> str:
    """Format the differences between conditions as a Markdown table.

    Parameters
    ----------
    effects : pandas.DataFrame
        Of a Summary.

    Returns
    -------
    str
        "" if there are none.
    """
    differences = effects[effects["kind"] == "difference"]
    rows = [[f"{row['condition']} minus {row['other']}", WORDS[row["measure"]][0], row["name"], row["subjects"],
             format_value(row), *(format_p(p) if p == p else "-" for p in (row["p"], row["corrected_p"]))]
            for row in differences.to_dict("records")]
    return markdown_table(["", "measure", "of", "subjects", "difference", "p", "corrected p"], rows) if rows else ""


def format_value(row: Mapping[str, Any] | pd.Series) -> str:
    """Format a row of effects with its interval, such as "12.1 (3.4 to 20.8)".

    Parameters
    ----------
    row : dict or pandas.Series
        measure, value, low and high.

    Returns
    -------
    str
    """
    _, factor, decimals = WORDS[row["measure"]]
    value, low, high = (format_number(factor * row[name], decimals) for name in ("value", "low", "high"))
    return value if low == "-" else f"{value} ({low} to {high})"


def _format_missing(summary: Summary, films: dict[str, str]) -> str:
    time = tabulate(summary.rows, "time")
    persons = [recording.stretch.person for recording in summary.recordings]
    return markdown_table(["subject", "film", "condition", "from, s", "person", "recorded, s", "seen, s", "missing, %"], [
        [key[0], films[key[1]], key[2] or "-", format_number(key[3], 1), person or "-",
         *(format_number(value, 1) for value in (of["recorded"], of["seen"], 100 * of["missing"]))]
        for (key, of), person in zip(time.iterrows(), persons, strict=True)])


def _format_subjects(summary: Summary, films: dict[str, str]) -> Iterator[str]:
    for measure, (heading, factor, decimals) in WORDS.items():
        table = tabulate(summary.rows, measure)
        if len(table.columns):
            yield f"### {heading}"
            yield markdown_table(["subject", "film", "condition", *table.columns], [
                [key[0], films[key[1]], key[2] or "-", *(format_number(factor * value, decimals) for value in of)]
                for key, of in zip(table.index, table.to_numpy(float), strict=True)])


def _draw_timelines(summary: Summary, path: Path, films: dict[str, str]) -> Iterator[str]:
    """Draw the timelines; yield what the page says of each."""
    groups: dict[tuple[str, str], list[Recording]] = {}
    for recording in summary.recordings:
        if len(recording.faces):
            groups.setdefault((recording.stretch.subject, recording.stretch.film), []).append(recording)
    names = make_distinct([name_file(f"{PurePath(film).stem}-{subject}") for subject, film in groups])
    for (subject, film), name in zip(groups, names, strict=True):
        has_condition = groups[subject, film][0].stretch.condition
        title = f"{subject if has_condition else f'Person {subject}'} in {films[film]}"
        events = summary.events[(summary.events["subject"] == subject) & (summary.events["film"] == film)]
        draw_timeline(groups[subject, film], events, path.with_suffix("") / f"{name}.png", title)
        yield f"![Timeline of {as_text(title)}]({quote(f'{path.stem}/{name}.png')})"
