"""Trees as ONNX operators: in every step, all rows go one level down in all trees."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featfer.classifiers.forest import Forest, round_down
from featfer.exporting.graph import Graph
from featfer.typing import Integers


def add_forest_probabilities(graph: Graph, forest: Forest, x: str) -> str:
    """Add the predict_proba of a Forest.

    Parameters
    ----------
    graph : Graph
    forest : featfer.classifiers.forest.Forest
    x : str
        Name of the features, float32 (n, d).

    Returns
    -------
    str
        Name of the probabilities, float32 (n, classes).
    """
    ends = _add_descent(graph, x, [(feature, threshold, left, np.where(left > 0, right, 0))
                                 for feature, threshold, left, right in forest.trees_])
    rows = np.concatenate([np.where(left > 0, 0, right) for _, _, left, right in forest.trees_])
    probabilities = graph("Gather", forest.leaves_, graph("Gather", rows, ends))  # n x trees x classes
    return graph("ReduceMean", probabilities, np.array([1]), keepdims=0)


def add_boosted_scores(graph: Graph, boosting: Any, x: str) -> str:
    """Add the decision_function of scikit-learn's histogram gradient boosting.

    Parameters
    ----------
    graph : Graph
    boosting : sklearn.ensemble.HistGradientBoostingClassifier
    x : str
        Name of the features, float32 (n, d).

    Returns
    -------
    str
        Name of the scores, float32 (n, classes).
    """
    grown = [tree.nodes for round_ in boosting._predictors for tree in round_]
    ends = _add_descent(graph, x, [_find_steps(nodes) for nodes in grown])
    values = np.concatenate([np.where(nodes["is_leaf"], nodes["value"], 0) for nodes in grown]).astype(np.float32)
    scores = boosting.n_trees_per_iteration_
    apart = graph("Reshape", graph("Gather", values, ends), np.array([-1, len(grown) // scores, scores]))
    total = graph("Add", graph("ReduceSum", apart, np.array([1]), keepdims=0),
                  boosting._baseline_prediction.ravel().astype(np.float32))
    return total if scores > 1 else graph("Concat", graph("Neg", total), total, axis=1)


def _find_steps(nodes: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Return feature, threshold and the distances to the left and right child of a tree's nodes; 0 at leaves."""
    here, inner = np.arange(len(nodes)), ~nodes["is_leaf"].astype(bool)
    return (np.where(inner, nodes["feature_idx"], 0), round_down(np.where(inner, nodes["num_threshold"], 0)),
            np.where(inner, nodes["left"] - here, 0), np.where(inner, nodes["right"] - here, 0))


def _add_descent(graph: Graph, x: str, trees: list[tuple[NDArray[Any], ...]]) -> str:
    """Add the way of each row down all trees; return the name of the leaves, int32 (n, trees), numbered over all trees.

    trees: list of (feature, threshold, left, right), the last two as distances to the children, 0 at leaves
    """
    feature, threshold, left, right = (np.concatenate(parts) for parts in zip(*trees, strict=True))
    feature, left, right = (part.astype(np.int32) for part in (feature, left, right))
    roots = np.cumsum([0, *(len(tree[0]) for tree in trees[:-1])]).astype(np.int32)
    rows = graph("Slice", graph("Shape", x), np.array([0]), np.array([1]))
    node = graph("Expand", roots[None], graph("Concat", rows, np.array([len(trees)]), axis=0))
    for _ in range(max(_measure_depth(*tree[2:]) for tree in trees)):
        seen = graph("GatherElements", x, graph("Gather", feature, node), axis=1)
        goes_left = graph("LessOrEqual", seen, graph("Gather", threshold, node))
        step = graph("Where", goes_left, graph("Gather", left, node), graph("Gather", right, node))
        node = graph("Add", node, step)
    return node


def _measure_depth(left: Integers, right: Integers) -> int:
    """Return the number of steps from the root to the lowest leaf."""
    at, depth = np.array([0]), 0
    while len(at := at[left[at] > 0]):
        at, depth = np.concatenate([at + left[at], at + right[at]]), depth + 1
    return depth
