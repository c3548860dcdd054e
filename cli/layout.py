"""Output that fits the terminal: tables and long lines."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap

import click
from featfer_cli.printing import echo_line


def find_width() -> int | None:
    """Return how many columns the output may have: those of the terminal, or COLUMNS; None for a file or pipe."""
    return shutil.get_terminal_size().columns if os.environ.get("COLUMNS") or sys.stdout.isatty() else None


def echo_wrapped(text: str, indent: int = 0) -> None:
    """Print a line; one that is too wide for the terminal is broken between words.

    Parameters
    ----------
    text : str
    indent : int
        Of its further lines.
    """
    from featfer.errors import to_one_line
    width = find_width()
    lines = [to_one_line(text)] if width is None else textwrap.wrap(
        to_one_line(text), width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
    for line in lines or [""]:
        click.echo(line)


def echo_table(text: str) -> None:
    """Print a Markdown table; if it is too wide for the terminal, with rows and columns exchanged, or else row by row.

    Parameters
    ----------
    text : str
    """
    from featfer.utils.markdown import markdown_table
    head, _, *rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in text.splitlines()]
    width = find_width()
    turned = markdown_table([head[0], *(row[0] for row in rows)], list(zip(head[1:], *(row[1:] for row in rows), strict=True)))
    for fitting in (text, turned):
        if width is None or max(map(len, fitting.splitlines())) <= width:
            return click.echo(fitting)
    for row in rows:
        echo_line(row[0])
        for name, cell in zip(head[1:], row[1:], strict=True):
            echo_line(f"  {name}: {cell}")
    return None
