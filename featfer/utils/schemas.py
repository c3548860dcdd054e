"""Plain data (recipes, lists of models, files of labels) checked by pydantic, whose errors become lines of featfer.

pydantic takes 50 ms to import, so it is imported when something is checked: `featfer predict` checks nothing with it.
"""

from collections.abc import Sequence
from dataclasses import fields
from difflib import get_close_matches
from functools import cache
from types import UnionType
from typing import Annotated, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Lt

from featfer.errors import ParameterError
from featfer.utils.files import read_toml

Whole = Annotated[int, Ge(0)]
WholeFrom1 = Annotated[int, Ge(1)]
NumberFrom0 = Annotated[float, Ge(0)]
NumberAbove0 = Annotated[float, Gt(0)]
Fraction = Annotated[float, Ge(0), Lt(1)]

# In words: types, and the limits that annotated_types sets to them.
TYPES = {int: "a whole number", float: "a number", str: "text", bool: "true or false", dict: "a table", list: "a list",
         Sequence: "a list"}
LIMITS = {"ge": "from", "gt": "above", "le": "to", "lt": "to below", "multiple_of": "divisible by", "min_length": "of at least"}


def read_table(path, where, missing="cannot be read (No such file or directory)"):
    """Return the plain data (dict) in a TOML file; raise ParameterError, with `where`, for one that is missing or no TOML."""
    try:
        return read_toml(path)
    except FileNotFoundError:
        raise ParameterError(f"{where}: {missing}") from None
    except (OSError, ValueError) as error:
        raise ParameterError(f"{where}: cannot be read ({getattr(error, 'strerror', None) or error})") from None


def check(schema, values, where):
    """Check plain data against types; a bool is no number, and numbers are finite.

    Parameters
    ----------
    schema : dict or dataclass
        The type of each key, or a dataclass whose fields have these types. Every key may be missing.
    values : dict
    where : str
        What an error begins with: the file, and the part of it.

    Raises
    ------
    ParameterError
        If a key is unknown or a value is not of its type; the message names where, key, value and what is allowed.
    """
    from pydantic import ValidationError
    types = schema if isinstance(schema, dict) else {field.name: field.type for field in fields(schema)}
    try:
        _model(tuple(types.items())).model_validate(values)
    except ValidationError as error:
        raise ParameterError(f"{where}: {_in_words(error.errors(include_url=False)[0], types, values)}") from None


def make(kind, values, where):
    """Return a dataclass of this kind with these values, as they are, after `check`."""
    check(kind, values, where)
    return kind(**values)


@cache
def _model(types):
    """Return the pydantic model of (key, type) pairs."""
    from pydantic import ConfigDict, create_model
    config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    return create_model("Values", __config__=config, **{key: (kind, None) for key, kind in types})


def _in_words(error, types, values):
    """Return one of pydantic's errors about some values as words: key, value, and what is allowed."""
    keys = list(error["loc"]) or [error["input"]]  # without a place: a key that is no Unicode
    is_unknown = error["type"] in ("extra_forbidden", "invalid_key") or not error["loc"]
    if keys[-1] == "[key]" and not is_unknown:  # how pydantic marks that a key, not its value, is wrong
        keys, is_unknown = keys[:-1], True
    known, kind, value = types, types.get(keys[0]), values.get(keys[0], error["input"])  # of an odd key, places have its text
    for key in keys[1:]:
        inner = get_args(_bare(kind)[0])
        known, kind = get_args(inner[0]), inner[-1]
        value = value.get(key, error["input"]) if isinstance(value, dict) else value[key]
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key:.40}" for key in keys).removeprefix(".")
    return f"{place} {_shown(value)} is not {_known(keys[-1], known) if is_unknown else _wanted(kind)}"


def _bare(kind):
    """Return a type without its limits, and the limits (list)."""
    if get_origin(kind) is UnionType:  # text | None
        kind = get_args(kind)[0]
    kind, *limits = get_args(kind) if get_origin(kind) is Annotated else (kind,)
    return kind, limits


def _wanted(kind):
    """Return in words what a value of a type is: a number from 0 to below 1."""
    kind, limits = _bare(kind)
    if get_origin(kind) is Literal:
        return f"one of {', '.join(get_args(kind))}"
    limits = [f"{words} {getattr(limit, name)}" for limit in limits for name, words in LIMITS.items() if hasattr(limit, name)]
    return " ".join([TYPES[get_origin(kind) or kind], *limits])


def _known(key, known):
    """Return in words that a key is unknown, the one that is perhaps meant, and all that there are."""
    meant = get_close_matches(str(key), known, 1, cutoff=0.7)
    return f"known{f' (did you mean {meant[0]}?)' if meant else ''}; there are {', '.join(sorted(known))}"


def _shown(value):
    """Return the beginning of a value as Python shows it."""
    try:
        return f"{value!r:.80}"
    except (RecursionError, ValueError):  # nested too deep, or a number of more than 4,300 digits
        return f"of type {type(value).__name__}"
