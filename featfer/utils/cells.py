"""Cells of csv files that spreadsheets take for text, not for formulas."""

import re

FORMULA = re.compile(r"'*[=+\-@\t\r]")


def escape_cell(cell):
    """Return a cell for a csv file: a text that begins as a formula does, with an apostrophe before it; others as they are."""
    return f"'{cell}" if isinstance(cell, str) and FORMULA.match(cell) else cell


def unescape_cell(text):
    """Return the text that `escape_cell` made a cell of."""
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text
