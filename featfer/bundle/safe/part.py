"""Typed access to the parts of a model that was read from a safe file; values of another type are refused.

A file may put any value anywhere. scikit-learn's compiled code checks no bounds, so everything must be checked beforehand.
"""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any, NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from featfer.errors import BundleError

MOST_BYTES = 2**30  # of the arrays of all parts that one prediction uses, counted as often as they are used
PART_BYTES = 20_000  # added for each part, because it takes time too
LARGEST = 1e15      # absolute value of a number: sums of products are still finite
LEAST = 1e-15       # of divisors
Classes: TypeAlias = NDArray[np.integer[Any]]


class Budget:
    """Limits the bytes of all parts of a model. A part that is used repeatedly counts each time."""

    def __init__(self) -> None:
        self._left = MOST_BYTES

    def take(self, size: int) -> None:
        """Count some bytes; raise BundleError when the limit is exceeded."""
        self._left -= size
        if self._left < 0:
            raise BundleError(f"asks parts of more than {MOST_BYTES:,} bytes for an answer, which no recognizer does")


class Part:
    """An object within a model, whose attributes are read by name and type.

    In all methods, `key` is the name of an attribute, and `low` and `high` are bounds, both included. They raise BundleError
    for other values.

    Parameters
    ----------
    value : object
    budget : Budget
    """

    def __init__(self, value: Any, budget: Budget) -> None:
        budget.take(PART_BYTES)
        self.kind, self.name, self.budget = type(value), type(value).__name__, budget
        self._values = vars(value)
        if shadows := [key for key in self._values if hasattr(self.kind, key)]:
            self.refuse(f"{shadows[0]!r:.40} stands in the place of what its class does")
        if self._values.get("n_jobs") is not None:
            self.refuse("n_jobs is not None")

    def get_part(self, value: Any, *names: str) -> Part:
        """Return a value as a Part; `names` are the full names of the classes it may have."""
        found = f"{type(value).__module__}.{type(value).__qualname__}"
        self.check(found in names, f"a {type(value).__name__} stands in the place of a {names[0].rpartition('.')[2]}")
        return Part(value, self.budget)

    def refuse(self, reason: str) -> NoReturn:
        """Raise BundleError for this part."""
        raise BundleError(f"holds parts that do not fit together: in {self.name}, {reason}")

    def check(self, is_fit: Any, reason: str) -> None:
        """Raise BundleError with a reason unless a condition holds."""
        if not is_fit:
            self.refuse(reason)

    def get_value(self, key: str, kind: type) -> Any:
        """Return an attribute of exactly one type."""
        value = self._values.get(key)
        self.check(type(value) is kind, f"{key} is a {type(value).__name__}, not a {kind.__name__}")
        return value

    def has(self, key: str) -> bool:
        """Say whether an attribute exists and is not None."""
        return self._values.get(key) is not None

    def get(self, key: str) -> Any:
        """Return an attribute of any type, or None."""
        return self._values.get(key)

    def check_absent(self, *keys: str) -> None:
        """Raise BundleError unless all of some attributes are missing, None or False."""
        for key in keys:
            self.check(self._values.get(key) is None or self._values[key] is False, f"{key} is not None")

    def get_choice(self, key: str, choices: Sequence[str]) -> str:
        """Return an attribute that is one of some strings."""
        value = self.get_value(key, str)
        self.check(value in choices, f"{key} {value!r:.40} is none of {', '.join(choices)}")
        return value

    def get_number(self, key: str, low: float = -LARGEST, high: float = LARGEST) -> Any:
        """Return a number within bounds."""
        return self.check_number(self._values.get(key), key, low, high)

    def check_number(self, value: Any, key: str, low: float = -LARGEST, high: float = LARGEST) -> Any:
        """Return the number if it is within bounds; `key` is its name for the error."""
        is_number = isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))
        self.check(is_number and low <= value <= high, f"{key} is {value!r:.40}, not a number from {low:g} to {high:g}")
        return value

    def get_integer(self, key: str, low: float, high: float = 2**31) -> int:
        """Return an integer within bounds."""
        value = self.get_number(key, low, high)
        self.check(isinstance(value, numbers.Integral), f"{key} is {value!r:.40}, not a whole number")
        return int(value)

    def get_array(self, key: str, shape: Sequence[int | None], kinds: str = "f", low: float = -LARGEST,
                  high: float = LARGEST) -> NDArray[Any]:
        """Return an array; see `check_array`."""
        return self.check_array(self._values.get(key), key, shape, kinds, low, high)

    def check_array(self, value: Any, key: str, shape: Sequence[int | None], kinds: str = "f", low: float = -LARGEST,
                    high: float = LARGEST) -> NDArray[Any]:
        """Return the array if it has the right type, shape and range.

        Parameters
        ----------
        value : object
        key : str
            Its name, for the error.
        shape : tuple of int or None
            None for any length.
        kinds : str
            Kinds of dtype: "f", "i", "u".
        low, high : float
            Bounds of all values.

        Returns
        -------
        ndarray
        """
        self.check(type(value) is np.ndarray, f"{key} is a {type(value).__name__}, not an array")
        self.check(value.dtype.kind in kinds, f"{key} is an array of {value.dtype}")
        fits = value.ndim == len(shape) and all(n in (m, None) for m, n in zip(value.shape, shape, strict=True))
        self.check(fits, f"{key} has the shape {value.shape}, not {tuple('any' if n is None else n for n in shape)}")
        self.budget.take(value.nbytes)
        is_inside = not value.size or (low <= float(value.min()) and float(value.max()) <= high)  # False for nan
        self.check(is_inside, f"{key} has values that are not from {low:g} to {high:g}")
        return value

    def get_list(self, key: str, length: int | None = None) -> list[Any]:
        """Return a list of some length; without a length, a list that is not empty."""
        value = self.get_value(key, list)
        self.check(len(value) == length if length is not None else value, f"{key} has {len(value)} items")
        self.budget.take(PART_BYTES * len(value))
        return value

    def get_classes(self, key: str = "classes_") -> Classes:
        """Return classes: distinct integers from 0 on, in increasing order, as int64."""
        found = self.get_array(key, (None,), "iu", 0, 2**31)
        self.check(found.size and (np.diff(found.astype(np.int64)) > 0).all(), f"{key} are not different labels in order")
        return found.astype(np.int64)

    def check_equal(self, found: Any, expected: Any, what: str = "classes") -> None:
        """Raise BundleError unless two arrays are equal."""
        self.check(np.array_equal(found, expected), f"its {what} are not those of its parts")
