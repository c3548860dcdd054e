"""What changes columns, in a plain file: each function returns how many come out. See featfer.bundle.safe.checks."""

from featfer.bundle.safe.parts import LEAST


def scaler(part, width, _):
    part.array("mean_", (width,))
    part.array("scale_", (width,), low=LEAST)
    return width


def components(part, width, _):
    count = part.whole("n", 1)
    part.array("mean_", (width,))
    part.array("components_", (count, width))
    part.array("variances_", (count,), low=0)
    return count


def nystroem(part, width, _):
    points = part.array("points_", (None, width))
    part.number("gamma_", 0)
    return part.array("axes_", (len(points), None)).shape[1]


def unchanged(part, width, _):
    part.nothing("func", "kw_args", "validate")
    return width


def projection(part, width, _):
    part.one_of("solver", ("svd",))
    part.array("xbar_", (width,))
    return min(part.array("scalings_", (width, None)).shape[1], part.whole("_max_components", 1))


def union(part, width, check):
    part.nothing("transformer_weights")
    return sum(check.transformer(step, width) for step in _steps(part, "transformer_list"))


def through(part, width, check):
    """Return the last step of a Pipeline, and the width of what it is given."""
    part.nothing("memory", "transform_input")
    *steps, last = _steps(part, "steps")
    for step in steps:
        width = check.transformer(step, width)
    return last, width


def _steps(part, key):
    steps = part.list(key)
    part.check(all(type(step) is tuple and len(step) == 2 and type(step[0]) is str for step in steps), f"{key} are no steps")
    return [step for _, step in steps]
