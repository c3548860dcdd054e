"""Checks of transformers read from a safe file: each function returns the number of output columns.

See `featfer.bundle.safe.checks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featfer.bundle.safe.part import LEAST, Part

if TYPE_CHECKING:
    from featfer.bundle.safe.checks import Check


def check_scaler(part: Part, width: int, _: object) -> int:
    """Check a StandardScaler; return the number of output columns."""
    part.get_array("mean_", (width,))
    part.get_array("scale_", (width,), low=LEAST)
    return width


def check_components(part: Part, width: int, _: object) -> int:
    """Check PrincipalComponents; return the number of output columns."""
    count = part.get_integer("n", 1)
    part.get_array("mean_", (width,))
    is_packed = part.has("steps_")
    part.get_array("components_", (count, width), "i" if is_packed else "f")
    if is_packed:
        part.get_array("steps_", (count, 1), low=0)
    part.get_array("variances_", (count,), low=0)
    return count


def check_nystroem(part: Part, width: int, _: object) -> int:
    """Check a Nystroem kernel; return the number of output columns."""
    points = part.get_array("points_", (None, width))
    part.get_number("gamma_", 0)
    return part.get_array("axes_", (len(points), None)).shape[1]


def check_function_transformer(part: Part, width: int, _: object) -> int:
    """Check a FunctionTransformer that changes nothing; return the number of output columns."""
    part.check_absent("func", "kw_args", "validate")
    return width


def check_lda(part: Part, width: int, _: object) -> int:
    """Check a LinearDiscriminantAnalysis used as a transformer; return the number of output columns."""
    part.get_choice("solver", ("svd",))
    part.get_array("xbar_", (width,))
    return min(part.get_array("scalings_", (width, None)).shape[1], part.get_integer("_max_components", 1))


def check_union(part: Part, width: int, check: Check) -> int:
    """Check a FeatureUnion; return the number of output columns."""
    part.check_absent("transformer_weights")
    return sum(check.transformer(step, width) for step in _get_steps(part, "transformer_list"))


def check_steps(part: Part, width: int, check: Check) -> tuple[Any, int]:
    """Check all but the last step of a Pipeline; return the last step and the width of its input."""
    part.check_absent("memory", "transform_input")
    *steps, last = _get_steps(part, "steps")
    for step in steps:
        width = check.transformer(step, width)
    return last, width


def _get_steps(part: Part, key: str) -> list[Any]:
    steps = part.get_list(key)
    part.check(all(type(step) is tuple and len(step) == 2 and type(step[0]) is str for step in steps), f"{key} are no steps")
    return [step for _, step in steps]
