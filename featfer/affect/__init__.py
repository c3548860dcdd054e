"""Affect: valence and arousal, learnt by regressors. To add one: a function in regressors.py, and a line in REGRESSORS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from featfer.errors import ParameterError
from featfer.utils.registry import Registry

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

# Functions (seed, **parameters) -> an unfitted estimator with predict, of targets (n, outputs).
REGRESSORS = Registry({
    "ridge": "featfer.affect.regressors:ridge",
    "svr": "featfer.affect.regressors:svr",
    "mlp": "featfer.affect.regressors:mlp",
})


def make_regressor(name: str, seed: int = 0, **params: Any) -> Pipeline:
    """Make a regressor by name.

    Parameters
    ----------
    name : str
        A key of REGRESSORS.
    seed : int
    **params
        Its parameters.

    Returns
    -------
    sklearn.pipeline.Pipeline, unfitted

    Raises
    ------
    ParameterError
        For an unknown name or parameter.
    """
    check_regressor(name, params)
    return REGRESSORS[name](seed=seed, **params)


def check_regressor(name: str, params: Mapping[str, Any]) -> None:
    """Raise ParameterError for an unknown regressor or parameter.

    Parameters
    ----------
    name : str
    params : dict
    """
    from featfer.classifiers.parameters import check_parameters
    if name not in REGRESSORS:
        raise ParameterError(f"regressor {name!r} is none of {', '.join(REGRESSORS)}")
    check_parameters(name, REGRESSORS[name], params)
