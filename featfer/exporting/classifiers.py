"""Fitted classifiers and regressors as ONNX operators, a function for each kind."""

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression as OfStack
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from featfer.affect.regressors import Network
from featfer.classifiers.forest import Forest
from featfer.classifiers.linear import LinearClassifier
from featfer.classifiers.mlp import MLP
from featfer.classifiers.nystroem import Nystroem
from featfer.classifiers.preprocessing import PrincipalComponents
from featfer.classifiers.svm import RBFSVM, sum_votes
from featfer.classifiers.wrappers.base import Wrapper
from featfer.classifiers.wrappers.blend import LEAST, Blend
from featfer.classifiers.wrappers.calibrated import Calibrated
from featfer.classifiers.wrappers.coarse import CoarseToFine
from featfer.classifiers.wrappers.relabelled import Relabelled
from featfer.classifiers.wrappers.views import ViewAverage
from featfer.cnn.estimator import CNN
from featfer.exporting.graph import cannot
from featfer.exporting.networks import cnn_scores
from featfer.exporting.trees import boosted_scores, forest_shares

SMALLEST = np.float32(1e-12)  # what scikit-learn adds to probabilities before it takes their logarithm


def probabilities(graph, classifier, x):
    """Add what a classifier's predict_proba computes; return its name, float32 (n, classes).

    x: the name of the features, float32 (n, d). Raises ParameterError for a kind that has no ONNX form.
    """
    add = _of(PROBABILITIES, classifier)
    if add:
        return add(graph, classifier, x)
    scores = _scores(graph, classifier, x)
    two = len(classifier.classes_) == 2 and not isinstance(classifier, RBFSVM)  # those make a sigmoid of their score
    return graph.softmax(graph("Mul", scores, np.float32(0.5)) if two else scores)


def predictions(graph, regressor, x):
    """Add what a regressor's predict computes; return its name, float32 (n, outputs)."""
    x, last = _through(graph, regressor, x)
    if isinstance(last, RidgeCV):
        return graph.affine(x, np.atleast_2d(last.coef_).T, np.atleast_1d(last.intercept_))
    if isinstance(last, Network):
        layers = list(zip(last.coefs_, last.intercepts_, strict=True))
        for weights, constant in layers[:-1]:
            x = graph("Relu", graph.affine(x, weights, constant))
        return graph.affine(x, *layers[-1])
    raise cannot(type(last).__name__, "ridge and mlp can be, and all regressors to .skops")


def _scores(graph, classifier, x):
    """Add what decision_function computes, (n, classes); of two classes the second's score, behind its negative."""
    if isinstance(classifier, (Pipeline, FrozenEstimator)):
        x, classifier = _through(graph, classifier, x)
    add = _of(SCORES, classifier)
    if add is None:
        raise cannot(f"{type(classifier).__name__}, a classifier,", "those of svm, linear-svm, logistic, nystroem, mlp, rf, "
                     "boosting, lda, cnn and their blends can; knn and local-svm cannot. All can be exported to .skops")
    return add(graph, classifier, x)


def _through(graph, estimator, x):
    """Add the steps of a pipeline before its last; return (what comes out of them, the last step)."""
    while isinstance(estimator, (Pipeline, FrozenEstimator)):
        if isinstance(estimator, Pipeline):
            for _, step in estimator.steps[:-1]:
                x = _transformed(graph, step, x)
        estimator = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator.estimator
    return x, estimator


def _of(table, estimator):
    return next((add for kind, add in table.items() if isinstance(estimator, kind)), None)


# ---- what stands before a classifier ----

def _transformed(graph, step, x):
    add = _of(TRANSFORMS, step)
    if add is None:
        raise cannot(f"{type(step).__name__}, a step before the classifier,", "export to .skops instead")
    return add(graph, step, x)


def _standardized(graph, step, x):
    return graph("Div", graph("Sub", x, step.mean_.astype(np.float32)), step.scale_.astype(np.float32))


def _components(graph, step, x):
    axes = graph("Transpose", graph.cast(step.components_, np.float32), perm=[1, 0])
    x = graph("MatMul", graph("Sub", x, step.mean_), axes)
    spread = np.sqrt(np.maximum(step.variances_, np.finfo(np.float32).tiny))
    return graph("Div", x, spread.astype(np.float32)) if step.whiten else x


def _kernel(graph, x, points, gamma):
    """Add exp(-gamma |x - z|^2) for points z (the name of an array (m, d))."""
    squares, lengths = (graph("ReduceSum", graph("Mul", rows, rows), np.array([1]), keepdims=1) for rows in (x, points))
    products = graph("MatMul", x, graph("Transpose", points, perm=[1, 0]))
    squares = graph("Add", squares, graph("Transpose", lengths, perm=[1, 0]))
    distances = graph("Sub", squares, graph("Mul", products, np.float32(2)))
    return graph("Exp", graph("Mul", graph("Relu", distances), np.float32(-gamma)))


def _nystroem(graph, step, x):
    return graph("MatMul", _kernel(graph, x, graph.cast(step.points_, np.float32), step.gamma_), step.axes_)


def _discriminants(graph, step, x):
    dtype = step.xbar_.dtype  # as in the original: trees that stand behind it cut between numbers that hardly differ
    x = graph("Sub", graph.cast(x, dtype), step.xbar_)
    return graph.cast(graph("MatMul", x, step.scalings_[:, :step._max_components].astype(dtype)), np.float32)


TRANSFORMS = {
    StandardScaler: _standardized, PrincipalComponents: _components, Nystroem: _nystroem,
    LinearDiscriminantAnalysis: _discriminants,
    FunctionTransformer: lambda graph, step, x: x,
    FeatureUnion: lambda graph, union, x: graph(
        "Concat", *(_transformed(graph, step, x) for _, step in union.transformer_list), axis=1),
}


