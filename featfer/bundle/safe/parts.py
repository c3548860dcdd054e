"""What a part of a model, read from a plain file, holds: asked for by name, and refused where it is of another kind.

A file may put anything in the place of anything. What scikit-learn's compiled code is given has to be right beforehand: it
looks at no bounds.
"""

import numbers

import numpy as np

from featfer.errors import BundleError

MOST_BYTES = 2**30  # of the arrays in all parts that a model asks for one answer, each as often as it is asked
OF_A_PART = 20_000  # bytes that a part counts for beside its arrays: it takes time too
LARGEST = 1e15      # of numbers: sums of products of a few such still are numbers
LEAST = 1e-15       # of numbers that others are divided by


class Budget:
    """How many bytes the parts of a model may still have: one that is named again and again is asked again and again."""

    def __init__(self):
        self._left = MOST_BYTES

    def take(self, size):
        """Count so many bytes; raise BundleError where they are too many."""
        self._left -= size
        if self._left < 0:
            raise BundleError(f"asks parts of more than {MOST_BYTES:,} bytes for an answer, which no recognizer does")


class Part:
    """An object of a model, whose values are asked for by name and kind; raises BundleError for others."""

    def __init__(self, value, budget):
        budget.take(OF_A_PART)
        self.kind, self.name, self.budget = type(value), type(value).__name__, budget
        self._values = vars(value)
        if shadows := [key for key in self._values if hasattr(self.kind, key)]:
            self.refuse(f"{shadows[0]!r:.40} stands in the place of what its class does")
        if self._values.get("n_jobs") is not None:
            self.refuse("n_jobs is not None")

    def part(self, value, *names):
        """Return a value as a Part; names: the full names of the classes that it may be of."""
        found = f"{type(value).__module__}.{type(value).__qualname__}"
        self.check(found in names, f"a {type(value).__name__} stands in the place of a {names[0].rpartition('.')[2]}")
        return Part(value, self.budget)

    def refuse(self, reason):
        """Raise BundleError for this part."""
        raise BundleError(f"holds parts that do not fit together: in {self.name}, {reason}")

    def check(self, is_fit, reason):
        """Raise BundleError, with a reason, where something is not as it should be."""
        if not is_fit:
            self.refuse(reason)

    def value(self, key, kind):
        """Return the value of a name, of exactly one type."""
        value = self._values.get(key)
        self.check(type(value) is kind, f"{key} is a {type(value).__name__}, not a {kind.__name__}")
        return value

    def has(self, key):
        """Say whether there is a value of a name, and it is not None."""
        return self._values.get(key) is not None

    def get(self, key):
        """Return the value of a name, whatever it is, None where there is none."""
        return self._values.get(key)

    def nothing(self, *keys):
        """Raise BundleError where one of some names has a value other than None or False."""
        for key in keys:
            self.check(self._values.get(key) is None or self._values[key] is False, f"{key} is not None")

    def one_of(self, key, choices):
        """Return the value of a name, which is one of some texts."""
        value = self.value(key, str)
        self.check(value in choices, f"{key} {value!r:.40} is none of {', '.join(choices)}")
        return value

    def number(self, key, low=-LARGEST, high=LARGEST):
        """Return the number of a name, between two others."""
        return self.as_number(self._values.get(key), key, low, high)

    def as_number(self, value, key, low=-LARGEST, high=LARGEST):
        """Return a number between two others; key: its name, for the error."""
        is_number = isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))
        self.check(is_number and low <= value <= high, f"{key} is {value!r:.40}, not a number from {low:g} to {high:g}")
        return value

    def whole(self, key, low, high=2**31):
        """Return the whole number of a name, between two others."""
        value = self.number(key, low, high)
        self.check(isinstance(value, numbers.Integral), f"{key} is {value!r:.40}, not a whole number")
        return int(value)

    def array(self, key, shape, kinds="f", low=-LARGEST, high=LARGEST):
        """Return the array of a name; see `as_array`."""
        return self.as_array(self._values.get(key), key, shape, kinds, low, high)

    def as_array(self, value, key, shape, kinds="f", low=-LARGEST, high=LARGEST):
        """Return an array of some kinds of dtype ("f", "i", "u") and a shape, None in it for any length, all of whose values
        are between two numbers."""
        self.check(type(value) is np.ndarray, f"{key} is a {type(value).__name__}, not an array")
        self.check(value.dtype.kind in kinds, f"{key} is an array of {value.dtype}")
        fits = value.ndim == len(shape) and all(n in (m, None) for m, n in zip(value.shape, shape, strict=True))
        self.check(fits, f"{key} has the shape {value.shape}, not {tuple('any' if n is None else n for n in shape)}")
        self.budget.take(value.nbytes)
        inside = not value.size or (low <= float(value.min()) and float(value.max()) <= high)  # False of nan
        self.check(inside, f"{key} has values that are not from {low:g} to {high:g}")
        return value

    def list(self, key, length=None):
        """Return the list of a name, of some length or, without, of one item at least."""
        value = self.value(key, list)
        self.check(len(value) == length if length is not None else value, f"{key} has {len(value)} items")
        self.budget.take(OF_A_PART * len(value))
        return value

    def classes(self, key="classes_"):
        """Return the classes of a name: whole numbers from 0 on, each once, in order."""
        found = self.array(key, (None,), "iu", 0, 2**31)
        self.check(found.size and (np.diff(found.astype(np.int64)) > 0).all(), f"{key} are not different labels in order")
        return found.astype(np.int64)

    def same(self, found, expected, what="classes"):
        """Raise BundleError where one array is not another."""
        self.check(np.array_equal(found, expected), f"its {what} are not those of its parts")
