"""What tells numbers, in a plain file: each function returns how many outputs it has. See featfer.bundle.safe.checks."""

import numpy as np

from featfer.bundle.safe.of_columns import through

KERNELS = ("linear", "poly", "rbf", "sigmoid")
ACTIVATIONS = ("identity", "logistic", "tanh", "relu", "softmax")


def regressing_pipeline(part, width, check):
    return check.regressor(*through(part, width, check))


def ridge(part, width, _):
    outputs = np.shape(part.get("coef_"))[:-1]
    part.array("coef_", (*outputs, width))
    part.check(len(outputs) < 2, "coef_ has more than two dimensions")
    if outputs:
        part.array("intercept_", outputs)
    else:
        part.number("intercept_")
    return outputs[0] if outputs else 1


def several(part, width, check):
    outputs = [check.regressor(estimator, width) for estimator in part.list("estimators_")]
    part.check(all(count == 1 for count in outputs), "an output is told by a regressor of several")
    return len(outputs)


def svr(part, width, _):
    part.one_of("kernel", KERNELS)
    part.nothing("_sparse", "_effective_probability", "probability")
    for key in ("_gamma", "C", "cache_size", "epsilon", "tol"):
        part.number(key, 0)
    part.number("coef0")
    part.whole("degree", 0, 20)
    count = len(part.array("support_vectors_", (None, width)))
    wanted = {"support_vectors_": np.float64, "_dual_coef_": np.float64, "_intercept_": np.float64, "_probA": np.float64,
              "_probB": np.float64, "support_": np.int32, "_n_support": np.int32}
    part.array("_dual_coef_", (1, count))
    part.array("_intercept_", (1,))
    part.array("support_", (count,), "i", 0)
    part.array("_n_support", (2,), "i", 0, count)
    part.array("_probA", (0,))
    part.array("_probB", (0,))
    part.check(all(part.get(key).dtype == dtype for key, dtype in wanted.items()), "an array has another dtype than SVR's")
    shape = part.value("shape_fit_", tuple)
    part.check(len(shape) == 2 and shape[1] == width, "shape_fit_ is of other columns")
    part.check(part.get("fit_status_") in (0, 1), "fit_status_ is neither 0 nor 1")
    return 1


def perceptron(part, width, _):
    weights = part.list("coefs_")
    for array, bias in zip(weights, part.list("intercepts_", len(weights)), strict=True):
        width, given = (part.as_array(array, "coefs_", (width, *np.shape(array)[1:2])).shape[1], width)
        part.as_array(bias, "intercepts_", (width,))
        part.check(given, "a layer has no columns")
    part.check(part.whole("n_layers_", 2) == len(weights) + 1, "n_layers_ are not as many as there are")
    part.one_of("activation", ACTIVATIONS[:-1])
    part.one_of("out_activation_", ACTIVATIONS)
    return width
