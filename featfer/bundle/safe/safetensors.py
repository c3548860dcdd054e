"""Recognizers as safetensors: arrays named by their path, and the structure around them as JSON in the file's header.

Other programs can read the arrays of a network (`weights_.0`, or torch's own names for a CNN) without featfer.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from featfer.bundle.safe.trusted_types import CLASSES, make_empty
from featfer.errors import BundleError
from featfer.utils.environment import import_extra

HEADER = "featfer"   # the key of the JSON among the file's metadata
MOST_HEADER = 2**25  # bytes; a forest of 150 trees has 200,000


def write(recognizer: Any) -> bytes:
    """Write a recognizer as a safetensors file.

    Parameters
    ----------
    recognizer : Recognizer or AffectRecognizer

    Returns
    -------
    bytes

    Raises
    ------
    BundleError
        For parts that such a file cannot hold.
    """
    tensors: dict[str, np.ndarray] = {}
    tree = _Writer(tensors).tree(recognizer, "")
    return import_extra("safetensors.numpy", "export").save(tensors, {HEADER: json.dumps(tree)})


def read(content: bytes) -> Any:
    """Read a recognizer from a safetensors file.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    Recognizer or AffectRecognizer

    Raises
    ------
    BundleError
        For a file that is refused. Damaged files may raise other errors.
    """
    load, end = import_extra("safetensors.numpy", "export").load, 8 + int.from_bytes(content[:8], "little")  # of the header
    if MOST_HEADER < end <= len(content):
        raise BundleError(f"has a header of more than {MOST_HEADER:,} bytes, which no recognizer has")
    tensors = load(content)  # compares the header with the file
    return _Reader(tensors).value(json.loads(json.loads(content[8:end])["__metadata__"][HEADER]))


class _Writer:
    """Turns values into JSON and collects their arrays by path. Later references to the same object or array become "same"."""

    def __init__(self, tensors: dict[str, NDArray[Any]]) -> None:
        self.tensors = tensors
        self.known: dict[int, tuple[str, Any]] = {}  # by id: the path, and the value, which keeps the id in use

    def tree(self, value: Any, at: str) -> Any:
        if value is None or type(value) in (bool, int, float, str):
            return value
        if id(value) in self.known:
            return {"same": self.known[id(value)][0]}
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        if kind in CLASSES:
            self.known[id(value)] = at, value
            return {"class": kind, "at": at, "state": self.tree(value.__getstate__(), at)}
        if isinstance(value, (np.ndarray, np.generic, bytes)):
            return self._array(value, at)
        return self._container(value, at)

    def _array(self, value: Any, at: str) -> dict[str, str]:
        array = np.frombuffer(value, np.uint8) if isinstance(value, bytes) else np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise BundleError(f"{at} is an array of {array.dtype}, which safetensors do not carry; export it as .skops")
        self.known[id(value)] = at, value
        by_columns = array.ndim == 2 and not array.flags.c_contiguous  # the last digits of a matrix product depend on it
        self.tensors[at] = np.asarray(array.T if by_columns else array, order="C")
        kinds = {bytes: "bytes", np.ndarray: "transposed" if by_columns else "array"}
        return {kinds.get(type(value), "scalar"): at}  # its type matters: a float64 scalar turns float32 arrays into float64

    def _container(self, value: Any, at: str) -> dict[str, Any]:
        if type(value) is dict:
            return {"dict": [[key, self.tree(part, f"{at}.{key}".strip("."))] for key, part in value.items()]}
        if type(value) is slice:
            return {"slice": [value.start, value.stop, value.step]}
        if type(value) in (list, tuple):
            return {type(value).__name__: [self.tree(part, f"{at}.{i}") for i, part in enumerate(value)]}
        raise BundleError(f"{at} is a {type(value).__name__}, which safetensors do not carry; export it as .skops")


class _Reader:
    """Turns JSON and arrays by path back into values."""

    def __init__(self, tensors: dict[str, NDArray[Any]]) -> None:
        self.tensors = tensors  # not read yet: each is named once; later references are "same"
        self.known: dict[str, Any] = {}  # by path

    def value(self, tree: Any) -> Any:
        if not isinstance(tree, dict):
            return tree
        kind, content = next(iter(tree.items()))
        return getattr(self, f"_{kind}")(content, tree) if kind in _KINDS else _unknown(kind)

    def _class(self, name: str, tree: dict[str, Any]) -> Any:
        made = self.known[tree["at"]] = make_empty(name)
        state = self.value(tree["state"])
        if hasattr(made, "__setstate__"):
            made.__setstate__(state)
        else:
            made.__dict__.update(state or {})
        return made

    def _array(self, at: str, _: object) -> Any:
        return self._take(at, np.array)

    def _transposed(self, at: str, _: object) -> Any:
        return self._take(at, lambda tensor: np.array(tensor).T)

    def _scalar(self, at: str, _: object) -> Any:
        return self._take(at, lambda tensor: tensor[()])

    def _bytes(self, at: str, _: object) -> Any:
        return self._take(at, np.ndarray.tobytes)

    def _take(self, at: str, convert: Any) -> Any:
        if at in self.known:
            raise BundleError(f"names the array {at!r:.60} twice, which no recognizer does")
        self.known[at] = convert(self.tensors.pop(at))
        return self.known[at]

    def _same(self, at: str, _: object) -> Any:
        return self.known[at]

    def _dict(self, pairs: list[tuple[str, Any]], _: object) -> dict[str, Any]:
        return {key: self.value(part) for key, part in pairs}

    def _list(self, parts: list[Any], _: object) -> list[Any]:
        return [self.value(part) for part in parts]

    def _tuple(self, parts: list[Any], _: object) -> tuple[Any, ...]:
        return tuple(map(self.value, parts))

    def _slice(self, ends: list[Any], _: object) -> slice:
        return slice(*ends)


_KINDS = ("class", "array", "transposed", "scalar", "bytes", "same", "dict", "list", "tuple", "slice")


def _unknown(kind: str) -> NoReturn:
    raise BundleError(f"holds a {kind!r}, which is none of {', '.join(_KINDS)}; nothing of it was run")
