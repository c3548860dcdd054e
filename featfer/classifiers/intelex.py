"""The choice between scikit-learn and its faster version by Intel (scikit-learn-intelex)."""

import importlib
import importlib.util
from typing import Any


def has_intelex() -> bool:
    """Say whether scikit-learn-intelex is installed.

    Returns
    -------
    bool
    """
    return importlib.util.find_spec("sklearnex") is not None


def import_fastest(module: str, name: str) -> Any:
    """Import a scikit-learn class, from scikit-learn-intelex where that is installed.

    Parameters
    ----------
    module : str
        Such as "sklearn.svm".
    name : str
        Such as "SVC".

    Returns
    -------
    type
    """
    if has_intelex():
        module = module.replace("sklearn", "sklearnex", 1)
    return getattr(importlib.import_module(module), name)
