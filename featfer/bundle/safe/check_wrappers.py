"""Checks of classifiers around other classifiers, read from a safe file. See `featfer.bundle.safe.checks`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.bundle.safe.part import LEAST, Classes, Part

if TYPE_CHECKING:
    from featfer.bundle.safe.checks import Check


def check_calibrated_cv(part: Part, width: int, check: Check) -> Classes:
    """Check scikit-learn's CalibratedClassifierCV; return its classes."""
    classes = part.get_classes()
    for calibrated in part.get_list("calibrated_classifiers_"):
        inner = part.get_part(calibrated, "sklearn.calibration._CalibratedClassifier")
        part.check_equal(inner.get_classes("classes"), classes)
        inner.check_equal(check.classifier(inner.get("estimator"), width), classes)
        method = inner.get_choice("method", ("temperature", "sigmoid"))
        count = 1 if method == "temperature" or len(classes) == 2 else len(classes)
        for calibrator in inner.get_list("calibrators", count):
            _check_calibrator(inner, calibrator, method)
    if part.has("estimator") and part.get("estimator") is not inner.get("estimator"):
        part.check_equal(check.classifier(part.get("estimator"), width), classes)
    return classes


def _check_calibrator(part: Part, calibrator: Any, method: str) -> None:
    if method == "temperature":
        part.get_part(calibrator, "sklearn.calibration._TemperatureScaling").get_number("beta_", LEAST)
    else:
        part = part.get_part(calibrator, "sklearn.calibration._SigmoidCalibration")
        part.get_number("a_")
        part.get_number("b_")


def check_calibrated(part: Part, width: int, check: Check) -> Classes:
    """Check a Calibrated classifier; return its classes."""
    classes = check.classifier(part.get("estimator"), width)
    count = 1 if part.get_choice("method", ("temperature", "sigmoid")) == "temperature" or len(classes) == 2 else len(classes)
    for name in ("slopes_", "constants_"):
        part.get_array(name, (count,))
    return classes


def check_precomputed(part: Part, width: int, _: object) -> Classes:
    """Check PrecomputedPredictions; return its classes."""
    count = part.get_integer("classes", 2, 2**20)
    part.check(width == count or (width == 1 and count == 2), "it has not a column for each class")
    part.get_value("are_scores", bool)
    return np.arange(count)


def check_estimator(part: Part, width: int, check: Check) -> Classes:
    """Check a classifier that predicts as its `estimator`; return its classes."""
    return check.classifier(part.get("estimator"), width)


def check_fitted_estimator(part: Part, width: int, check: Check) -> Classes:
    """Check a classifier that predicts as its `estimator_`; return its classes."""
    return check.classifier(part.get("estimator_"), width)


def check_coarse(part: Part, width: int, check: Check) -> Classes:
    """Check a CoarseToFine classifier; return its classes."""
    classes = part.get_classes()
    codes = part.get_array("codes_", (len(classes),), "iu", 0, len(classes) - 1)
    count = int(codes.max()) + 1
    if count > 1 or part.has("coarse_"):
        part.check_equal(check.classifier(part.get("coarse_"), width), np.arange(count))
    for code, fine in enumerate(part.get_list("fine_", count)):
        inside = np.flatnonzero(codes == code)
        if len(inside) != 1 or fine is not None:
            part.check_equal(check.classifier(fine, width), inside)
    return classes


def check_blend(part: Part, width: int, check: Check) -> Classes:
    """Check a Blend; return its classes."""
    members = part.get_list("members")
    known = [check.classifier(member, _count_columns(part, at, width))
             for member, at in zip(members, part.get_list("columns", len(members)), strict=True)]
    for classes in known:
        part.check_equal(classes, known[0])
    for weight in part.get_list("weights", len(members)) if part.has("weights") else ():
        part.check_number(weight, "weights", 0)
    if part.get_choice("how", ("vote", "stack")) == "stack":
        part.check_equal(check.classifier(part.get("stack_"), len(members) * len(known[0])), known[0])
    return known[0]


def _count_columns(part: Part, columns: Any, width: int) -> int:
    """Return how many of `width` columns an index array or a slice selects."""
    if type(columns) is slice:
        return len(range(*columns.indices(width)))
    return len(part.check_array(columns, "columns", (None,), "iu", 0, width - 1))


def check_relabelled(part: Part, width: int, check: Check) -> Classes:
    """Check a Relabelled classifier; return its classes."""
    mapping, classes = part.get("become"), check.classifier(part.get("classifier"), width)
    if type(mapping) in (list, tuple):
        part.check(all(type(label) is int and -1 <= label < 2**31 for label in mapping), "become is not of labels")
        mapping = np.array(mapping, np.int64)
    mapping = part.check_array(mapping, "become", (None,), "iu", -1, 2**31).astype(np.int64)
    part.check(classes.max() < len(mapping), "become has no place for some classes")
    mapped = np.unique(mapping[classes])
    part.check(mapped.max() >= 0, "become leaves no class")
    return mapped[mapped >= 0]


def check_prior(part: Part, width: int, check: Check) -> Classes:
    """Check a PriorCorrected classifier; return its classes."""
    classes = check.classifier(part.get("estimator"), width)
    for name in ("assumed", "prior"):
        part.check(part.get_array(name, (len(classes),), "f", 0, 1).sum() > 0, f"{name} has no share")
    return classes


def check_views(part: Part, width: int, check: Check) -> Classes:
    """Check a ViewAverage; return its classes."""
    classes, size = part.get_classes(), part.get_integer("size_", 1)
    part.check(part.get_integer("averaged", 1) * size == width, "its views are not as wide as what it is given")
    part.check_equal(check.classifier(part.get("estimator_"), size), classes)
    return classes
