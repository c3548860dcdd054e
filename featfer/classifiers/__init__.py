"""Shallow classifiers with scikit-learn's interface. To add one: a file, and a line in CLASSIFIERS."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import TYPE_CHECKING, Any

from featfer.errors import ParameterError
from featfer.utils.registry import Registry
from featfer.utils.requiring import require

if TYPE_CHECKING:
    from featfer.classifiers.mlp import MLP as MLP
    from featfer.classifiers.objective import Objective as Objective
    from featfer.classifiers.pipeline import Pipeline
    from featfer.classifiers.svm import RBFSVM as RBFSVM
    from featfer.classifiers.wrappers.views import ViewAverage as ViewAverage

# Functions (seed, **parameters) that return an unfitted estimator with predict_proba.
CLASSIFIERS = Registry({
    "svm": "featfer.classifiers.svm:svm",
    "rf": "featfer.classifiers.forest:forest",
    "mlp": "featfer.classifiers.mlp:mlp",
    "linear-svm": "featfer.classifiers.linear:linear_svm",
    "logistic": "featfer.classifiers.linear:logistic",
    "nystroem": "featfer.classifiers.nystroem:nystroem",
    "knn": "featfer.classifiers.knn:knn",
    "lda": "featfer.classifiers.lda:lda",
    "boosting": "featfer.classifiers.boosting:boosting",
    "kernel-ridge": "featfer.classifiers.kernel_ridge:kernel_ridge",
    "local-svm": "featfer.classifiers.local_svm:local_svm",
})
_CLASSES = Registry({
    "MLP": "featfer.classifiers.mlp:MLP",
    "RBFSVM": "featfer.classifiers.svm:RBFSVM",
    "Objective": "featfer.classifiers.objective:Objective",
    "ViewAverage": "featfer.classifiers.wrappers.views:ViewAverage",
})

__all__ = ["CLASSIFIERS", "check_classifier", "make_classifier", *_CLASSES]


def __getattr__(name: str) -> Any:
    return _CLASSES.attribute(__name__, name)


def make_classifier(name: str, seed: int = 0, **params: Any) -> Pipeline:
    """Make an unfitted classifier by name.

    Parameters
    ----------
    name : str
        A name in CLASSIFIERS.
    seed : int
    **params
        Parameters of the classifier.

    Returns
    -------
    estimator

    Raises
    ------
    ParameterError
        If there is no such classifier or parameter.
    """
    require(seed, (Integral, type(None)), "seed", "a whole number; parameters go by name, such as C=5")
    check_classifier(name, params)
    return CLASSIFIERS[name](seed=seed, **params)


def check_classifier(name: str, params: Mapping[str, Any]) -> None:
    """Raise ParameterError if there is no such classifier, or it has no such parameter.

    Parameters
    ----------
    name : str
    params : dict
    """
    from featfer.classifiers.parameters import check_parameters
    require(params, Mapping, "params", "a dict, such as {'C': 5}")
    if name not in CLASSIFIERS:
        raise ParameterError(f"classifier {name!r:.80} is none of {', '.join(CLASSIFIERS)}")
    check_parameters(name, CLASSIFIERS[name], params)
