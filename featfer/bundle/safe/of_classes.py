"""What tells classes, in a plain file: each function returns those that it knows. See featfer.bundle.safe.checks."""

import numpy as np

from featfer.bundle.safe.of_columns import through
from featfer.bundle.safe.parts import LARGEST


def pipeline(part, width, check):
    return check.classifier(*through(part, width, check))


def linear(part, width, _):
    classes = part.classes()
    rows = len(part.array("coef_", (None, width)))
    part.check(rows == len(classes) or (rows == 1 and len(classes) == 2), "coef_ has not a row for each class")
    part.array("intercept_", (rows,))
    return classes


def linear_of_ours(part, width, _):
    classes = part.classes()
    part.array("coef_", (len(classes), width))
    part.array("intercept_", (len(classes),))
    return classes


def svm(part, width, _):
    classes = part.classes()
    pairs = len(classes) * (len(classes) - 1) // 2
    part.check(pairs, "it knows one class")
    support = part.array("support_vectors_", (None, width), "fi")
    part.array("coef_", (len(support), pairs))
    part.array("intercept_", (pairs,))
    part.number("gamma_", 0)
    if support.dtype == np.int8:
        part.array("steps_", (width,))
    return classes


def mlp(part, width, _):
    classes, weights, biases = part.classes(), part.list("weights_", 2), part.list("biases_", 2)
    hidden = np.shape(weights[0])[1:2]
    part.as_array(weights[0], "weights_", (width, *hidden))
    part.as_array(weights[1], "weights_", (*hidden, len(classes)))
    part.as_array(biases[0], "biases_", hidden)
    part.as_array(biases[1], "biases_", (len(classes),))
    return classes


def neighbours(part, width, _):
    classes, count = part.classes(), part.whole("n_samples_fit_", 1)
    part.check(part.array("_y", (count,), "iu", 0, len(classes) - 1).dtype == np.int64, "_y is not int64")
    part.array("_fit_X", (count, width))
    part.whole("n_neighbors", 1, count)
    part.one_of("_fit_method", ("brute",))
    part.one_of("weights", ("uniform", "distance"))
    part.check(part.value("effective_metric_", str) != "precomputed", "effective_metric_ is of distances that are given")
    part.check(part.value("metric", str) != "precomputed", "metric is of distances that are given")
    part.nothing("outputs_2d_", "metric_params", "_tree")
    for key, value in part.value("effective_metric_params_", dict).items():
        part.as_number(value, str(key), 1)
    return classes


def local_svm(part, width, _):
    classes = part.classes()
    rows = part.array("rows_", (None, width))
    part.array("codes_", (len(rows),), "iu", 0, len(classes) - 1)
    part.whole("k", 1, 2**62)
    part.number("C", 1e-15, 1e6)
    part.number("gamma_", 0)
    part.one_of("kernel", ("linear", "rbf"))
    part.check(len(rows), "it has no rows")
    return classes


def network(part, width, _):
    classes, weights = part.classes(), part.value("weights_", dict)
    part.nothing("_net")
    part.check(part.whole("channels", 1, 3) * part.whole("side_", 1, 2**12)**2 == width, "its crops are of another size")
    for name, array in weights.items():
        low = 0 if str(name).endswith("running_var") else -LARGEST
        part.as_array(array, f"weights_ {name!s:.40}", np.shape(array), "fiu", low)
    options = part.get("options") or {}
    are_small = len(repr(options)) < 10_000 and all(abs(number) <= 10_000 for number in _numbers(options))
    part.check(are_small, "options are too large")
    return classes


def _numbers(value):
    if isinstance(value, (dict, list, tuple)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _numbers(inner)
    elif isinstance(value, (int, float)):
        yield value
