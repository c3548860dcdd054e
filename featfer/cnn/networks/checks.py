"""Checks of what a network is asked to be."""

from featfer.errors import ParameterError


def check_whole(name, value, least):
    """Raise ParameterError when a value is not a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ParameterError(f"{name} {value!r} is not a whole number of at least {least}")


def check_share(name, value):
    """Raise ParameterError when a value is not a share, from 0 to below 1."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1:
        raise ParameterError(f"{name} {value!r} is not a share, from 0 to below 1")
