"""Options, and types of their values: each completes in the shell, and says what else may have been meant."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

Decorator = Callable[[Any], Any]


def suggest(word: str, names: Iterable[str]) -> str:
    """Return "; did you mean NAME?" for a mistyped name, "" where none is like it.

    Parameters
    ----------
    word : str
    names : iterable of str

    Returns
    -------
    str
    """
    from difflib import get_close_matches
    found = get_close_matches(word.lower(), list(names), n=1)
    return f"; did you mean {found[0]}?" if found else ""


class Choice(click.Choice):
    """One of some names.

    Parameters
    ----------
    names : iterable of str
    former : dict, optional
        {former name: name} of those that are still read, but no longer shown.
    """

    def __init__(self, names: Iterable[str], former: Mapping[str, str] | None = None) -> None:
        super().__init__(tuple(names))
        self._former = former or {}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the name; fail for one that there is not."""
        return super().convert(self._former.get(value, value), param, ctx)

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """Return a message that names the value, all choices and the likeliest."""
        return f"{value!r} is none of {', '.join(self.choices)}{suggest(str(value), self.choices)}"


class Place(click.ParamType):
    """The name of a file or a folder, which the library checks.

    Parameters
    ----------
    kind : {"file", "dir"}
        What the shell completes; "file" completes folders too.
    """

    def __init__(self, kind: str = "file") -> None:
        self.name, self._kind = {"file": "path", "dir": "directory"}[kind], kind

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Have the shell complete names of files or folders."""
        return [CompletionItem(incomplete, type=self._kind)]


class NameOrFile(Place):
    """One of some names, or a file; the library checks which.

    Parameters
    ----------
    names : iterable of str
    """

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__("file")
        self.names = tuple(names)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value; fail for one that is no file, but like a name."""
        is_known = value in self.names or Path(value).suffix or os.path.lexists(value)
        if not is_known and (suggestion := suggest(value, self.names)):
            self.fail(f"{value!r} is no file, and none of {', '.join(self.names)}{suggestion}", param, ctx)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Complete the names, and have the shell complete files."""
        return super().shell_complete(ctx, param, incomplete) + _complete(incomplete, self.names)


class Words(click.ParamType):
    """Names separated by commas, each with or without an argument after a colon, such as "stage:128x8x8".

    Parameters
    ----------
    names : iterable of str
    is_closed : bool
        Whether there are no others.
    """

    name = "list"

    def __init__(self, names: Iterable[str], is_closed: bool = False) -> None:
        self.names, self.is_closed = tuple(names), is_closed

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value; fail for a name that there is not."""
        for word in value.split(",") if self.is_closed else ():
            name = word.partition(":")[0].strip()
            if name not in self.names:
                self.fail(f"{name!r} is none of {', '.join(self.names)}{suggest(name, self.names)}", param, ctx)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Complete the name after the last comma."""
        before, comma, last = incomplete.rpartition(",")
        return [CompletionItem(f"{before}{comma}{item.value}") for item in _complete(last, self.names)]


class Option(click.Option):
    """An option with former names, which are still read but no longer shown.

    Parameters
    ----------
    *names, **settings
        As for click.Option.
    aliases : tuple of str
        The former names.
    """

    def __init__(self, *names: Any, aliases: tuple[str, ...] = (), **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.aliases = aliases

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Have the parser read all names."""
        shown, self.opts = self.opts, [*self.opts, *self.aliases]
        try:
            super().add_to_parser(parser, ctx)
        finally:
            self.opts = shown


def choice(name: str, names: Iterable[str], help: str, *names_inside: str, former: Mapping[str, str] | None = None,
           **settings: Any) -> Decorator:
    """Return an option whose value is one of some names; its default is the first unless another is given.

    Parameters
    ----------
    name : str
    names : iterable of str
    help : str
    *names_inside : str
        The name of the parameter, where it is another.
    former : dict, optional
        As for `Choice`.
    **settings
        As for click.option.

    Returns
    -------
    decorator
    """
    names = tuple(names)
    given: dict[str, Any] = {"default": names[0], "show_default": True} | settings
    return click.option(name, *names_inside, type=Choice(names, former), help=help, **given)


FILE, FOLDER = Place("file"), Place("dir")


def _complete(incomplete: str, names: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
