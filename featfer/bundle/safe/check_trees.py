"""Checks of trees read from a safe file: every node leads to later nodes that exist, so that every path ends."""

from __future__ import annotations

import numpy as np

from featfer.bundle.safe.part import Classes, Part
from featfer.typing import Integers, Mask


def check_forest(part: Part, width: int, _: object) -> Classes:
    """Check a `featfer.classifiers.forest.Forest`; return its classes."""
    classes = part.get_classes()
    leaves = part.get_array("leaves_", (None, len(classes)), low=0, high=1)
    part.check(np.allclose(leaves.sum(axis=1), 1, atol=1e-3), "leaves_ do not sum to 1")
    for tree in part.get_list("trees_"):
        part.check(type(tree) is tuple and len(tree) == 4, "a tree is not of four arrays")
        for array, (name, kinds) in zip(tree, _ARRAYS, strict=True):
            part.check_array(array, f"a tree's {name}", np.shape(tree[0]), kinds)
        feature, left, right = (tree[i].astype(np.int64) for i in (0, 2, 3))
        part.check(feature.ndim == 1 and feature.size, "a tree has no nodes")
        is_leaf = left == 0
        _check_nodes(part, is_leaf, np.arange(len(left)) + left, np.arange(len(left)) + right, feature, width)
        ends = right[is_leaf]
        part.check((ends >= 0).all() and (ends < len(leaves)).all(), "a tree has leaves that there are not")
    return classes


_ARRAYS = (("feature", "iu"), ("threshold", "f"), ("left", "iu"), ("right", "iu"))


def check_boosting(part: Part, width: int, _: object) -> Classes:
    """Check a HistGradientBoostingClassifier of scikit-learn; return its classes."""
    classes = part.get_classes()
    count = 1 if len(classes) == 2 else len(classes)
    part.check_absent("_preprocessor", "_in_fit", "is_categorical_", "_is_categorical_remapped")
    part.check(part.get_integer("n_trees_per_iteration_", 1) == count, "it has not as many trees a round as it has classes")
    part.check(part.get_array("_baseline_prediction", (1, count)).dtype == np.float64, "_baseline_prediction is not float64")
    _check_bins_and_loss(part, width, count)
    for trees in part.get_list("_predictors"):
        part.check(type(trees) is list and len(trees) == count, "a round has not as many trees as there are classes")
        for tree in trees:
            _check_predictor(part.get_part(tree, "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"), width)
    return classes


def _check_bins_and_loss(part: Part, width: int, count: int) -> None:
    """Check that no column is categorical, and that the loss is that of `count` scores."""
    bins = part.get_part(part.get("_bin_mapper"), "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper")
    part.check(bins.get_array("is_categorical_", (width,), "u").dtype == np.uint8, "is_categorical_ is not uint8")
    part.check(not bins.get("is_categorical_").any(), "it has columns of categories")
    loss = part.get_part(part.get("_loss"), f"sklearn._loss.loss.Half{'Binomial' if count == 1 else 'Multinomial'}Loss")
    part.get_part(loss.get("link"), *(f"sklearn._loss.link.{name}" for name in (
        ("HalfLogitLink", "LogitLink") if count == 1 else ("MultinomialLogit",))))


def _check_predictor(tree: Part, width: int) -> None:
    from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE
    nodes = tree.get("nodes")
    tree.check(type(nodes) is np.ndarray and nodes.dtype == PREDICTOR_RECORD_DTYPE and nodes.ndim == 1 and nodes.size
               and nodes.flags.aligned, "nodes are none")
    tree.budget.take(nodes.nbytes)
    for key in ("raw_left_cat_bitsets", "binned_left_cat_bitsets"):
        tree.check(tree.get_array(key, (None, 8), "u", high=2**32).dtype == np.uint32, f"{key} are not uint32")
    is_leaf, inner = nodes["is_leaf"] != 0, nodes[nodes["is_leaf"] == 0]
    _check_nodes(tree, is_leaf, nodes["left"].astype(np.int64), nodes["right"].astype(np.int64),
                 nodes["feature_idx"].astype(np.int64), width)
    tree.check(not inner["is_categorical"].any(), "a node asks for a category")
    tree.check(not np.isnan(inner["num_threshold"]).any(), "a threshold is no number")
    tree.check_array(nodes["value"][is_leaf], "the values of leaves", (None,))


def _check_nodes(part: Part, is_leaf: Mask, left: Integers, right: Integers, feature: Integers, width: int) -> None:
    """Raise BundleError when an inner node leads to an earlier or missing node, or splits a missing column.

    left, right: positions of the children, int (nodes,)
    """
    position, count = np.arange(len(is_leaf)), len(is_leaf)
    for children in (left, right):
        leads_forward = (children > position) & (children < count)
        part.check((leads_forward | is_leaf).all(), "a node leads to none behind it")
    part.check((((feature >= 0) & (feature < width)) | is_leaf).all(), "a node asks for a column that there is not")
