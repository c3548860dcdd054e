"""Modules by the names that they had when bundles of earlier versions were saved; `import featfer` makes these names known.

A bundle is a pickle, and names the module of each class in it. `pickle` imports an old name as any other module; what it then
asks of that module comes from the new one.
"""

import sys
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec

WRAPPERS = ("balance", "blend", "calibrated", "coarse", "relabelled", "soft", "views")
# The modules whose classes stand in bundles, old name: new name.
MOVED = {
    "featfer.affect_recognizer": "featfer.affect.recognizer",
    "featfer.regressors": "featfer.affect.regressors",
    "featfer.classifiers.front": "featfer.classifiers.preprocessing",
    **{f"featfer.classifiers.{name}": f"featfer.classifiers.wrappers.{name}" for name in WRAPPERS},
}
_OLD = {new: old for old, new in MOVED.items()}


def old_name(name):
    """Return the full name that a class had in bundles of earlier versions, or the name that it has, where it did not move."""
    module, _, kind = name.rpartition(".")
    return f"{_OLD.get(module, module)}.{kind}"


class _OldNames(MetaPathFinder, Loader):
    """Finds the modules in MOVED by their old names."""

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if name in MOVED else None

    def create_module(self, spec):
        return None  # an empty module, as usual

    def exec_module(self, module):
        new = import_module(MOVED[module.__name__])
        module.__dict__.update({name: value for name, value in vars(new).items() if not name.startswith("__")})


def install():
    """Let old names of modules be imported; a second call changes nothing."""
    if not any(isinstance(finder, _OldNames) for finder in sys.meta_path):
        sys.meta_path.append(_OldNames())
