"""Which parameters the functions take that make classifiers and regressors."""

from inspect import Parameter, signature

from featfer.errors import ParameterError
from featfer.utils.environment import check_device


def check_parameters(name, make, params):
    """Raise ParameterError, with the names that there are, for a parameter that there is not, and MissingError for a device
    that torch cannot use.

    name: of what is made, for the error; make: a function (seed, **parameters) -> an unfitted Pipeline; params: dict
    """
    if unknown := params.keys() - set(known := parameters_of(make)):
        raise ParameterError(f"{name}: no parameter {min(unknown)!r}, of {params}; there are {', '.join(known)}")
    check_device(params.get("device", "cpu"))


def parameters_of(make):
    """Return the names of the parameters that such a function takes beside the seed, a list of str."""
    kinds = {name: parameter.kind for name, parameter in signature(make).parameters.items() if name != "seed"}
    own = [name for name, kind in kinds.items() if kind is not Parameter.VAR_KEYWORD]
    if len(own) == len(kinds):
        return own
    last = make().steps[-1][1]
    passed_on = getattr(last, "estimator", last).get_params(deep=False)  # a MultiOutputRegressor has one of each output
    return own + [name for name, value in passed_on.items() if name not in own and _is_taken(make, name, value)]


def _is_taken(make, name, value):
    """Say whether a function passes a parameter on: those that it sets itself it does not."""
    try:
        make(**{name: value})
    except TypeError:
        return False
    return True
