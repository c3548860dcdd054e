"""Checks of classifiers read from a safe file: each function returns the classes. See `featfer.bundle.safe.checks`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.bundle.safe.check_transformers import check_steps
from featfer.bundle.safe.part import LARGEST, Classes, Part

if TYPE_CHECKING:
    from featfer.bundle.safe.checks import Check


def check_pipeline(part: Part, width: int, check: Check) -> Classes:
    """Check a Pipeline that ends in a classifier; return its classes."""
    return check.classifier(*check_steps(part, width, check))


def check_sklearn_linear(part: Part, width: int, _: object) -> Classes:
    """Check a linear classifier of scikit-learn; return its classes."""
    classes = part.get_classes()
    rows = len(part.get_array("coef_", (None, width)))
    part.check(rows == len(classes) or (rows == 1 and len(classes) == 2), "coef_ has not a row for each class")
    part.get_array("intercept_", (rows,))
    return classes


def check_linear(part: Part, width: int, _: object) -> Classes:
    """Check a `featfer.classifiers.linear.LinearClassifier`; return its classes."""
    classes = part.get_classes()
    part.get_array("coef_", (len(classes), width))
    part.get_array("intercept_", (len(classes),))
    return classes


def check_svm(part: Part, width: int, _: object) -> Classes:
    """Check an RBFSVM; return its classes."""
    classes = part.get_classes()
    part.check(len(classes) > 1, "it knows one class")
    _check_kernel_sum(part, width, len(classes) * (len(classes) - 1) // 2)
    return classes


def check_kernel_ridge(part: Part, width: int, _: object) -> Classes:
    """Check a KernelRidgeClassifier; return its classes."""
    classes = part.get_classes()
    _check_kernel_sum(part, width, len(classes))
    return classes


def _check_kernel_sum(part: Part, width: int, outputs: int) -> None:
    """Check what `featfer.classifiers.kernels.KernelSumMixin` sums."""
    support = part.get_array("support_vectors_", (None, width), "fi")
    part.get_array("coef_", (len(support), outputs))
    part.get_array("intercept_", (outputs,))
    part.get_number("gamma_", 0)
    if support.dtype == np.int8:
        part.get_array("steps_", (width,))


def check_mlp(part: Part, width: int, _: object) -> Classes:
    """Check an MLP; return its classes."""
    classes, weights, biases = part.get_classes(), part.get_list("weights_", 2), part.get_list("biases_", 2)
    hidden = np.shape(weights[0])[1:2]
    part.check_array(weights[0], "weights_", (width, *hidden), "fi")
    part.check_array(weights[1], "weights_", (*hidden, len(classes)))
    part.check_array(biases[0], "biases_", hidden)
    part.check_array(biases[1], "biases_", (len(classes),))
    if weights[0].dtype == np.int8:
        part.get_array("steps_", hidden)
    return classes


def check_knn(part: Part, width: int, _: object) -> Classes:
    """Check a KNeighborsClassifier; return its classes."""
    classes, count = part.get_classes(), part.get_integer("n_samples_fit_", 1)
    part.check(part.get_array("_y", (count,), "iu", 0, len(classes) - 1).dtype == np.int64, "_y is not int64")
    part.get_array("_fit_X", (count, width))
    part.get_integer("n_neighbors", 1, count)
    part.get_choice("_fit_method", ("brute",))
    part.get_choice("weights", ("uniform", "distance"))
    part.check(part.get_value("effective_metric_", str) != "precomputed", "effective_metric_ is of distances that are given")
    part.check(part.get_value("metric", str) != "precomputed", "metric is of distances that are given")
    part.check_absent("outputs_2d_", "metric_params", "_tree")
    for key, value in part.get_value("effective_metric_params_", dict).items():
        part.check_number(value, str(key), 1)
    return classes


def check_local_svm(part: Part, width: int, _: object) -> Classes:
    """Check a LocalSVM; return its classes."""
    classes = part.get_classes()
    rows = part.get_array("rows_", (None, width))
    part.get_array("codes_", (len(rows),), "iu", 0, len(classes) - 1)
    part.get_integer("k", 1, 2**62)
    part.get_number("C", 1e-15, 1e6)
    part.get_number("gamma_", 0)
    part.get_choice("kernel", ("linear", "rbf"))
    part.check(len(rows), "it has no rows")
    return classes


def check_cnn(part: Part, width: int, _: object) -> Classes:
    """Check a CNN; return its classes."""
    classes, weights = part.get_classes(), part.get_value("weights_", dict)
    part.check_absent("_net")
    size = part.get_integer("channels", 1, 3) * part.get_integer("side_", 1, 2**12)**2
    part.check(size == width, "its crops are of another size")
    for name, array in weights.items():
        low = 0 if str(name).endswith("running_var") else -LARGEST
        part.check_array(array, f"weights_ {name!s:.40}", np.shape(array), "fiu", low)
    options = part.get("options") or {}
    are_small = len(repr(options)) < 10_000 and all(abs(number) <= 10_000 for number in _list_numbers(options))
    part.check(are_small, "options are too large")
    return classes


def _list_numbers(value: Any) -> Iterator[float]:
    """Yield all numbers in nested dicts, lists and tuples."""
    if isinstance(value, (dict, list, tuple)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _list_numbers(inner)
    elif isinstance(value, (int, float)):
        yield value
