"""Registries: objects by name, each imported when it is first used, so that listing the names costs nothing."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any


class Registry(Mapping[str, Any]):
    """A read-only dict whose values are imported when they are asked for.

    Parameters
    ----------
    places : dict of str
        For each name "module:attribute", or "module:attribute:key" for a value in a dict. The order is kept.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = dict(places)

    def __getitem__(self, name: str) -> Any:
        module, attribute, *keys = self._places[name].split(":")
        found = getattr(import_module(module), attribute)
        return found[keys[0]] if keys else found

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def attribute(self, module: str, name: str) -> Any:
        """Return the value of a name, for the `__getattr__` of a module.

        Parameters
        ----------
        module : str
            The module's name, for the message.
        name : str

        Raises
        ------
        AttributeError
            If there is no such name.
        """
        if name not in self:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        return self[name]
