"""Tables and pages on models that were scored on photographs."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from featfer.errors import ParameterError
from featfer.evaluation.outside import COMPARED
from featfer.reports import outside_plots
from featfer.typing import Path as AnyPath
from featfer.utils.environment import describe_machine, find_versions
from featfer.utils.files import write_text
from featfer.utils.markdown import as_code, as_text, markdown_table
from featfer.utils.outputs import PICTURE, REPORT, check_output
from featfer.utils.words import count

DRAW = {"recall": outside_plots.draw_recalls, "risk-coverage": outside_plots.draw_risk_coverage,
        "reliability": outside_plots.draw_reliabilities, "confusion": outside_plots.draw_confusions}
WORDS = {"mean_recall": "mean recall, %", "accuracy_at_shares": "accuracy at the shares, %", "accuracy": "accuracy, %",
         "ece": "ECE", "risk_area": "area under risk-coverage", "faces_found": "faces found, %"}
PLAIN = ("ece", "overconfidence", "risk_area")  # figures that are no percentages
CAPTIONS = {"recall": "Recall of each class, with 95 % intervals", "risk-coverage": "Risk-coverage curves",
            "reliability": "Reliability diagrams", "confusion": "Confusion matrices"}
PROTOCOL = """Each model finds the faces itself; of several in a photo, the one with the largest box is taken. A photo without a
face is a wrong answer in recall and accuracy, and comes last in the risk-coverage curve; it is left out of calibration.
*Mean recall* counts every scored class alike. *Accuracy at the shares* is the recall of each class, weighted by its share where
the model is to be used. *ECE* (expected calibration error, 15 bins) and the *risk-coverage curve* weigh each photo by the share
of its class divided by the number of its photos. The curve shows how often a model is wrong if it answers only where it is
surest; the smaller the area under it, the better. ECE is too large by chance where photos are few, and more so in a bootstrap
sample than in the whole: its interval lies too high."""
PAIRED = """Differences on the same photos: above 0, the first model has the larger figure, which is better in all but ECE and
area. McNemar's exact test counts the photos of the scored classes about which only one of the two was right, as if no two were
of one subject; p is not corrected for the number of comparisons."""


def format_figure(figure: dict[str, Any], is_plain: bool = False) -> str:
    """Format a figure with its interval.

    Parameters
    ----------
    figure : dict
        value, low and high, as `featfer.evaluation.outside.describe_figure` returns them.
    is_plain : bool
        As a number with three decimals, not in percent with one.

    Returns
    -------
    str
        Such as "61.2 (57.9 to 64.3)"; "-" where it is undefined.
    """
    if figure["value"] is None:
        return "-"
    value, low, high = ("" if part is None else f"{part:z.3f}" if is_plain else f"{100 * part:z.1f}"
                        for part in (figure["value"], figure["low"], figure["high"]))
    return value if not low else f"{value} ({low} to {high})"


def format_figures(result: dict[str, Any], scope: str = "figures") -> str:
    """Format the figures of all models as a Markdown table.

    Parameters
    ----------
    result : dict
        From `featfer.evaluation.outside.score_outside`.
    scope : {"figures", "answered", "all_classes"}

    Returns
    -------
    str
    """
    shown = [*_list_shown(result), *(["faces_found"] if scope != "answered" else [])]
    return markdown_table(["model", *(WORDS[name] for name in shown)], [
        [title, *(format_figure(model[scope][name], name in PLAIN) for name in shown)]
        for title, model in result["models"].items()])


def format_recalls(result: dict[str, Any]) -> str:
    """Format the recall of each scored class by each model as a Markdown table, in percent.

    Parameters
    ----------
    result : dict
        As for `format_figures`.

    Returns
    -------
    str
    """
    return markdown_table(["recall, %", *result["classes"]], [
        [name, *(format_figure(model["figures"]["recall"][of]) for of in result["classes"])]
        for name, model in result["models"].items()])


def format_pairs(result: dict[str, Any]) -> str:
    """Format how the first model differs from the others as a Markdown table; "" where there are no others.

    Parameters
    ----------
    result : dict
        As for `format_figures`.

    Returns
    -------
    str
    """
    if not result["pairs"]:
        return ""
    first, shown = result["pairs"][0]["one"], _list_shown(result)
    head = [f"{first} minus", *(WORDS[name] for name in shown), f"only {first} right", "only the other right", "McNemar's p"]
    return markdown_table(head, [
        [pair["other"], *(format_figure(pair["differences"][name], name in PLAIN) for name in shown),
         f"{pair['mcnemar']['only_one']:,}", f"{pair['mcnemar']['only_other']:,}", format_p(pair["mcnemar"]["p"])]
        for pair in result["pairs"]])


def describe_scoring(result: dict[str, Any]) -> list[str]:
    """Say what was scored and how, as sentences.

    Parameters
    ----------
    result : dict
        As for `format_figures`.

    Returns
    -------
    list of str
    """
    subjects = "" if result["subjects"] is None else f" of {count(result['subjects'], 'subject')}"
    said = [f"{count(result['photos'], 'photo')}{subjects}; scored classes: {', '.join(result['classes'])}."]
    said += describe_left_out(result)
    if result["shares"]:
        total = sum(result["shares"][name] for name in result["classes"])
        shares = ", ".join(f"{name} {100 * result['shares'][name] / total:.1f}" for name in result["classes"])
        said.append(f"Shares of the scored classes, in %: {shares}.")
    if result["draws"]:
        drawn = "photos" if result["subjects"] is None else "subjects"
        said.append(f"In brackets: 95 % intervals, from {result['draws']:,} bootstrap samples of {drawn} (seed "
                    f"{result['seed']}).")
    return said


def format_section(result: dict[str, Any], folder: str) -> str:
    """Format all tables and plots of a data set.

    Parameters
    ----------
    result : dict
        As for `format_figures`.
    folder : str
        What stands before the names of the plots in links.

    Returns
    -------
    str
    """
    parts = ["### Figures", format_figures(result), "### Recall of each class", format_recalls(result)]
    if result["pairs"]:
        parts += ["### Models compared", PAIRED, format_pairs(result)]
    parts += ["### Photos with an answer alone", format_figures(result, "answered")]
    if all("all_classes" in model for model in result["models"].values()):
        others = ", ".join(name for name in result["names"] if name not in result["classes"])
        parts += [f"### All classes, with {as_text(others)}", format_figures(result, "all_classes")]
    return "\n\n".join([*parts, *(f"![{CAPTIONS[name]}]({quote(f'{folder}{name}')}.png)" for name in DRAW)])


def describe_left_out(result: dict[str, Any]) -> list[str]:
    """Say which photos were left out, as sentences.

    Parameters
    ----------
    result : dict
        With left_out and unreadable, as Photographs has them.

    Returns
    -------
    list of str
    """
    said = []
    if result["left_out"]:
        counts = ", ".join(f"{count:,} {label or 'without a label'}" for label, count in result["left_out"].items())
        said.append(f"Left out, as their label has no place among the model's: {counts}.")
    if result["unreadable"]:
        said.append(f"Left out, as they cannot be read: {len(result['unreadable']):,}; the first: {result['unreadable'][0]}.")
    return said


def write_page(results: list[dict[str, Any]], path: AnyPath, command: str) -> None:
    """Write a Markdown page on models that were scored on data sets, with plots in a folder of the same name.

    Parameters
    ----------
    results : list of dict
        From `featfer.evaluation.outside.score_outside`, one for each data set.
    path : path
        The .md file.
    command : str
        The command that the page names.

    Raises
    ------
    WriteError
        When a file cannot be written or is not part of a report.
    """
    path = Path(path)
    title = ", ".join(result["source"] for result in results)
    sections = [f"# Expression recognition on {as_text(title)}",
                describe_making(command), PROTOCOL]
    for prefix, result in zip(_list_prefixes(len(results)), results, strict=True):
        draw_plots(result, path.with_suffix(""), prefix)
        sections += [f"## {as_text(result['source'])}", " ".join(map(as_text, describe_scoring(result))),
                     format_section(result, f"{path.stem}/{prefix}")]
    write_text(path, "\n\n".join(sections) + "\n", REPORT)


def draw_plots(result: dict[str, Any], folder: AnyPath, prefix: str = "") -> None:
    """Draw all plots of a data set.

    Parameters
    ----------
    result : dict
        As for `format_figures`.
    folder : path
    prefix : str
        Of their names.
    """
    for name, draw in DRAW.items():
        draw(result, Path(folder) / f"{prefix}{name}.png")


def check_page(path: AnyPath, count: int) -> None:
    """Check, before any work, that a page and its plots can be written.

    Parameters
    ----------
    path : path
    count : int
        Number of data sets.

    Raises
    ------
    WriteError
    ParameterError
        When the name does not end in .md.
    """
    path = Path(path)
    if path.suffix != ".md":
        raise ParameterError(f"{path}: a page's name ends in .md")
    check_output(path, REPORT)
    for prefix in _list_prefixes(count):
        for name in DRAW:
            check_output(path.with_suffix("") / f"{prefix}{name}.png", PICTURE)


def describe_making(command: str) -> str:
    """Say when a page was made, on which machine, with which libraries and by which command (str, Markdown)."""
    versions = ", ".join(f"{name} {version}" for name, version in find_versions().items())
    return f"{date.today().isoformat()}, {describe_machine()}; {versions}. Made by\n\n{as_code(command)}"


def _list_shown(result: dict[str, Any]) -> list[str]:
    """Return the names of the figures that tables show."""
    return [name for name in COMPARED if name != "accuracy_at_shares" or result["shares"]]


def _list_prefixes(count: int) -> list[str]:
    """Return what the names of the plots of each of several data sets begin with."""
    return [""] if count == 1 else [f"{number}-" for number in range(1, count + 1)]


def format_p(p: float) -> str:
    """Format a p-value (float) with three decimals, a small one by its order."""
    return f"{p:.3f}" if p >= 0.001 else f"{p:.0e}"
