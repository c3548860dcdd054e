"""What parameters mean, read from the numpydoc docstrings of the functions and classes that take them.

A docstring may refer to another one: "Other parameters of `Forest`." or "As for `GroupNet`." The meanings are taken from there.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any

# Dataclasses describe their fields as attributes.
SECTION = re.compile(r"^(?:Parameters|Attributes)\n-+\n(.*?)(?=^\S[^\n]*\n---|\Z)", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"^(\S[^\n]*)\n?((?:[ \t]+[^\n]*\n?|\n)*)", re.MULTILINE)
REFERENCE = re.compile(r"(?:Of|As for|(?:Other p|P)arameters of) (?:scikit-learn's )?`(\w+)`\.")
MOST_ITEMS = 6  # of a list that is written out
WORDS = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "text", "None": "none"}  # of types
PLURALS = {"int": "whole numbers", "float": "numbers"}


@dataclass(frozen=True)
class ParameterEntry:
    """A parameter in a reference.

    Attributes
    ----------
    name : str
    default : str
        As `--param` takes it.
    values : str
        Which values it may have, such as "a number from 0 to below 1".
    meaning : str
        Sentences.
    """

    name: str
    default: str
    values: str
    meaning: str


def read_parameters(thing: Any) -> dict[str, tuple[str, str]]:
    """Read what the docstring of a function or class says of its parameters.

    Parameters
    ----------
    thing : callable
        A function, class or partial; a class without a description of a parameter has that of its base classes.

    Returns
    -------
    dict of str to tuple of str
        For each parameter its type, as written, and its meaning. Of scikit-learn's docstrings the first sentence of it.
    """
    while isinstance(thing, partial):
        thing = thing.func
    found: dict[str, tuple[str, str]] = {}
    for kind in reversed(thing.__mro__) if inspect.isclass(thing) else [thing]:
        if kind is not object:
            found.update(_read_docstring(kind))
    return found


def make_entries(thing: Any, defaults: dict[str, Any]) -> list[ParameterEntry]:
    """Describe parameters of a function or class, with the values and meanings of its docstring.

    Parameters
    ----------
    thing : callable
        As for `read_parameters`.
    defaults : dict
        The default of each parameter.

    Returns
    -------
    list of ParameterEntry
    """
    known = read_parameters(thing)
    entries = []
    for name, default in defaults.items():
        kind, meaning = known[name]
        values = describe_values(kind)
        if default is None or (isinstance(default, str) and "text" not in values):
            values = _include(values, describe_default(default))
        entries.append(ParameterEntry(name, describe_default(default), values, meaning))
    return entries


def suggest(name: str, known: Iterable[str]) -> str:
    """Say which known name was probably meant by an unknown one.

    Parameters
    ----------
    name : str
    known : iterable of str

    Returns
    -------
    str
        Such as " (did you mean epochs?)"; empty if none is like it.
    """
    meant = get_close_matches(name, list(known), 1, cutoff=0.7)
    return f" (did you mean {meant[0]}?)" if meant else ""


def describe_values(kind: str) -> str:
    """Say in words which values a type in a docstring allows.

    Parameters
    ----------
    kind : str
        Such as "{'sqrt', 'log2'}, int or float, optional".

    Returns
    -------
    str
        Such as "sqrt, log2, a whole number or a number".
    """
    is_optional = "optional" in kind
    kind = re.sub(r"[{}\"'`]", "", re.sub(r",? optional|,? default ?=.*$", "", " ".join(kind.split()))).strip(" ,")
    for single, several in PLURALS.items():
        kind = re.sub(rf"\b(?:tuple|list|sequence) of {single}\b", f"a list of {several}", kind)
    kind = re.sub(r"(?<!a )\b(dict|list)\b", r"a \1", kind)
    kind = re.sub(r"\b(int|float|bool|str|None)\b", lambda found: WORDS[found[0]], kind)
    kind = re.sub(r", (?=from |above |to )", " ", kind)
    return _include(kind, "none") if is_optional else kind


def describe_default(value: Any) -> str:
    """Write a value as `--param` takes it.

    Parameters
    ----------
    value : object

    Returns
    -------
    str
        A list of more than six numbers is shortened.
    """
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        if len(value) > MOST_ITEMS:
            return f"{len(value)} numbers from {min(value):g} to {max(value):g}"
        return f"[{', '.join(map(describe_default, value))}]"
    return str(value)


def summarize(thing: Any) -> str:
    """Say in a sentence what a function makes, or a class is: the first sentence of its docstring.

    Parameters
    ----------
    thing : callable
        A function, class or partial.

    Returns
    -------
    str
    """
    while isinstance(thing, partial):
        thing = thing.func
    sentence = re.sub(r" \(`\w+`\)", "", find_first_sentence(inspect.getdoc(thing) or "")).removeprefix("Make ")
    return sentence[:1].upper() + sentence[1:]


def find_first_sentence(text: str) -> str:
    """Return the first sentence of a text, which ends before a space and a capital letter.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return re.split(r"(?<=\.)(?<!e\.g\.)(?<!i\.e\.)\s+(?=[A-Z`\"])", text.strip(), maxsplit=1)[0]


def _include(values: str, default: str) -> str:
    return values if re.search(rf"\b{re.escape(default)}\b", values) else f"{values} or {default}"


def _read_docstring(thing: Any) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    is_library = thing.__module__.startswith("sklearn.")
    for names, kind, body in _list_entries(inspect.getdoc(thing) if thing.__doc__ else ""):
        text = " ".join(re.split(r"\n\s*(?:\n|- |\.\. )", body)[0].split() if is_library else body.split())
        if reference := REFERENCE.fullmatch(text):
            others = read_parameters(getattr(sys.modules[thing.__module__], reference[1]))
            found.update({name: of for name, of in others.items() if name in names} | {
                name: of for name, of in others.items() if "**params" in names and name not in found})
        else:
            found.update(dict.fromkeys(names, (kind, _tidy(find_first_sentence(text)) if is_library else text)))
    return found


def _list_entries(text: str | None) -> list[tuple[list[str], str, str]]:
    """Return (names, type, description) of each entry in the sections of parameters of a docstring."""
    entries = []
    for section in SECTION.findall(text or ""):
        for head, body in ENTRY.findall(section):
            names, _, kind = head.partition(" : ")
            entries.append(([name.strip() for name in names.split(",")], kind.strip(), inspect.cleandoc(body)))
    return entries


def _tidy(text: str) -> str:
    """Return a sentence of reStructuredText as plain text."""
    text = re.sub(r":\w+:`~?(?:[\w.]*\.)?([^`<]+?)(?: <[^`]*>)?`", r"`\1`", text)
    text = text.replace("``", "").replace("`", "").strip()
    return text if text.endswith(".") else f"{text.rstrip(':;,')}."

