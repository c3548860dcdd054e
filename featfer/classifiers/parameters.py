"""The parameters of the functions that make classifiers and regressors."""

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any

from featfer.errors import ParameterError
from featfer.utils.environment import check_device
from featfer.utils.parameters import ParameterEntry, make_entries, suggest


def check_parameters(name: str, make: Callable[..., Any], params: Mapping[str, Any]) -> None:
    """Check that a classifier or regressor has all of some parameters.

    Parameters
    ----------
    name : str
        Of the classifier or regressor, for error messages.
    make : callable
        Function (seed, **parameters) that returns an unfitted Pipeline.
    params : dict

    Raises
    ------
    ParameterError
        For an unknown parameter; the message lists the known ones, and names the one that was probably meant.
    MissingError
        For a device that torch cannot use.
    """
    if unknown := params.keys() - set(known := list_parameters(make)):
        raise ParameterError(f"{name}: no parameter {min(unknown)!r}, of {params}{suggest(min(unknown), known)}; there are "
                             f"{', '.join(known)}; see `featfer params {name}`")
    check_device(params.get("device", "cpu"))


def list_parameters(make: Callable[..., Any]) -> list[str]:
    """List the parameters that a function (seed, **parameters) accepts, without the seed.

    Parameters
    ----------
    make : callable
        Function that returns an unfitted Pipeline.

    Returns
    -------
    list of str
    """
    kinds = {name: parameter.kind for name, parameter in signature(make).parameters.items() if name != "seed"}
    own = [name for name, kind in kinds.items() if kind is not Parameter.VAR_KEYWORD]
    if len(own) == len(kinds):
        return own
    last = make().steps[-1][1]
    inherited = getattr(last, "estimator", last).get_params(deep=False)  # a MultiOutputRegressor has one of each output
    return own + [name for name, value in inherited.items() if name not in own and _is_accepted(make, name, value)]


def _is_accepted(make: Callable[..., Any], name: str, value: object) -> bool:
    """Say whether a function passes a parameter on to its estimator, rather than setting it itself."""
    try:
        make(**{name: value})
    except TypeError:
        return False
    return True


def describe_parameters(make: Callable[..., Any]) -> list[ParameterEntry]:
    """Describe the parameters that a function (seed, **parameters) accepts, without the seed.

    Parameters
    ----------
    make : callable
        Function that returns an unfitted Pipeline.

    Returns
    -------
    list of ParameterEntry
    """
    last = make().steps[-1][1]
    inherited = getattr(last, "estimator", last).get_params(deep=False)
    own = {name: parameter.default for name, parameter in signature(make).parameters.items()}
    return make_entries(make, {name: own.get(name, inherited.get(name)) for name in list_parameters(make)})
