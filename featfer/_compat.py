"""The old names of modules and classes in bundles of earlier versions; `import featfer` makes them importable.

A bundle is a pickle, which contains the module and name of each class in it. `pickle` imports an old name like any other, and
gets what the module of today has.
"""

import sys
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

WRAPPERS = ("balance", "blend", "calibrated", "coarse", "relabelled", "soft", "views")
# Modules with classes that are in bundles: old name, new name.
MOVED = {
    "featfer.affect_recognizer": "featfer.affect.recognizer",
    "featfer.regressors": "featfer.affect.regressors",
    "featfer.classifiers.front": "featfer.classifiers.preprocessing",
    **{f"featfer.classifiers.{name}": f"featfer.classifiers.wrappers.{name}" for name in WRAPPERS},
}
# Classes that were renamed: old name, new name.
RENAMED = {"Answers": "PrecomputedPredictions", "Components": "PrincipalComponents",
           "LogisticRegression": "MultinomialLogistic", "Views": "ViewAverage"}
_OLD_MODULES = {new: old for old, new in MOVED.items()}
_OLD_CLASSES = {new: old for old, new in RENAMED.items()}


def old_name(name: str) -> str:
    """Return the full name that a class had in bundles of earlier versions.

    Parameters
    ----------
    name : str
        Its full name today.

    Returns
    -------
    str
        The same name if it never changed.
    """
    module, _, kind = name.rpartition(".")
    return f"{_OLD_MODULES.get(module, module)}.{_OLD_CLASSES.get(kind, kind)}"


class _OldModules(MetaPathFinder, Loader):
    """Finds the old modules in MOVED, and fills them from the new ones."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in MOVED else None

    def create_module(self, spec: ModuleSpec) -> None:
        return None  # an empty module, as usual

    def exec_module(self, module: ModuleType) -> None:
        found = vars(import_module(MOVED[module.__name__]))
        module.__dict__.update({name: value for name, value in found.items() if not name.startswith("__")})
        module.__dict__.update({old: found[new] for old, new in RENAMED.items() if new in found})


def install() -> None:
    """Make old names importable; further calls change nothing."""
    if not any(isinstance(finder, _OldModules) for finder in sys.meta_path):
        sys.meta_path.append(_OldModules())
