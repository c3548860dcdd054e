"""Markdown: tables, and figures in them."""

import re

from featfer.errors import to_one_line


def markdown_table(head, rows):
    """Return a Markdown table; the first column is text, the others are numbers."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(as_text(cell) for cell in line) + " |" for line in lines)


def as_text(value):
    """Return what Markdown shows as a value's text, in a line: no HTML, no end of a table's cell, no picture or link. What
    stands between backticks is code already."""
    text = to_one_line(str(value)).replace("|", "\\|")
    return text if re.fullmatch("`[^`]*`", text) else re.sub(r"[<>&]|!?\[", lambda found: _ENTITIES[found[0]], text)


_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "[": "&#91;", "![": "!&#91;"}


def as_code(command):
    """Return a command as a block of code, whatever stands in it."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", command)), default=0))
    return f"{fence}\n{to_one_line(command)}\n{fence}"


def percent(share):
    """Return a share in [0, 1] as percent with two decimals, a dash for None."""
    return "-" if share is None else f"{100 * share:.2f}"
