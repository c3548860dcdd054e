"""Small tables in HTML, for notebooks: without scripts or anything from outside."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

STYLE = "text-align:left;vertical-align:top"


def format_html_table(title: str, rows: Mapping[str, str]) -> str:
    """Return a table of two columns.

    Parameters
    ----------
    title : str
    rows : dict of str to str
        Text by its heading; escaped.

    Returns
    -------
    str
    """
    body = "".join(f'<tr><th style="{STYLE}">{escape(name)}</th><td style="{STYLE}">{escape(text)}</td></tr>'
                   for name, text in rows.items())
    return f'<table><caption style="{STYLE};font-weight:bold">{escape(title)}</caption><tbody>{body}</tbody></table>'
