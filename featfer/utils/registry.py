"""Things by their names, each imported when it is first asked for: to list the names costs nothing."""

from collections.abc import Mapping
from importlib import import_module


class Registry(Mapping):
    """A dict of objects that are named by where they are.

    Parameters
    ----------
    places : dict of str
        By name "module:attribute", or "module:attribute:key" for a value of a dict. The names keep their order.
    """

    def __init__(self, places):
        self._places = dict(places)

    def __getitem__(self, name):
        module, attribute, *keys = self._places[name].split(":")
        found = getattr(import_module(module), attribute)
        return found[keys[0]] if keys else found

    def __contains__(self, name):
        return name in self._places

    def __iter__(self):
        return iter(self._places)

    def __len__(self):
        return len(self._places)

    def attribute(self, module, name):
        """Return what has this name, for the `__getattr__` of a module; raise AttributeError where nothing has."""
        if name not in self:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return self[name]
