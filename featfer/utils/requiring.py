"""Checks of what a user passes: the wrong kind of thing is told at once, in one line."""

from __future__ import annotations

import os
from numbers import Real
from typing import Any

from featfer.errors import ParameterError


def require(value: Any, kinds: type | tuple[type, ...], name: str, way_out: str) -> None:
    """Raise ParameterError unless a value is of the right kind.

    Parameters
    ----------
    value : object
    kinds : type or tuple of type
    name : str
        What the message calls the value.
    way_out : str
        What to give instead.
    """
    if not isinstance(value, kinds):
        raise ParameterError(f"{name} {value!r:.80}: give {way_out}")


def require_path(value: Any, name: str, way_out: str = "the name of a file or folder") -> None:
    """Raise ParameterError unless a value is a str or path; `name` and `way_out` are as for `require`."""
    require(value, (str, os.PathLike), name, way_out)


def require_numbers(**values: Any) -> None:
    """Raise ParameterError unless all values, named as in the message, are numbers."""
    for name, value in values.items():
        require(value, Real, name, "a number")
