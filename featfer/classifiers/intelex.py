"""Which library trains: scikit-learn, or Intel's faster twin of it where that is installed."""

import importlib
import importlib.util


def has_intelex():
    """Say whether scikit-learn-intelex is installed."""
    return importlib.util.find_spec("sklearnex") is not None


def fastest(module, name):
    """Return a scikit-learn class, from scikit-learn-intelex where it is installed."""
    if has_intelex():
        module = module.replace("sklearn", "sklearnex", 1)
    return getattr(importlib.import_module(module), name)
