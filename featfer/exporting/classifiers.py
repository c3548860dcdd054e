"""Fitted classifiers and regressors as ONNX operators: a function for each kind."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import FeatureUnion
from sklearn.pipeline import Pipeline as SklearnPipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from featfer.affect.regressors import Network
from featfer.classifiers.forest import Forest
from featfer.classifiers.kernel_ridge import KernelRidgeClassifier
from featfer.classifiers.linear import LinearClassifier
from featfer.classifiers.mlp import MLP
from featfer.classifiers.nystroem import Nystroem
from featfer.classifiers.pipeline import Pipeline
from featfer.classifiers.preprocessing import PrincipalComponents
from featfer.classifiers.svm import RBFSVM
from featfer.classifiers.wrappers.base import Wrapper
from featfer.classifiers.wrappers.blend import LEAST, Blend
from featfer.classifiers.wrappers.calibrated import SMALLEST, Calibrated, read_calibration
from featfer.classifiers.wrappers.coarse import CoarseToFine
from featfer.classifiers.wrappers.prior import PriorCorrected, weigh_classes
from featfer.classifiers.wrappers.relabelled import Relabelled
from featfer.classifiers.wrappers.views import ViewAverage
from featfer.cnn.estimator import CNN
from featfer.exporting.graph import Graph, make_refusal
from featfer.exporting.kernels import add_nystroem, add_ridge_probabilities, add_svm_scores
from featfer.exporting.networks import add_cnn_scores
from featfer.exporting.trees import add_boosted_scores, add_forest_probabilities

PIPELINES = (Pipeline, SklearnPipeline, FrozenEstimator)  # scikit-learn's: for regressors, and in bundles of older versions


def add_probabilities(graph: Graph, classifier: Any, x: str) -> str:
    """Add the predict_proba of a classifier.

    Parameters
    ----------
    graph : Graph
    classifier : object
        Fitted.
    x : str
        Name of the features, float32 (n, d).

    Returns
    -------
    str
        Name of the probabilities, float32 (n, classes).

    Raises
    ------
    ParameterError
        If this kind of classifier has no ONNX form.
    """
    add = _look_up(PROBABILITIES, classifier)
    if add:
        return add(graph, classifier, x)
    scores = _add_scores(graph, classifier, x)
    is_sigmoid = len(classifier.classes_) == 2 and not isinstance(classifier, RBFSVM)
    return graph.softmax(graph("Mul", scores, np.float32(0.5)) if is_sigmoid else scores)


def add_predictions(graph: Graph, regressor: Any, x: str) -> str:
    """Add the predict of a regressor.

    Parameters
    ----------
    graph, regressor, x
        As for `add_probabilities`.

    Returns
    -------
    str
        Name of the predictions, float32 (n, outputs).

    Raises
    ------
    ParameterError
        If this kind of regressor has no ONNX form.
    """
    x, last = _add_steps(graph, regressor, x)
    if isinstance(last, RidgeCV):
        return graph.affine(x, np.atleast_2d(last.coef_).T, np.atleast_1d(last.intercept_))
    if isinstance(last, Network):
        layers = list(zip(last.coefs_, last.intercepts_, strict=True))
        for weights, constant in layers[:-1]:
            x = graph("Relu", graph.affine(x, weights, constant))
        return graph.affine(x, *layers[-1])
    raise make_refusal(type(last).__name__, "ridge and mlp can be, and all regressors to .skops")


def _add_scores(graph: Graph, classifier: Any, x: str) -> str:
    """Add the decision_function, (n, classes); for two classes the negative score and the score."""
    if isinstance(classifier, PIPELINES):
        x, classifier = _add_steps(graph, classifier, x)
    add = _look_up(SCORES, classifier)
    if add is None:
        raise make_refusal(f"{type(classifier).__name__}, a classifier,", "those of svm, kernel-ridge, linear-svm, logistic, "
                           "nystroem, mlp, rf, boosting, lda, cnn and their blends can; knn and local-svm cannot. All can be "
                           "exported to .skops")
    return add(graph, classifier, x)


def _add_steps(graph: Graph, estimator: Any, x: str) -> tuple[str, Any]:
    """Add the steps of a pipeline before its last; return their output and the last step."""
    while isinstance(estimator, PIPELINES):
        *steps, (_, estimator) = [("", estimator.estimator)] if hasattr(estimator, "estimator") else estimator.steps
        for _, step in steps:
            x = _add_step(graph, step, x)
    return x, estimator


def _look_up(table: dict[Any, Any], estimator: Any) -> Any:
    return next((add for kind, add in table.items() if isinstance(estimator, kind)), None)


# ---- steps before a classifier ----

def _add_step(graph: Graph, step: Any, x: str) -> str:
    add = _look_up(TRANSFORMS, step)
    if add is None:
        raise make_refusal(f"{type(step).__name__}, a step before the classifier,", "export to .skops instead")
    return add(graph, step, x)


def _add_scaling(graph: Graph, step: StandardScaler, x: str) -> str:
    return graph("Div", graph("Sub", x, step.mean_.astype(np.float32)), step.scale_.astype(np.float32))


def _add_components(graph: Graph, step: PrincipalComponents, x: str) -> str:
    axes = graph.cast(step.components_, np.float32)
    axes = graph("Transpose", graph("Mul", axes, step.steps_) if hasattr(step, "steps_") else axes, perm=[1, 0])
    x = graph("MatMul", graph("Sub", x, step.mean_), axes)
    spread = np.sqrt(np.maximum(step.variances_, np.finfo(np.float32).tiny))
    return graph("Div", x, spread.astype(np.float32)) if step.whiten else x


def _add_discriminants(graph: Graph, step: LinearDiscriminantAnalysis, x: str) -> str:
    dtype = step.xbar_.dtype  # as in the original, because trees after it split between numbers that hardly differ
    x = graph("Sub", graph.cast(x, dtype), step.xbar_)
    return graph.cast(graph("MatMul", x, step.scalings_[:, :step._max_components].astype(dtype)), np.float32)


def _add_nothing(graph: Graph, step: FunctionTransformer, x: str) -> str:
    return x


def _add_union(graph: Graph, union: FeatureUnion, x: str) -> str:
    return graph("Concat", *(_add_step(graph, step, x) for _, step in union.transformer_list), axis=1)


TRANSFORMS = {
    StandardScaler: _add_scaling, PrincipalComponents: _add_components, Nystroem: add_nystroem,
    LinearDiscriminantAnalysis: _add_discriminants, FunctionTransformer: _add_nothing, FeatureUnion: _add_union,
}


# ---- classifiers with scores ----

def _add_linear(graph: Graph, model: Any, x: str) -> str:
    coef, constant = model.coef_, model.intercept_
    if len(coef) == 1:  # two classes
        coef, constant = np.concatenate([-coef, coef]), np.concatenate([-constant, constant])
    return graph.affine(x, coef.T, constant)


SCORES = {RBFSVM: add_svm_scores, (LinearDiscriminantAnalysis, LogisticRegression): _add_linear,
          HistGradientBoostingClassifier: add_boosted_scores}


# ---- classifiers with probabilities only ----

def _add_mlp(graph: Graph, mlp: MLP, x: str) -> str:
    weights = graph.cast(mlp.weights_[0], np.float32)
    weights = graph("Mul", weights, mlp.steps_) if hasattr(mlp, "steps_") else weights
    hidden = graph("Relu", graph("Add", graph("MatMul", x, weights), mlp.biases_[0]))
    return graph.softmax(graph.affine(hidden, mlp.weights_[1], mlp.biases_[1]))


def _add_linear_probabilities(graph: Graph, linear: LinearClassifier, x: str) -> str:
    return graph.softmax(graph.affine(x, linear.coef_.T, linear.intercept_))


def _add_cnn(graph: Graph, cnn: CNN, x: str) -> str:
    return graph.softmax(add_cnn_scores(graph, cnn, x))


def _add_wrapped(graph: Graph, wrapper: Wrapper, x: str) -> str:
    return add_probabilities(graph, wrapper.estimator_, x)


def _add_calibrated(graph: Graph, calibrated: Any, x: str) -> str:
    method, estimator = calibrated.method, calibrated.estimator
    slopes, constants = (numbers.astype(np.float32) for numbers in read_calibration(calibrated))
    has_scores = hasattr(estimator, "decision_function")
    found = (_add_scores if has_scores else add_probabilities)(graph, estimator, x)
    if method == "temperature":
        logits = found if has_scores else graph("Log", graph("Add", found, np.float32(SMALLEST)))
        return graph.softmax(graph("Mul", logits, slopes[0]))
    if method != "sigmoid" or len(calibrated.classes_) == 2:
        raise make_refusal(f"calibration {method!r} of {len(calibrated.classes_)} classes",
                           "train with --calibrate temperature")
    probabilities = graph("Sigmoid", graph("Neg", graph("Add", graph("Mul", found, slopes), constants)))
    return graph("Div", probabilities, graph("ReduceSum", probabilities, np.array([1]), keepdims=1))


def _add_views(graph: Graph, views: ViewAverage, x: str) -> str:
    found = add_probabilities(graph, views.estimator_, graph("Reshape", x, np.array([-1, views.size_])))
    apart = graph("Reshape", found, np.array([-1, views.averaged, len(views.classes_)]))
    return graph("ReduceMean", apart, np.array([1]), keepdims=0)


def _add_blend(graph: Graph, blend: Blend, x: str) -> str:
    found = [add_probabilities(graph, member, _add_columns(graph, x, at))
             for member, at in zip(blend.members, blend.columns, strict=True)]
    if blend.how == "stack":
        logs = graph("Log", graph("Max", graph("Concat", *found, axis=1), np.float32(LEAST)))
        return add_probabilities(graph, blend.stack_, logs)
    weights = np.ones(len(found)) if blend.weights is None else np.array(blend.weights, float)
    return graph("Sum", *(graph("Mul", member, np.float32(weight))
                          for member, weight in zip(found, weights / weights.sum(), strict=True)))


def _add_columns(graph: Graph, x: str, at: NDArray[Any] | slice) -> str:
    """Add the selection of columns of x by an index or slice; adjacent columns need no index in the file."""
    if isinstance(at, slice):
        at = np.arange(at.start or 0, at.stop)
    if np.array_equal(at, np.arange(at[0], at[-1] + 1)):
        return graph("Slice", x, np.array([at[0]]), np.array([at[-1] + 1]), np.array([1]))
    return graph("Gather", x, np.asarray(at, np.int64), axis=1)


def _add_coarse(graph: Graph, model: CoarseToFine, x: str) -> str:
    count = len(model.classes_)
    found: Any = None if model.coarse_ is None else graph(
        "MatMul", add_probabilities(graph, model.coarse_, x), np.eye(model.codes_.max() + 1, dtype=np.float32)[:, model.codes_])
    for fine in filter(None, model.fine_):
        of_fine = np.eye(count, dtype=np.float32)[fine.classes_]
        probabilities = graph.affine(add_probabilities(graph, fine, x), of_fine, 1 - of_fine.sum(axis=0))
        found = probabilities if found is None else graph("Mul", found, probabilities)
    return found


def _add_relabelled(graph: Graph, model: Relabelled, x: str) -> str:
    mapping = np.asarray(model.become)[np.asarray(model.classifier.classes_, int)]
    matrix = (mapping[:, None] == model.classes_).astype(np.float32)
    sums = graph("MatMul", add_probabilities(graph, model.classifier, x), matrix)
    return _add_normalized(graph, sums, np.full(matrix.shape[1], 1 / matrix.shape[1]))


def _add_prior(graph: Graph, model: PriorCorrected, x: str) -> str:
    prior = np.asarray(model.prior)
    weights = weigh_classes(model.assumed, prior).astype(np.float32)
    weighed = graph("Mul", add_probabilities(graph, model.estimator, x), weights)
    return _add_normalized(graph, weighed, prior / prior.sum())


def _add_normalized(graph: Graph, rows: str, otherwise: NDArray[Any]) -> str:
    """Add rows that sum to 1; those that are all 0 become the vector `otherwise`."""
    totals = graph("ReduceSum", rows, np.array([1]), keepdims=1)
    return graph("Where", graph("Greater", totals, np.float32(0)), graph("Div", rows, totals), otherwise.astype(np.float32))


def _add_pipeline(graph: Graph, pipeline: Any, x: str) -> str:
    x, last = _add_steps(graph, pipeline, x)
    return add_probabilities(graph, last, x)


PROBABILITIES = {
    PIPELINES: _add_pipeline, (Calibrated, CalibratedClassifierCV): _add_calibrated,
    ViewAverage: _add_views, Blend: _add_blend, CoarseToFine: _add_coarse, Relabelled: _add_relabelled,
    PriorCorrected: _add_prior,
    Forest: add_forest_probabilities, Wrapper: _add_wrapped, MLP: _add_mlp, LinearClassifier: _add_linear_probabilities,
    KernelRidgeClassifier: add_ridge_probabilities,
    CNN: _add_cnn,
}
