"""Checks of the parameters of networks."""

from featfer.errors import ParameterError


def check_whole(name: str, value: object, least: int) -> None:
    """Check that a value is a whole number; True and False are none.

    Parameters
    ----------
    name : str
        What the error calls it.
    value : object
    least : int

    Raises
    ------
    ParameterError
        If it is not a whole number of at least `least`.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ParameterError(f"{name} {value!r} is not a whole number of at least {least}")


def check_fraction(name: str, value: object) -> None:
    """Check that a value is a share; True and False are none.

    Parameters
    ----------
    name : str
        What the error calls it.
    value : object

    Raises
    ------
    ParameterError
        If it is not a number from 0 to below 1.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1:
        raise ParameterError(f"{name} {value!r} is not a share, from 0 to below 1")
