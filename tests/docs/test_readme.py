"""The README: its links lead to files and headings that exist; those of the other pages are checked where the site is built."""

import re

from helpers.pages import ROOT

LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")


def anchors(path):
    """The anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_lead_somewhere():
    links = LINK.findall((ROOT / "README.md").read_text())
    assert len(links) > 20
    assert [name for name, anchor in links if not (ROOT / name).exists()] == []
    assert [f"{name}#{anchor}" for name, anchor in links if anchor and anchor not in anchors(ROOT / name)] == []