# ---- classifiers that have scores ----

def _svm(graph, svm, x):
    support = graph.cast(svm.support_vectors_, np.float32)
    if svm.support_vectors_.dtype == np.int8:
        support = graph("Mul", support, svm.steps_)
    margins = graph.affine(_kernel(graph, x, support, svm.gamma_), svm.coef_, svm.intercept_)
    votes = graph("Clip", margins, np.float32(-1), np.float32(1))
    return graph("MatMul", votes, sum_votes(np.eye(len(svm.intercept_)), len(svm.classes_)).astype(np.float32))


def _linear(graph, model, x):
    coef, constant = model.coef_, model.intercept_
    if len(coef) == 1:  # two classes
        coef, constant = np.concatenate([-coef, coef]), np.concatenate([-constant, constant])
    return graph.affine(x, coef.T, constant)


def _mlp(graph, mlp, x):
    hidden = graph("Relu", graph.affine(x, mlp.weights_[0], mlp.biases_[0]))
    return graph.affine(hidden, mlp.weights_[1], mlp.biases_[1])


SCORES = {RBFSVM: _svm, (LinearDiscriminantAnalysis, OfStack): _linear, HistGradientBoostingClassifier: boosted_scores}


# ---- classifiers that have probabilities alone ----

def _calibrated(graph, calibrated, x):
    is_own, method = isinstance(calibrated, Calibrated), calibrated.method
    [inner] = (calibrated.calibrator_ if is_own else calibrated).calibrated_classifiers_
    estimator = calibrated.estimator if is_own else inner.estimator  # of a bundle of before
    has_scores = hasattr(estimator, "decision_function")
    found = (_scores if has_scores else probabilities)(graph, estimator, x)
    if method == "temperature":
        logits = found if has_scores else graph("Log", graph("Add", found, SMALLEST))
        return graph.softmax(graph("Mul", logits, np.float32(inner.calibrators[0].beta_)))
    if method != "sigmoid" or len(inner.classes) == 2:
        raise cannot(f"calibration {method!r} of {len(inner.classes)} classes", "train with --calibrate temperature")
    slopes, constants = (np.array([getattr(c, name) for c in inner.calibrators], np.float32) for name in ("a_", "b_"))
    shares = graph("Sigmoid", graph("Neg", graph("Add", graph("Mul", found, slopes), constants)))
    return graph("Div", shares, graph("ReduceSum", shares, np.array([1]), keepdims=1))


def _views(graph, views, x):
    found = probabilities(graph, views.estimator_, graph("Reshape", x, np.array([-1, views.size_])))
    apart = graph("Reshape", found, np.array([-1, views.averaged, len(views.classes_)]))
    return graph("ReduceMean", apart, np.array([1]), keepdims=0)


def _blend(graph, blend, x):
    found = [probabilities(graph, member, _columns(graph, x, at))
             for member, at in zip(blend.members, blend.columns, strict=True)]
    if blend.how == "stack":
        logs = graph("Log", graph("Max", graph("Concat", *found, axis=1), np.float32(LEAST)))
        return probabilities(graph, blend.stack_, logs)
    weights = np.ones(len(found)) if blend.weights is None else np.array(blend.weights, float)
    return graph("Sum", *(graph("Mul", member, np.float32(weight))
                          for member, weight in zip(found, weights / weights.sum(), strict=True)))


def _columns(graph, x, at):
    """Add the choice of some columns of x; at: an index or slice. Those that follow each other need no index in the file."""
    if isinstance(at, slice):
        at = np.arange(at.start or 0, at.stop)
    if np.array_equal(at, np.arange(at[0], at[-1] + 1)):
        return graph("Slice", x, np.array([at[0]]), np.array([at[-1] + 1]), np.array([1]))
    return graph("Gather", x, np.asarray(at, np.int64), axis=1)


def _coarse(graph, model, x):
    count = len(model.classes_)
    found = None if model.coarse_ is None else graph(
        "MatMul", probabilities(graph, model.coarse_, x), np.eye(model.codes_.max() + 1, dtype=np.float32)[:, model.codes_])
    for fine in filter(None, model.fine_):
        of_fine = np.eye(count, dtype=np.float32)[fine.classes_]
        shares = graph.affine(probabilities(graph, fine, x), of_fine, 1 - of_fine.sum(axis=0))
        found = shares if found is None else graph("Mul", found, shares)
    return found


def _relabelled(graph, model, x):
    become = np.asarray(model.become)[np.asarray(model.classifier.classes_, int)]
    kept = (become[:, None] == model.classes_).astype(np.float32)
    sums = graph("MatMul", probabilities(graph, model.classifier, x), kept)
    return graph("Div", sums, graph("ReduceSum", sums, np.array([1]), keepdims=1))


def _within(graph, pipeline, x):
    x, last = _through(graph, pipeline, x)
    return probabilities(graph, last, x)


PROBABILITIES = {
    (Pipeline, FrozenEstimator): _within, (Calibrated, CalibratedClassifierCV): _calibrated, ViewAverage: _views, Blend: _blend,
    CoarseToFine: _coarse, Relabelled: _relabelled, Forest: forest_shares,
    Wrapper: lambda graph, around, x: probabilities(graph, around.estimator_, x),
    MLP: lambda graph, mlp, x: graph.softmax(_mlp(graph, mlp, x)),
    LinearClassifier: lambda graph, linear, x: graph.softmax(graph.affine(x, linear.coef_.T, linear.intercept_)),
    CNN: lambda graph, cnn, x: graph.softmax(cnn_scores(graph, cnn, x)),
}
