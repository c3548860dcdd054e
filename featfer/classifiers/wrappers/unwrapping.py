"""The classifier inside its wrappers: what is trained anew, and what it is called."""

from __future__ import annotations

from typing import Any

from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from featfer.classifiers.wrappers.balance import Balanced
from featfer.classifiers.wrappers.base import Wrapper
from featfer.classifiers.wrappers.blend import Blend
from featfer.classifiers.wrappers.calibrated import Calibrated
from featfer.classifiers.wrappers.coarse import CoarseToFine
from featfer.classifiers.wrappers.prior import PriorCorrected
from featfer.classifiers.wrappers.relabelled import Relabelled
from featfer.classifiers.wrappers.views import ViewAverage
from featfer.errors import ParameterError


def unwrap(classifier: Any) -> Any:
    """Return a classifier without what was put around it after it was trained: a calibration, a prior, other labels.

    Parameters
    ----------
    classifier : scikit-learn classifier

    Returns
    -------
    scikit-learn classifier
        The classifier itself if nothing is around it.
    """
    if isinstance(classifier, Relabelled):
        return unwrap(classifier.classifier)
    if isinstance(classifier, (PriorCorrected, Calibrated, FrozenEstimator)):
        return unwrap(classifier.estimator)
    if isinstance(getattr(classifier, "estimator", None), FrozenEstimator):  # calibrated by scikit-learn, in older bundles
        return unwrap(classifier.estimator)
    return classifier


def make_untrained(classifier: Any) -> Any:
    """Make an untrained copy of a classifier, without what `unwrap` takes away.

    Parameters
    ----------
    classifier : scikit-learn classifier
        Trained or not.

    Returns
    -------
    scikit-learn classifier, unfitted

    Raises
    ------
    ParameterError
        When there is none, or it cannot be trained: a blend is made of trained models.
    """
    inner = unwrap(classifier)
    if isinstance(inner, Blend):
        raise ParameterError(f"a {describe_classifier(inner)} cannot be fitted, as it is made of trained models; fit a "
                             "recognizer of one classifier, such as featfer.Recognizer('svm', 'embedding', 'fer7')")
    if not all(hasattr(inner, name) for name in ("fit", "predict_proba", "get_params")):
        raise ParameterError(f"classifier {classifier!r:.80}: give a name such as 'svm', what featfer.make_classifier returns, "
                             "or another scikit-learn classifier with predict_proba")
    made = clone(inner)
    return made.set_params(views=made.averaged) if isinstance(made, ViewAverage) else made  # the columns are those it averages


def is_balanced(classifier: Any) -> bool:
    """Say whether a classifier gives each class the same weight in training (bool)."""
    params = {"": classifier, **classifier.get_params()}
    return any(isinstance(value, Balanced) or (name.endswith("class_weight") and value == "balanced")
               for name, value in params.items())


def describe_classifier(classifier: Any) -> str:
    """Describe a classifier by the names of its classes, without preprocessing.

    Parameters
    ----------
    classifier : scikit-learn classifier or None

    Returns
    -------
    str
        Such as "RBFSVM", or "vote of MLP, RBFSVM".
    """
    inner = unwrap(classifier)
    if isinstance(inner, Blend):
        return f"{inner.how} of {', '.join(map(describe_classifier, inner.members))}"
    if isinstance(inner, ViewAverage):
        return describe_classifier(inner.estimator)
    if hasattr(inner, "steps"):  # a Pipeline, ours or scikit-learn's
        return describe_classifier(inner.steps[-1][1])
    if isinstance(inner, (Wrapper, CoarseToFine)):
        return f"{type(inner).__name__} {describe_classifier(inner.estimator)}"
    return "no classifier" if inner is None else type(inner).__name__
