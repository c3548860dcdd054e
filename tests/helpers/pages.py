"""The pages of docs/ and the README, and the blocks of code in them."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = {str(path.relative_to(ROOT)): path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md")))
         if "_build" not in path.parts}

_BLOCK = re.compile(r"^(?:<!-- not run: (?P<reason>[^\n]+?) -->\n+)?```(?P<language>\S*)\n(?P<text>.*?)^```$",
                    re.MULTILINE | re.DOTALL)
_REDIRECTION = re.compile(r"\s>\s*\S+")


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes
    ----------
    line : int
        Of its first line in the page.
    language : str
        What stands behind the backquotes.
    text : str
    reason : str or None
        Why it is not run.
    """

    line: int
    language: str
    text: str
    reason: str | None

    @property
    def commands(self):
        """The words of each line that begins with featfer, without comments and without where its output goes."""
        if self.language not in ("", "sh", "bash"):
            return []
        lines = self.text.replace("\\\n", " ").splitlines()
        return [_cut_pipe(shlex.split(_REDIRECTION.sub("", line), comments=True)) for line in lines
                if line.startswith("featfer ")]


def _cut_pipe(words):
    return words[:words.index("|")] if "|" in words else words


def read_blocks(page):
    """Return the Blocks of a page."""
    text = PAGES[page].read_text()
    return [Block(text.count("\n", 0, found.start("text")) + 1, found["language"], found["text"], found["reason"])
            for found in _BLOCK.finditer(text)]


def read_mentions(page):
    """Return the words of each command that stands in a sentence of a page, as code."""
    text = _BLOCK.sub("", PAGES[page].read_text())
    return [shlex.split(_REDIRECTION.sub("", found)) for found in re.findall(r"`(featfer [a-z][^`]*)`", text)]
