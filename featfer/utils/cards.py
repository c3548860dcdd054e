"""What a card, the JSON file beside a bundle or generator, may contain: the type of each key.

Any key may be missing until it is asked for, because cards of older versions lack some. Keys that are not listed here may have
any value.

Cards are checked here and not by pydantic, which checks other files (featfer.utils.schemas), because `featfer predict` reads a
card first and pydantic adds 50 ms to its start. (msgspec adds 5 ms, but its errors do not show the value, and it drops unknown
keys.)
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NoReturn

from featfer.errors import BundleError, to_one_line
from featfer.utils.files import read_json

MOST_BYTES = 2**22  # the largest card so far has 70,000
LARGEST = 2.0**63   # the bound of numbers
ANY = "*"           # in a schema: every other key


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < LARGEST and math.isfinite(value)


def _is_list_of_names(value: object) -> bool:
    return (isinstance(value, list) and all(isinstance(name, str) and name for name in value)
            and len(set(value)) == len(value) > 0)


# The parts of a schema: (type in words, function that checks a value), a dict of parts by key, or a list with the part of items
TEXT = "text", lambda value: isinstance(value, str)
TEXT_OR_NULL = "text or null", lambda value: value is None or isinstance(value, str)
NUMBER = "a finite number below 9.2e+18", _is_number
NUMBER_OR_NULL = "a finite number below 9.2e+18 or null", lambda value: value is None or _is_number(value)
COUNT = "a whole number, 0 or more", lambda value: type(value) is int and 0 <= value < LARGEST
NAMES = "a list of different names", _is_list_of_names
RECORD = "an object", lambda value: isinstance(value, dict)
VERSIONS = {ANY: TEXT_OR_NULL}
RATES = {ANY: NUMBER}
FEATURE = {"feature": TEXT, "version": COUNT, "params": {"align": TEXT_OR_NULL},
           "faces": {"superres": ("an object that names a model, or null", lambda value: value is None or (
               isinstance(value, dict) and isinstance(value.get("model"), str)))}}
USE = {"purpose": TEXT, "uses": TEXT, "not_for": TEXT}  # of models that ship: what for in a few words, in sentences; what not
FIGURES = {ANY: {
    "split": TEXT, "images": COUNT, "accuracy": NUMBER, "top": [NUMBER], "ece": NUMBER, "uncalibrated_ece": NUMBER,
    "macro": RATES, "weighted": RATES, "classes": {ANY: RATES}, "confusion": [[COUNT]], "unreadable": COUNT,
    "copies": {"images": COUNT, "images_without": COUNT, "accuracy": NUMBER_OR_NULL, "accuracy_without": NUMBER_OR_NULL},
    "valence": RATES, "arousal": RATES}}
MODEL = {
    "classifier": TEXT, "regressor": TEXT, "params": RECORD, "features": [FEATURE], "views": {ANY: [TEXT]},
    "command": TEXT_OR_NULL, "figures": FIGURES}
EPOCHS = ("a list of epochs", lambda value: isinstance(value, list) and len(value) > 0 and all(
    isinstance(epoch, dict) and _is_number(epoch.get("epoch")) and all(map(NUMBER_OR_NULL[1], epoch.values()))
    for epoch in value))

CARD = {
    **USE, **MODEL, "members": [{**MODEL, "name": TEXT, "sha256": TEXT_OR_NULL}], "outputs": NAMES,
    "labels": {"set": TEXT, "names": NAMES, "untrained": NAMES}, "objective": RECORD,
    "prior": ("an object with a share for each label, or null", lambda value: value is None or (
        isinstance(value, dict) and all(map(_is_number, value.values())))),
    "data": {"source": TEXT, "trained_on": TEXT, "rows": COUNT, "truth": TEXT, "uncalibrated_because": TEXT},
    "cnn": {"network": TEXT, "recipe": {"name": TEXT}, "parameters": COUNT, "multiply_adds": COUNT, "history": EPOCHS},
    "export": {"form": TEXT, "of": TEXT_OR_NULL, "checked": {"rows": COUNT, "difference": NUMBER}},
    "golden": {"steps": [NUMBER], "codes": TEXT, "answers": [[NUMBER]]},
    "seconds": NUMBER, "date": TEXT, "machine": TEXT, "versions": VERSIONS, "bytes": COUNT, "sha256": TEXT,
}
GENERATOR_CARD = {
    **USE, "generator": TEXT, "scale": COUNT, "width": COUNT, "blocks": COUNT, "limits": TEXT, "source": TEXT, "rows": COUNT,
    "recipe": RECORD, "command": TEXT_OR_NULL, "device": TEXT, "seconds": NUMBER, "date": TEXT, "machine": TEXT,
    "versions": VERSIONS, "bytes": COUNT, "sha256": TEXT,
    "figures": {ANY: {"images": COUNT, ANY: {"psnr": NUMBER, "ssim": NUMBER}}},
}


class Card(dict[Any, Any]):
    """An object in a card, as a dict; asking for a key that it does not have raises BundleError. `|` gives a Card too.

    Parameters
    ----------
    values : dict
    place : list
        Where the object stands, for errors: the file, then the keys that lead to it.
    """

    def __init__(self, values: dict[str, Any], place: list[Any]) -> None:
        super().__init__(values)
        self._place = place

    def __missing__(self, key: object) -> NoReturn:
        raise BundleError(f"{self._place[0]}: it has no {_name_place([*self._place[1:], key])}; see what it has with "
                          "`featfer info --json`, or train the model again")

    def __or__(self, other: dict[Any, Any]) -> Card:
        return Card({**self, **other}, self._place)


def read_card_file(path: Path, schema: dict[str, Any]) -> Card:
    """Read a card and check its types.

    Parameters
    ----------
    path : Path
    schema : dict
        The type of each key: `CARD`, or `GENERATOR_CARD`.

    Returns
    -------
    Card

    Raises
    ------
    BundleError
        If the file is not readable JSON, or a value has another type; the message names file, key and value.
    FileNotFoundError
        If there is no such file.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"larger than {MOST_BYTES:,} bytes")
        return _check(read_json(path), schema, [path])
    except FileNotFoundError:
        raise
    except (OSError, RecursionError, TypeError, ValueError) as error:
        raise BundleError(f"{path}: not a readable card ({error})") from None


def _check(value: Any, schema: Any, place: list[Any]) -> Any:
    """Return a value, with its objects as Cards; raise BundleError if it does not match a schema."""
    if not (schema[1](value) if isinstance(schema, tuple) else isinstance(value, type(schema))):
        wanted = schema[0] if isinstance(schema, tuple) else "an object" if isinstance(schema, dict) else "a list"
        raise BundleError(f"{place[0]}: {_name_place(place[1:])} is {value!r:.60}, not {wanted}; take the card that was "
                          "written with the model, or train it again")
    if isinstance(value, dict):
        parts = schema if isinstance(schema, dict) else {}
        return Card({key: _check(part, parts.get(key, parts.get(ANY, _ANYTHING)), [*place, key])
                     for key, part in value.items()}, place)
    if isinstance(value, list):
        part = schema[0] if isinstance(schema, list) else _ANYTHING
        return [_check(item, part, [*place, at]) for at, item in enumerate(value)]
    return value


_ANYTHING = "anything", lambda value: True


def _name_place(keys: list[Any]) -> str:
    """Return the name of a place in a card, such as figures.val.top[2]."""
    name = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")
    return to_one_line(f"{name:.100}") if name else "the whole"
