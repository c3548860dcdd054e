"""What stands in a card, the JSON beside a file that featfer made: which keys are of which type.

Every key may be missing, as cards of older versions lack some, until it is asked for; keys that are not named here may have any
value.

They are checked here, and not by pydantic as other files are (featfer.utils.schemas), because `featfer predict` reads a card
first: pydantic adds 50 ms to its start. (msgspec adds 5, but its errors have no values in them, and it drops unknown keys.)
"""

import math

from featfer.errors import BundleError, to_one_line
from featfer.utils.files import read_json

MOST_BYTES = 2**22  # the largest card here has 70,000
LARGEST = 2.0**63   # of numbers
ANY = "*"           # in a schema: every key


def _is_number(value):
    return type(value) in (int, float) and abs(value) < LARGEST and math.isfinite(value)


def _are_names(value):
    return (isinstance(value, list) and all(isinstance(name, str) and name for name in value)
            and len(set(value)) == len(value) > 0)


# Parts of schemas: (what a value is, function that says whether it is that), a dict of parts by key, or a list of a part.
TEXT = "text", lambda value: isinstance(value, str)
TEXT_OR_NULL = "text or null", lambda value: value is None or isinstance(value, str)
NUMBER = "a finite number below 9.2e+18", _is_number
NUMBER_OR_NULL = "a finite number below 9.2e+18 or null", lambda value: value is None or _is_number(value)
COUNT = "a whole number, 0 or more", lambda value: type(value) is int and 0 <= value < LARGEST
NAMES = "a list of different names", _are_names
RECORD = "an object", lambda value: isinstance(value, dict)
VERSIONS = {ANY: TEXT_OR_NULL}
RATES = {ANY: NUMBER}
FEATURE = {"feature": TEXT, "version": COUNT, "params": {"align": TEXT_OR_NULL},
           "faces": {"superres": ("an object that names a model, or null", lambda value: value is None or (
               isinstance(value, dict) and isinstance(value.get("model"), str)))}}
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
    **MODEL, "members": [{**MODEL, "name": TEXT, "sha256": TEXT_OR_NULL}], "outputs": NAMES,
    "labels": {"set": TEXT, "names": NAMES, "untrained": NAMES}, "objective": RECORD,
    "data": {"source": TEXT, "trained_on": TEXT, "rows": COUNT, "truth": TEXT, "uncalibrated_because": TEXT},
    "cnn": {"network": TEXT, "recipe": {"name": TEXT}, "parameters": COUNT, "multiply_adds": COUNT, "history": EPOCHS},
    "export": {"form": TEXT, "of": TEXT_OR_NULL, "checked": {"rows": COUNT, "difference": NUMBER}},
    "golden": {"steps": [NUMBER], "codes": TEXT, "answers": [[NUMBER]]},
    "seconds": NUMBER, "date": TEXT, "machine": TEXT, "versions": VERSIONS, "bytes": COUNT, "sha256": TEXT,
}
GENERATOR_CARD = {
    "generator": TEXT, "scale": COUNT, "width": COUNT, "blocks": COUNT, "limits": TEXT, "source": TEXT, "rows": COUNT,
    "recipe": RECORD, "command": TEXT_OR_NULL, "device": TEXT, "seconds": NUMBER, "date": TEXT, "machine": TEXT,
    "versions": VERSIONS, "bytes": COUNT, "sha256": TEXT,
    "figures": {ANY: {"images": COUNT, ANY: {"psnr": NUMBER, "ssim": NUMBER}}},
}


class Card(dict):
    """An object of a card; a key that is asked for and missing is a BundleError. | makes a Card too."""

    def __init__(self, values, place):
        super().__init__(values)
        self._place = place

    def __missing__(self, key):
        raise BundleError(f"{self._place[0]}: it has no {_named([*self._place[1:], key])}; see what it has with "
                          "`featfer info --json`, or train the model again")

    def __or__(self, other):
        return Card({**self, **other}, self._place)


def read_card_file(path, schema):
    """Return what stands in a card (Card); raise BundleError, with file, key and value, for what is not as the schema says,
    FileNotFoundError where there is none."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"larger than {MOST_BYTES:,} bytes")
        return _checked(read_json(path), schema, [path])
    except FileNotFoundError:
        raise
    except (OSError, RecursionError, TypeError, ValueError) as error:
        raise BundleError(f"{path}: not a readable card ({error})") from None


def _checked(value, schema, place):
    """Return a value, its objects as Cards; raise BundleError where it is not as a schema says."""
    if not (schema[1](value) if isinstance(schema, tuple) else isinstance(value, type(schema))):
        wanted = schema[0] if isinstance(schema, tuple) else "an object" if isinstance(schema, dict) else "a list"
        raise BundleError(f"{place[0]}: {_named(place[1:])} is {value!r:.60}, not {wanted}; take the card that was written "
                          "with the model, or train it again")
    if isinstance(value, dict):
        parts = schema if isinstance(schema, dict) else {}
        return Card({key: _checked(part, parts.get(key, parts.get(ANY, _ANYTHING)), [*place, key])
                     for key, part in value.items()}, place)
    if isinstance(value, list):
        part = schema[0] if isinstance(schema, list) else _ANYTHING
        return [_checked(item, part, [*place, at]) for at, item in enumerate(value)]
    return value


_ANYTHING = "anything", lambda value: True


def _named(keys):
    """Return the name of a place in a card: figures.val.top[2]."""
    name = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).removeprefix(".")
    return to_one_line(f"{name:.100}") if name else "the whole"
