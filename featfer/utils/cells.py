"""Cells of csv files that a spreadsheet must show as text and not run as a formula."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from featfer.typing import Path

FORMULA = re.compile(r"'*[=+\-@\t\r]")


def escape_cell(cell: object) -> object:
    """Return a cell for a csv file: text that begins like a formula gets an apostrophe in front, everything else stays.

    Parameters
    ----------
    cell : object

    Returns
    -------
    object
    """
    return f"'{cell}" if isinstance(cell, str) and FORMULA.match(cell) else cell


def format_rows(rows: Iterable[Iterable[object]]) -> bytes:
    """Format rows of cells as the bytes of a csv file.

    Parameters
    ----------
    rows : iterable of sequences
        None is an empty cell; texts are escaped as by `escape_cell`.

    Returns
    -------
    bytes
    """
    text = io.StringIO(newline="")
    csv.writer(text).writerows(map(escape_cell, row) for row in rows)
    return text.getvalue().encode(errors="surrogateescape")  # names of files, as they are


def replace_bytes(name: Path) -> str:
    """Return the name of a file as valid text: bytes of it that are none are replaced by question marks.

    Parameters
    ----------
    name : str or Path

    Returns
    -------
    str
    """
    return os.fsencode(name).decode(errors="replace")


def unescape_cell(text: str) -> str:
    """Return the text from which `escape_cell` made a cell.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text
