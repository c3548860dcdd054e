"""Tables of summaries: csv files, and text for the terminal and for pages."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from featfer.errors import ParameterError, to_one_line
from featfer.reports.outside import format_p
from featfer.typing import Path as AnyPath
from featfer.utils.cells import escape_cell
from featfer.utils.files import write_text
from featfer.utils.outputs import Kind, check_output

if TYPE_CHECKING:
    import pandas as pd

    from featfer.studies.summary import Summary

STRETCH = ("subject", "film", "condition", "start_s")
WIDTH = 110    # of a terminal
NARROWEST = 7  # characters that are left of a text


def write_csv(frame: pd.DataFrame, path: AnyPath, kind: Kind) -> None:
    """Write a tidy table as csv, with empty cells for what is unknown.

    Parameters
    ----------
    frame : pandas.DataFrame
    path : str or Path
    kind : featfer.utils.outputs.Kind

    Raises
    ------
    WriteError
    """
    texts = frame.select_dtypes(["object", "str"]).columns
    text = io.StringIO()
    frame.assign(**{name: frame[name].map(escape_cell) for name in texts}).to_csv(
        text, index=False, lineterminator="\n", float_format="%.10g")
    write_text(path, text.getvalue(), kind)


def check_page(path: AnyPath, kind: Kind) -> None:
    """Check, before any work, that a page can be written.

    Parameters
    ----------
    path : path
    kind : featfer.utils.outputs.Kind
        Of the page.

    Raises
    ------
    ParameterError
        When the name does not end in .md.
    WriteError
    """
    if Path(path).suffix != ".md":
        raise ParameterError(f"{path}: a page's name ends in .md")
    check_output(path, kind)


def to_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as plain data, with None for what is unknown.

    Parameters
    ----------
    frame : pandas.DataFrame

    Returns
    -------
    list of dict
    """
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def shorten_films(films: Iterable[str]) -> dict[str, str]:
    """Return the shortest names that tell films apart.

    Parameters
    ----------
    films : iterable of str
        Paths.

    Returns
    -------
    dict of str to str
        Names without suffix, else file names, else whole paths: the first that differ.
    """
    films = list(dict.fromkeys(films))
    for names in ([PurePath(film).stem for film in films], [PurePath(film).name for film in films]):
        if len(set(names)) == len(names):
            return dict(zip(films, names, strict=True))
    return dict(zip(films, films, strict=True))


def name_file(text: str) -> str:
    """Return a name, without suffix, that every file system takes.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return re.sub(r"[^\w.-]", "-", text[:80]).lstrip(".-") or "1"


def tabulate(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Turn a measure's rows into a table with a row for each stretch.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `Summary.rows`.
    measure : str

    Returns
    -------
    pandas.DataFrame
        Indexed by STRETCH, a column for each name, both in order of appearance.
    """
    of = rows[rows["measure"] == measure]
    table = of.pivot_table(index=list(STRETCH), columns="name", values="value", sort=False, dropna=False, aggfunc="first")
    return table.reindex(index=list(dict.fromkeys(rows[list(STRETCH)].itertuples(index=False, name=None))),
                         columns=list(of["name"].unique()))


def format_overview(summary: Summary) -> str:
    """Format the main numbers of a summary as text for a terminal.

    Parameters
    ----------
    summary : featfer.studies.summary.Summary

    Returns
    -------
    str
        Lines of at most WIDTH characters.
    """
    time, means = tabulate(summary.rows, "time"), tabulate(summary.rows, "mean_probability")
    blinks = tabulate(summary.rows, "blink_rate")
    films = shorten_films(summary.rows["film"])
    shown = means.mean().abs().sort_values(ascending=False, kind="stable").index
    room = WIDTH - sum(map(len, ("seconds", "missing", "blinks"))) - 6 - 3 * (NARROWEST + 2)
    while sum(len(name) + 2 for name in shown) > room:
        shown = shown[:-1]
    shown = [name for name in means.columns if name in shown]
    head = ["subject", "film", "condition", "seconds", "missing", *shown, "blinks"]
    lines = [[key[0], films[key[1]], key[2], format_number(time.loc[key, "recorded"], 1),
              *(format_number(100 * value, 1) for value in (time.loc[key, "missing"], *means.loc[key, shown])),
              format_number(blinks.loc[key, "blink"], 1) if len(blinks.columns) else "-"] for key in means.index]
    hidden = [name for name in means.columns if name not in shown]
    also = f" Without room here: {', '.join(hidden)}." if hidden else ""
    return f"Missing time and mean probabilities in %, blinks a minute.{also}\n\n{align(head, lines, texts=3)}"


def format_effects(effects: pd.DataFrame) -> str:
    """Format the mean probabilities of all subjects, and how they differ between conditions, as text for a terminal.

    Parameters
    ----------
    effects : pandas.DataFrame
        Of a Summary.

    Returns
    -------
    str
        Lines of at most WIDTH characters.
    """
    of = effects[effects["measure"] == "mean_probability"]
    means = of[of["kind"] == "mean"].set_index(["name", "condition"])
    differences = of[of["kind"] == "difference"]
    if differences.empty:
        lines = [[*key, _format_interval(row), str(row["subjects"])] for key, row in means.iterrows()]
        return f"Means over subjects, in %.\n\n{align(['expression', 'condition', 'mean', 'subjects'], lines, texts=2)}"
    head = ["expression", "conditions", "first", "other", "difference", "subjects", "p", "corrected p"]
    lines = [[row["name"], f"{row['condition']} minus {row['other']}",
              *(format_number(100 * means.loc[(row["name"], row[of]), "value"], 1) for of in ("condition", "other")),
              _format_interval(row), str(row["subjects"]),
              *(format_p(p) if p == p else "-" for p in (row["p"], row["corrected_p"]))]
             for row in differences.to_dict("records")]
    return f"Differences of mean probabilities within subjects, in %.\n\n{align(head, lines, texts=2)}"


def align(head: Sequence[str], lines: Sequence[Sequence[str]], texts: int, width: int = WIDTH) -> str:
    """Align columns of text: the first to the left and shortened where there is no room, the others to the right.

    Parameters
    ----------
    head : list of str
    lines : list of list of str
    texts : int
        How many columns are texts.
    width : int
        Of the lines.

    Returns
    -------
    str
    """
    lines = [[to_one_line(cell) for cell in line] for line in (head, *lines)]
    lines = [[cell for cell, column in zip(line, zip(*lines[1:], strict=True), strict=True) if any(column)] for line in lines]
    texts -= len(head) - len(lines[0])  # columns that are empty everywhere are left out
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    while sum(widths) + 2 * (len(widths) - 1) > width and max(widths[:texts]) > NARROWEST:
        widths[widths.index(max(widths[:texts]))] -= 1
    return "\n".join("  ".join(
        f"{_shorten(cell, of):<{of}}" if i < texts else f"{cell:>{of}}"
        for i, (cell, of) in enumerate(zip(line, widths, strict=True))).rstrip() for line in lines)


def format_number(value: float | None, decimals: int = 2) -> str:
    """Format a number; "-" where it is unknown (NaN, None or missing).

    Parameters
    ----------
    value : float
    decimals : int

    Returns
    -------
    str
    """
    return "-" if value is None or value != value else f"{value:z.{decimals}f}"


def _format_interval(row: Mapping[str, Any] | pd.Series) -> str:
    value, low, high = (format_number(100 * row[name], 1) for name in ("value", "low", "high"))
    return value if low == "-" else f"{value} ({low} to {high})"


def _shorten(cell: str, width: int) -> str:
    return cell if len(cell) <= width else f"{cell[:width - 1]}…"
