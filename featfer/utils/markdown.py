"""Markdown: tables, and text that is safe in them."""

import re
from collections.abc import Iterable, Sequence

from featfer.errors import to_one_line


def markdown_table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Make a Markdown table.

    Parameters
    ----------
    head : list of str
    rows : list of list
        The first column is text (left-aligned), the others are numbers (right-aligned).

    Returns
    -------
    str
    """
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(as_text(cell) for cell in line) + " |" for line in lines)


def as_text(value: object) -> str:
    """Escape a value so that Markdown shows it as plain text on one line: no HTML, no links, no end of a table cell.

    Parameters
    ----------
    value : object
        If its text stands between backticks, it is code already and stays.

    Returns
    -------
    str
    """
    text = to_one_line(str(value)).replace("|", "\\|")
    return text if re.fullmatch("`[^`]*`", text) else re.sub(r"[<>&]|!?\[", lambda found: _ENTITIES[found[0]], text)


_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "[": "&#91;", "![": "!&#91;"}


def as_code(command: str) -> str:
    """Make a block of code from a command, whatever it contains.

    Parameters
    ----------
    command : str

    Returns
    -------
    str
    """
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", command)), default=0))
    return f"{fence}\n{to_one_line(command)}\n{fence}"


def percent(fraction: float | None) -> str:
    """Format a fraction as a percentage with two decimals.

    Parameters
    ----------
    fraction : float or None
        From 0 to 1.

    Returns
    -------
    str
        "-" for None.
    """
    return "-" if fraction is None else f"{100 * fraction:.2f}"
