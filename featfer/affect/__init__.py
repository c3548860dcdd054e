"""Affect: valence and arousal, learnt by regressors. To add one: a function in regressors.py, and a line in REGRESSORS."""

from featfer.errors import ParameterError
from featfer.utils.registry import Registry

# Functions (seed, **parameters) -> an unfitted estimator with predict, of targets (n, outputs).
REGRESSORS = Registry({
    "ridge": "featfer.affect.regressors:ridge",
    "svr": "featfer.affect.regressors:svr",
    "mlp": "featfer.affect.regressors:mlp",
})


def make_regressor(name, seed=0, **params):
    """Return an unfitted regressor by name; raise ParameterError for a name or parameter that there is not."""
    check_regressor(name, params)
    return REGRESSORS[name](seed=seed, **params)


def check_regressor(name, params):
    """Raise ParameterError for a regressor, or a parameter of it (dict), that there is not."""
    from featfer.classifiers.parameters import check_parameters
    if name not in REGRESSORS:
        raise ParameterError(f"regressor {name!r} is none of {', '.join(REGRESSORS)}")
    check_parameters(name, REGRESSORS[name], params)
