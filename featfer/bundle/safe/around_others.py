"""Classifiers around other classifiers, in a plain file: each function returns the classes. See featfer.bundle.safe.checks."""

import numpy as np

from featfer.bundle.safe.parts import LEAST


def calibrated_by_sklearn(part, width, check):
    classes = part.classes()
    for calibrated in part.list("calibrated_classifiers_"):
        inner = part.part(calibrated, "sklearn.calibration._CalibratedClassifier")
        part.same(inner.classes("classes"), classes)
        inner.same(check.classifier(inner.get("estimator"), width), classes)
        method = inner.one_of("method", ("temperature", "sigmoid"))
        count = 1 if method == "temperature" or len(classes) == 2 else len(classes)
        for calibrator in inner.list("calibrators", count):
            _check_calibrator(inner, calibrator, method)
    if part.has("estimator") and part.get("estimator") is not inner.get("estimator"):
        part.same(check.classifier(part.get("estimator"), width), classes)
    return classes


def _check_calibrator(part, calibrator, method):
    if method == "temperature":
        part.part(calibrator, "sklearn.calibration._TemperatureScaling").number("beta_", LEAST)
    else:
        part = part.part(calibrator, "sklearn.calibration._SigmoidCalibration")
        part.number("a_")
        part.number("b_")


def calibrated(part, width, check):
    classes, estimator = check.classifier(part.get("estimator"), width), part.get("estimator")
    is_one_column = len(classes) == 2 and hasattr(estimator, "decision_function")
    known = check.classifier(part.get("calibrator_"), 1 if is_one_column else len(classes))
    part.same(known, np.arange(len(classes)))
    return classes


def answers(part, width, _):
    count = part.whole("classes", 2, 2**20)
    part.check(width == count or (width == 1 and count == 2), "it has not a column for each class")
    part.value("are_scores", bool)
    return np.arange(count)


def around(key):
    """Return what checks a classifier that answers as the one that it has by a name."""
    return lambda part, width, check: check.classifier(part.get(key), width)


def coarse(part, width, check):
    classes = part.classes()
    codes = part.array("codes_", (len(classes),), "iu", 0, len(classes) - 1)
    count = int(codes.max()) + 1
    if count > 1 or part.has("coarse_"):
        part.same(check.classifier(part.get("coarse_"), width), np.arange(count))
    for code, fine in enumerate(part.list("fine_", count)):
        inside = np.flatnonzero(codes == code)
        if len(inside) != 1 or fine is not None:
            part.same(check.classifier(fine, width), inside)
    return classes


def blend(part, width, check):
    members = part.list("members")
    known = [check.classifier(member, _count(part, at, width))
             for member, at in zip(members, part.list("columns", len(members)), strict=True)]
    for classes in known:
        part.same(classes, known[0])
    for weight in part.list("weights", len(members)) if part.has("weights") else ():
        part.as_number(weight, "weights", 0)
    if part.one_of("how", ("vote", "stack")) == "stack":
        part.same(check.classifier(part.get("stack_"), len(members) * len(known[0])), known[0])
    return known[0]


def _count(part, columns, width):
    """Return how many of so many columns an index, or a slice, takes."""
    if type(columns) is slice:
        return len(range(*columns.indices(width)))
    return len(part.as_array(columns, "columns", (None,), "iu", 0, width - 1))


def relabelled(part, width, check):
    become, known = part.get("become"), check.classifier(part.get("classifier"), width)
    if type(become) in (list, tuple):
        part.check(all(type(label) is int and -1 <= label < 2**31 for label in become), "become is not of labels")
        become = np.array(become, np.int64)
    become = part.as_array(become, "become", (None,), "iu", -1, 2**31).astype(np.int64)
    part.check(known.max() < len(become), "become has no place for some classes")
    classes = np.unique(become[known])
    part.check(classes.max() >= 0, "become leaves no class")
    return classes[classes >= 0]


def views(part, width, check):
    classes, size = part.classes(), part.whole("size_", 1)
    part.check(part.whole("averaged", 1) * size == width, "its views are not as wide as what it is given")
    part.same(check.classifier(part.get("estimator_"), size), classes)
    return classes
