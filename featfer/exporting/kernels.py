"""Kernel machines as ONNX operators."""

import numpy as np

from featfer.classifiers.kernel_ridge import LEAST_ESTIMATE, KernelRidgeClassifier
from featfer.classifiers.nystroem import Nystroem
from featfer.classifiers.svm import RBFSVM, sum_votes
from featfer.exporting.graph import Graph


def add_nystroem(graph: Graph, step: Nystroem, x: str) -> str:
    """Add the transform of a Nystroem kernel.

    Parameters
    ----------
    graph : Graph
    step : Nystroem
        Fitted.
    x : str
        Name of the features, float32 (n, d).

    Returns
    -------
    str
        Name of the columns, float32 (n, columns).
    """
    return graph("MatMul", _add_kernel(graph, x, graph.cast(step.points_, np.float32), step.gamma_), step.axes_)


def add_svm_scores(graph: Graph, svm: RBFSVM, x: str) -> str:
    """Add the votes of an SVM for each class, as `add_nystroem` adds its columns; return their name."""
    votes = graph("Clip", _add_kernel_sum(graph, svm, x), np.float32(-1), np.float32(1))
    return graph("MatMul", votes, sum_votes(np.eye(len(svm.intercept_)), len(svm.classes_)).astype(np.float32))


def add_ridge_probabilities(graph: Graph, ridge: KernelRidgeClassifier, x: str) -> str:
    """Add the probabilities of a kernel ridge regression, as `add_nystroem` adds its columns; return their name."""
    estimates = graph("Max", _add_kernel_sum(graph, ridge, x), np.float32(LEAST_ESTIMATE))
    return graph("Div", estimates, graph("ReduceSum", estimates, np.array([1]), keepdims=1))


def _add_kernel_sum(graph: Graph, machine: RBFSVM | KernelRidgeClassifier, x: str) -> str:
    support = graph.cast(machine.support_vectors_, np.float32)
    if machine.support_vectors_.dtype == np.int8:
        support = graph("Mul", support, machine.steps_)
    return graph.affine(_add_kernel(graph, x, support, machine.gamma_), machine.coef_, machine.intercept_)


def _add_kernel(graph: Graph, x: str, points: str, gamma: float) -> str:
    """Add exp(-gamma |x - z|^2) for points z, the name of an array (m, d)."""
    squares, lengths = (graph("ReduceSum", graph("Mul", rows, rows), np.array([1]), keepdims=1) for rows in (x, points))
    products = graph("MatMul", x, graph("Transpose", points, perm=[1, 0]))
    squares = graph("Add", squares, graph("Transpose", lengths, perm=[1, 0]))
    distances = graph("Sub", squares, graph("Mul", products, np.float32(2)))
    return graph("Exp", graph("Mul", graph("Relu", distances), np.float32(-gamma)))
