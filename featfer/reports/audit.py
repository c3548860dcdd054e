"""Tables and pages of audits: a model's figures by group of the photographs."""

from __future__ import annotations

from typing import Any

from featfer.evaluation.audit import LEAST_OF_CLASS, LEAST_SUBJECTS, SHOWN, find_significant
from featfer.evaluation.figures import RECALL
from featfer.reports.outside import describe_left_out, describe_making, format_figure, format_p
from featfer.typing import Path
from featfer.utils.files import write_text
from featfer.utils.markdown import as_text, markdown_table
from featfer.utils.outputs import AUDIT
from featfer.utils.words import count

WORDS = {"mean_recall": "mean recall", "accuracy": "accuracy", "ece": "ECE", "overconfidence": "confidence minus accuracy",
         "faces_found": "faces found"}
PROTOCOL = f"""\
In %, but ECE; in brackets 95 % intervals, without correction; they are too narrow where all or none of a few photos were
right. A photo without a face is a wrong answer in recall and accuracy, and is left out of *ECE* (expected calibration
error, 15 bins) and of *confidence minus accuracy*, which is above 0 where the model is too sure. Mean recall is over the
classes with {LEAST_OF_CLASS} photos or more in every group that is compared, so that it is of the same classes everywhere;
accuracy also depends on which expressions a group shows. ECE is not compared: it is larger by chance where photos are few.
A group is too small if it has too few photos or, where subjects are known, fewer than {LEAST_SUBJECTS} of them. p-values
are of the difference over its standard error in the bootstrap samples; the corrected ones, by Holm's method, take into
account how many comparisons were made in the whole audit."""


def describe_audit(result: dict[str, Any]) -> list[str]:
    """Say what was audited, and what was found, as sentences.

    Parameters
    ----------
    result : dict
        From `featfer.evaluation.audit.audit`.

    Returns
    -------
    list of str
    """
    subjects = "" if result["subjects"] is None else f" of {count(result['subjects'], 'subject')}"
    drawn = "photos" if result["subjects"] is None else "subjects"
    said = [f"{count(result['photos'], 'photo')}{subjects}; scored classes: {', '.join(result['classes'])}.",
            *describe_left_out(result),
            f"{count(result['comparisons'], 'comparison')}; {result['draws']:,} bootstrap samples of {drawn} "
            f"(seed {result['seed']})."]
    for name, column in result["columns"].items():
        if small := [f"{value} ({of['photos']:,})" for value, of in column["groups"].items() if of["is_small"]]:
            more = f" and {len(small) - 8:,} more" if len(small) > 8 else ""
            said.append(f"{name}: too small to be compared, with the number of photos: {', '.join(small[:8])}{more}.")
        if column["unknown"]:
            said.append(f"{name}: unknown for {count(column['unknown'], 'photo')}.")
    return said


def describe_found(result: dict[str, Any]) -> list[str]:
    """Say which differences chance does not explain, a sentence each.

    Parameters
    ----------
    result : dict
        As for `describe_audit`.

    Returns
    -------
    list of str
    """
    found = [f"{name}: {_name_figure(of['figure'])} of {of['one']} is {_format_difference(of)} "
             f"{'above' if of['value'] > 0 else 'below'} that of {of['other']} (corrected p {format_p(of['corrected_p'])})."
             for name, of in find_significant(result)]
    if not result["comparisons"]:
        return ["Nothing could be compared: there are no two groups that are large enough."]
    return found or ["No difference between groups that chance does not explain (corrected p below 0.05)."]


def format_groups(column: dict[str, Any]) -> str:
    """Format the figures of each group as a Markdown table.

    Parameters
    ----------
    column : dict
        One of the columns of an audit.

    Returns
    -------
    str
    """
    return markdown_table(["group", "photos", "subjects", *(WORDS[name] for name in SHOWN)], [
        [value, f"{of['photos']:,}", "-" if of["subjects"] is None else f"{of['subjects']:,}",
         *(["too small"] * len(SHOWN) if of["is_small"] else
           [format_figure(of[name], is_plain=name == "ece") for name in SHOWN])]
        for value, of in column["groups"].items()])


def format_recalls(column: dict[str, Any]) -> str:
    """Format the recall of each class in each group that is large enough as a Markdown table; "" if there is none.

    Parameters
    ----------
    column : dict
        As for `format_groups`.

    Returns
    -------
    str
    """
    groups = {value: of for value, of in column["groups"].items() if not of["is_small"]}
    if not groups:
        return ""
    names = list(next(iter(groups.values()))["recall"])
    return markdown_table(["recall", *names], [[value, *(format_figure(of["recall"][name]) for name in names)]
                                               for value, of in groups.items()])


def format_differences(column: dict[str, Any]) -> str:
    """Format the differences between groups as a Markdown table, smallest p first.

    Parameters
    ----------
    column : dict
        As for `format_groups`.

    Returns
    -------
    str
    """
    rows = sorted(column["differences"], key=lambda of: of["p"])
    return markdown_table(["compared", "figure", "difference", "p", "corrected p"], [
        [f"{of['one']} minus {of['other']}", _name_figure(of["figure"]), format_figure(of), format_p(of["p"]),
         format_p(of["corrected_p"])] for of in rows])


def write_audit(result: dict[str, Any], path: Path, model: str, command: str) -> None:
    """Write an audit as a Markdown page.

    Parameters
    ----------
    result : dict
        As for `describe_audit`.
    path : path
    model : str
        Its name.
    command : str
        The command that the page names.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    sections = [f"# Audit of {as_text(model)} on {as_text(result['source'])}",
                describe_making(command),
                "## What was found", "\n".join(f"- {as_text(said)}" for said in describe_found(result)),
                " ".join(map(as_text, describe_audit(result))), PROTOCOL]
    for name, column in result["columns"].items():
        averaged = ", ".join(column["mean_recall_of"]) or "no class"
        sections += [f"## {as_text(name)}", f"Mean recall is over {as_text(averaged)}.", format_groups(column),
                     format_recalls(column)]
        sections += [format_differences(column)] if column["differences"] else []
    write_text(path, "\n\n".join(filter(None, sections)) + "\n", AUDIT)


def _name_figure(name: str) -> str:
    return f"recall of {name.removeprefix(RECALL)}" if name.startswith(RECALL) else WORDS[name]


def _format_difference(difference: dict[str, Any]) -> str:
    low, high = sorted(100 * abs(difference[bound]) * (1 if difference[bound] * difference["value"] >= 0 else -1)
                       for bound in ("low", "high"))
    return f"{100 * abs(difference['value']):.1f} points ({low:z.1f} to {high:z.1f})"
