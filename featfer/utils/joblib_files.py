"""Reading joblib files without joblib, their arrays mapped from the file instead of copied.

A joblib file that is not compressed is a pickle in which the values of each array follow a description of it.
"""

from __future__ import annotations

import mmap
import pickle
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PurePython: Any = pickle._Unpickler  # the one in C reads ahead
DESCRIPTION = ("joblib.numpy_pickle", "NumpyArrayWrapper")  # the class of a description


def is_mappable(content: mmap.mmap | bytes) -> bool:
    """Say whether a joblib file is not compressed, so that `read_mapped` can read it: it begins as a pickle does (bool)."""
    return content[:1] == pickle.PROTO


def read_mapped(content: mmap.mmap) -> Any:
    """Read what is in a joblib file that is not compressed. As for every pickle, this runs code from the file.

    Parameters
    ----------
    content : mmap.mmap
        Of the whole file.

    Returns
    -------
    object
        As joblib returns it, but for arrays, which are views of `content`, and like it may be written to or not.

    Raises
    ------
    Exception
        Any, for a damaged file.
    """
    content.seek(0)
    return _Unpickler(content).load()


class _Description:
    """What precedes the values of an array; the names are joblib's."""

    shape: tuple[int, ...]
    order: Any
    dtype: np.dtype[Any]
    numpy_array_alignment_bytes: int | None = None  # None in files of joblib before 1.2


class _Unpickler(_PurePython):
    """Puts arrays in the place of their descriptions."""

    dispatch = dict(_PurePython.dispatch)

    def __init__(self, content: mmap.mmap) -> None:
        self._content = content
        super().__init__(content)

    def find_class(self, module: str, name: str) -> Any:
        return _Description if (module, name) == DESCRIPTION else super().find_class(module, name)

    def load_build(self) -> None:
        super().load_build()
        if isinstance(self.stack[-1], _Description):
            self.stack[-1] = self._read_array(self.stack[-1])

    dispatch[pickle.BUILD[0]] = load_build

    def _read_array(self, about: _Description) -> NDArray[Any]:
        if about.dtype.hasobject:
            return _Unpickler(self._content).load()
        if about.numpy_array_alignment_bytes is not None:
            self._content.seek(self._content.read_byte(), 1)  # the values begin after so many bytes
        array: NDArray[Any] = np.ndarray(about.shape, about.dtype, self._content, self._content.tell(), order=about.order)
        self._content.seek(array.nbytes, 1)
        is_plain = array.flags.aligned and about.dtype.isnative
        return array if is_plain else array.astype(about.dtype.newbyteorder("="))
