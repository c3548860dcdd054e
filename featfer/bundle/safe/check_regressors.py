"""Checks of regressors read from a safe file: each returns the number of outputs. See `featfer.bundle.safe.checks`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from featfer.bundle.safe.check_transformers import check_steps
from featfer.bundle.safe.part import Part

if TYPE_CHECKING:
    from featfer.bundle.safe.checks import Check

KERNELS = ("linear", "poly", "rbf", "sigmoid")
ACTIVATIONS = ("identity", "logistic", "tanh", "relu", "softmax")


def check_pipeline(part: Part, width: int, check: Check) -> int:
    """Check a Pipeline that ends in a regressor; return the number of outputs."""
    return check.regressor(*check_steps(part, width, check))


def check_ridge(part: Part, width: int, _: object) -> int:
    """Check a RidgeCV; return the number of outputs."""
    outputs = np.shape(part.get("coef_"))[:-1]
    part.get_array("coef_", (*outputs, width))
    part.check(len(outputs) < 2, "coef_ has more than two dimensions")
    if outputs:
        part.get_array("intercept_", outputs)
    else:
        part.get_number("intercept_")
    return outputs[0] if outputs else 1


def check_multi_output(part: Part, width: int, check: Check) -> int:
    """Check a MultiOutputRegressor; return the number of outputs."""
    outputs = [check.regressor(estimator, width) for estimator in part.get_list("estimators_")]
    part.check(all(count == 1 for count in outputs), "an output is told by a regressor of several")
    return len(outputs)


def check_svr(part: Part, width: int, _: object) -> int:
    """Check an SVR; return the number of outputs."""
    part.get_choice("kernel", KERNELS)
    part.check_absent("_sparse", "_effective_probability", "probability")
    for key in ("_gamma", "C", "cache_size", "epsilon", "tol"):
        part.get_number(key, 0)
    part.get_number("coef0")
    part.get_integer("degree", 0, 20)
    count = len(part.get_array("support_vectors_", (None, width)))
    wanted = {"support_vectors_": np.float64, "_dual_coef_": np.float64, "_intercept_": np.float64, "_probA": np.float64,
              "_probB": np.float64, "support_": np.int32, "_n_support": np.int32}
    part.get_array("_dual_coef_", (1, count))
    part.get_array("_intercept_", (1,))
    part.get_array("support_", (count,), "i", 0)
    part.get_array("_n_support", (2,), "i", 0, count)
    part.get_array("_probA", (0,))
    part.get_array("_probB", (0,))
    part.check(all(part.get(key).dtype == dtype for key, dtype in wanted.items()), "an array has another dtype than SVR's")
    shape = part.get_value("shape_fit_", tuple)
    part.check(len(shape) == 2 and shape[1] == width, "shape_fit_ is of other columns")
    part.check(part.get("fit_status_") in (0, 1), "fit_status_ is neither 0 nor 1")
    return 1


def check_mlp(part: Part, width: int, _: object) -> int:
    """Check a `featfer.affect.regressors.Network`; return the number of outputs."""
    weights = part.get_list("coefs_")
    for array, bias in zip(weights, part.get_list("intercepts_", len(weights)), strict=True):
        width, given = (part.check_array(array, "coefs_", (width, *np.shape(array)[1:2])).shape[1], width)
        part.check_array(bias, "intercepts_", (width,))
        part.check(given, "a layer has no columns")
    part.check(part.get_integer("n_layers_", 2) == len(weights) + 1, "n_layers_ are not as many as there are")
    part.get_choice("activation", ACTIVATIONS[:-1])
    part.get_choice("out_activation_", ACTIVATIONS)
    return width
