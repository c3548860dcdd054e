"""Checks of plain data (recipes, lists of models, label files) with pydantic, whose errors become one line each.

pydantic takes 50 ms to import, so it is imported only when something is checked; `featfer predict` checks nothing with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import MISSING, fields, replace
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args, get_origin

from annotated_types import Ge, Gt, Lt

from featfer.errors import ParameterError
from featfer.utils.files import read_toml
from featfer.utils.parameters import ParameterEntry, make_entries, suggest

if TYPE_CHECKING:
    from featfer.typing import Path

Whole = Annotated[int, Ge(0)]
WholeFrom1 = Annotated[int, Ge(1)]
NumberFrom0 = Annotated[float, Ge(0)]
NumberAbove0 = Annotated[float, Gt(0)]
Fraction = Annotated[float, Ge(0), Lt(1)]

Made = TypeVar("Made")

# How errors call types, and the limits that annotated_types sets to them.
TYPES = {int: "a whole number", float: "a number", str: "text", bool: "true or false", dict: "a table", list: "a list",
         Sequence: "a list"}
LIMITS = {"ge": "from", "gt": "above", "le": "to", "lt": "to below", "multiple_of": "divisible by", "min_length": "of at least"}


def read_table(path: Path, where: object, missing: str = "cannot be read (No such file or directory)") -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    path : str or Path
    where : str
        What an error begins with.
    missing : str
        What an error says if there is no such file.

    Returns
    -------
    dict

    Raises
    ------
    ParameterError
        If it cannot be read, or is not TOML.
    """
    try:
        return read_toml(path)
    except FileNotFoundError:
        raise ParameterError(f"{where}: {missing}") from None
    except (OSError, ValueError) as error:
        raise ParameterError(f"{where}: cannot be read ({getattr(error, 'strerror', None) or error})") from None


def check(schema: dict[str, Any] | type, values: Any, where: object) -> None:
    """Check plain data against types. A bool does not count as a number, and numbers must be finite.

    Parameters
    ----------
    schema : dict or dataclass
        The type of each key, or a dataclass whose fields have these types. Any key may be missing.
    values : dict
    where : str
        What an error begins with: the file, and the part of it.

    Raises
    ------
    ParameterError
        If a key is unknown or a value has another type; the message names where, key, value and what is allowed.
    """
    from pydantic import ValidationError
    types = schema if isinstance(schema, dict) else {field.name: field.type for field in fields(schema)}
    try:
        _model(tuple(types.items())).model_validate(values)
    except ValidationError as error:
        raise ParameterError(f"{where}: {_describe_error(error.errors(include_url=False)[0], types, values)}") from None


def make(kind: type[Made], values: dict[str, Any], where: object) -> Made:
    """Make a dataclass from plain data, after `check`.

    Parameters
    ----------
    kind : type
        The dataclass.
    values : dict
        Its fields, which are not converted.
    where : str
        What an error begins with.

    Returns
    -------
    object
        Of type `kind`.

    Raises
    ------
    ParameterError
        As for `check`.
    """
    check(kind, values, where)
    return kind(**values)


@cache
def _model(types: tuple[tuple[str, Any], ...]) -> Any:
    """Return a pydantic model for (key, type) pairs."""
    from pydantic import ConfigDict, create_model
    config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    values: dict[str, Any] = {key: (kind, None) for key, kind in types}
    return create_model("Values", __config__=config, **values)


def _describe_error(error: Any, types: dict[str, Any], values: Any) -> str:
    """Describe one of pydantic's errors: the key, its value, and what is allowed."""
    keys = list(error["loc"]) or [error["input"]]  # no place is given for a key that is not valid Unicode
    is_unknown = error["type"] in ("extra_forbidden", "invalid_key") or not error["loc"]
    if keys[-1] == "[key]" and not is_unknown:  # how pydantic marks that a key, not its value, is wrong
        keys, is_unknown = keys[:-1], True
    known: Collection[str] = types
    kind, value = types.get(keys[0]), values.get(keys[0], error["input"])  # a place has odd keys as text
    for key in keys[1:]:
        inner = get_args(_split_limits(kind)[0])
        known, kind = get_args(inner[0]), inner[-1]
        value = value.get(key, error["input"]) if isinstance(value, dict) else value[key]
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key:.40}" for key in keys).removeprefix(".")
    return f"{place} {_show_value(value)} is not {_list_known_keys(keys[-1], known) if is_unknown else _describe_type(kind)}"


def _split_limits(kind: Any) -> tuple[Any, list[Any]]:
    """Return a type without its limits, and a list of the limits."""
    if get_origin(kind) is UnionType:  # text | None
        kind = get_args(kind)[0]
    kind, *limits = get_args(kind) if get_origin(kind) is Annotated else (kind,)
    return kind, limits


def _describe_type(kind: Any) -> str:
    """Describe the values that a type allows, such as "a number from 0 to below 1"."""
    kind, limits = _split_limits(kind)
    if get_origin(kind) is Literal:
        return f"one of {', '.join(get_args(kind))}"
    limits = [f"{words} {getattr(limit, name)}" for limit in limits for name, words in LIMITS.items() if hasattr(limit, name)]
    return " ".join([TYPES[get_origin(kind) or kind], *limits])


def _list_known_keys(key: object, known: Collection[str]) -> str:
    """Say that a key is unknown, which one was probably meant, and which ones there are."""
    return f"known{suggest(str(key), known)}; there are {', '.join(sorted(known))}"


def _show_value(value: object) -> str:
    """Return the beginning of a value as Python prints it."""
    try:
        return f"{value!r:.80}"
    except (RecursionError, ValueError):  # nested too deep, or a number of more than 4,300 digits
        return f"of type {type(value).__name__}"


def describe_fields(kind: type, values: Mapping[str, Any] | None = None) -> list[ParameterEntry]:
    """Describe the fields of a dataclass whose types are checked here.

    Parameters
    ----------
    kind : type
        The dataclass, which describes its fields as attributes.
    values : dict, optional
        Values that stand in place of the defaults.

    Returns
    -------
    list of featfer.utils.parameters.ParameterEntry
        The values that a field may have are those of its type.
    """
    found = {field.name: field.default if field.default_factory is MISSING else field.default_factory()
             for field in fields(kind)}
    types = {field.name: _describe_type(field.type) + (" or none" if found[field.name] is None else "")
             for field in fields(kind)}
    return [replace(entry, values=types[entry.name]) for entry in make_entries(kind, {**found, **(values or {})})]
