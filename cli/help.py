"""What the help of all commands has in common."""

from __future__ import annotations

import inspect
from typing import Any

import click

EXIT_CODES = ("Exit codes: 0 done, 1 an error or a part that failed, 2 a mistyped command line, 130 stopped by Ctrl-C (128 + "
              "its number for another signal).")
WIDTH = 76  # of an example, so that it fits 80 columns with its indent


def break_examples(command: Any) -> Any:
    """Break the examples in the help of a command, and of those in a group, so that they fit 80 columns; return it.

    Parameters
    ----------
    command : click.Command

    Returns
    -------
    click.Command
    """
    for inner in getattr(command, "commands", {}).values():
        break_examples(inner)
    command.help = "\n".join(map(_break, inspect.cleandoc(command.help or "").splitlines()))
    return command


def _break(line: str) -> str:
    """Return a line of an example, with backslashes where the shell goes on in the next."""
    if len(line) <= WIDTH or not line.startswith("featfer "):
        return line
    *parts, last = click.wrap_text(line, WIDTH - 2, subsequent_indent="    ").split("\n")
    return "\n".join([*(f"{part} \\" for part in parts), last])
