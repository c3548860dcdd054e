"""A random forest whose trees take little room."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from featfer.classifiers.intelex import import_fastest
from featfer.classifiers.pipeline import Pipeline, make_pipeline
from featfer.classifiers.preprocessing import check_two_classes, make_preprocessing
from featfer.typing import Floats, Integers
from featfer.utils.estimators import LikeliestClassMixin
from featfer.utils.progress import bar

TREES_AT_ONCE = 10


class Forest(LikeliestClassMixin, BaseEstimator):
    """Random forest.

    scikit-learn grows the trees, or scikit-learn-intelex where it is installed. Each tree is kept as four arrays of its nodes:
    about 3 bytes a node when compressed, where scikit-learn's own trees take 10.

    Parameters
    ----------
    trees : int, from 1
        Number of trees.
    max_features : {"sqrt", "log2"}, int or float
        Number, or fraction, of the columns tried at each split; sqrt and log2 are functions of the number of columns.
    min_samples_leaf : int or float
        Least number, or fraction, of rows in a leaf.
    min_weight_fraction_leaf : float, from 0 to 0.5
        Least fraction of the total weight in a leaf.
    class_weight : dict or "balanced", optional
        Weights by the number of the label; "balanced" lets every class count alike, however rare.
    random_state : int, optional

    Attributes
    ----------
    classes_ : ndarray, shape (classes,)
    leaves_ : ndarray of float32, shape (leaves, classes)
        The distinct class probabilities of all leaves.
    trees_ : list of tuple (feature, threshold, left, right)
        Arrays with an entry for each node. `left` and `right` are the distances to the children. A leaf has 0 in `left` and its
        row of `leaves_` in `right`.

    Notes
    -----
    Breiman 2001, "Random forests".
    """

    def __init__(self, trees: int = 150, max_features: str | int | float = "sqrt", min_samples_leaf: int | float = 1,
                 min_weight_fraction_leaf: float = 0.0, class_weight: dict[Any, float] | str | None = None,
                 random_state: int | None = None) -> None:
        self.trees = trees
        self.max_features = max_features
        self.min_samples_leaf = min_samples_leaf
        self.min_weight_fraction_leaf = min_weight_fraction_leaf
        self.class_weight = class_weight
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Grow the trees.

        Parameters
        ----------
        X : array_like of float, shape (n, d)
        y : array_like, shape (n,)
            Labels.
        sample_weight : array_like, shape (n,), optional
            Weights of the rows, 0 or more.

        Returns
        -------
        self
        """
        X, y = validate_data(self, X, y, dtype=np.float32)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        check_two_classes(self.classes_)
        rng = check_random_state(self.random_state)
        grow = import_fastest("sklearn.ensemble", "RandomForestClassifier")
        grown: list[Any] = []
        with bar(total=self.trees, desc="growing forest", unit=" trees") as shown:
            while len(grown) < self.trees:
                count = min(TREES_AT_ONCE, self.trees - len(grown))
                forest = grow(count, max_features=self.max_features, min_samples_leaf=self.min_samples_leaf,
                              min_weight_fraction_leaf=self.min_weight_fraction_leaf, class_weight=self.class_weight,
                              random_state=rng.randint(2**31 - 1), n_jobs=-1).fit(X, y, sample_weight)
                grown += [tree.tree_ for tree in forest.estimators_]
                shown.update(count)
        self._keep(grown)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array_like, shape (n, d)

        Returns
        -------
        ndarray of float64, shape (n, classes)
            Columns in the order of `classes_`; rows sum to 1.
            Means over the trees' leaves.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        total = np.zeros((len(X), len(self.classes_)))
        for tree in self.trees_:
            total += self.leaves_[_descend(X, *tree)]
        return total / len(self.trees_)

    def _keep(self, grown: list[Any]) -> None:
        """Set `trees_` and `leaves_` from scikit-learn's trees."""
        leaves_of_trees = [tree.value[tree.children_left < 0, 0] for tree in grown]
        values = np.concatenate(leaves_of_trees)
        probabilities = (values / values.sum(axis=1, keepdims=True)).astype(np.float32)
        self.leaves_, rows = np.unique(probabilities, axis=0, return_inverse=True)
        rows_of_trees = np.split(rows.ravel(), np.cumsum([len(leaves) for leaves in leaves_of_trees])[:-1])
        self.trees_ = [_compact(tree, leaf_rows) for tree, leaf_rows in zip(grown, rows_of_trees, strict=True)]


def _compact(tree: Any, leaf_rows: Integers) -> tuple[NDArray[Any], ...]:
    """Return the (feature, threshold, left, right) arrays of a scikit-learn tree."""
    is_leaf = tree.children_left < 0
    here = np.arange(tree.node_count)
    left = np.where(is_leaf, 0, tree.children_left - here).astype(np.int32)
    right = (tree.children_right - here).astype(np.int32)
    right[is_leaf] = leaf_rows
    feature = np.where(is_leaf, 0, tree.feature).astype(np.uint16)
    return feature, round_down(np.where(is_leaf, 0, tree.threshold)), left, right


def round_down(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Convert numbers to float32 without making any of them greater.

    A float32 feature is then below a threshold exactly where it was below the threshold in float64.

    Parameters
    ----------
    values : ndarray of float64

    Returns
    -------
    ndarray of float32, same shape
    """
    rounded = values.astype(np.float32)
    return np.where(rounded > values, np.nextafter(rounded, np.float32(-np.inf)), rounded)


def _descend(X: Floats, feature: Integers, threshold: Floats, left: Integers, right: Integers) -> Integers:
    """Return the row of `leaves_` in which each row of X ends."""
    node = np.zeros(len(X), np.int64)
    inner = np.arange(len(X))[left[node] > 0]
    while len(inner):
        here = node[inner]
        goes_left = X[inner, feature[here]] <= threshold[here]
        node[inner] = here + np.where(goes_left, left[here], right[here])
        inner = inner[left[node[inner]] > 0]
    return right[node]


def forest(seed: int = 0, pca: int | None = None, discriminants: bool = True, **params: Any) -> Pipeline:
    """Make a random forest.

    Parameters
    ----------
    seed : int
    pca : int, from 1, optional
        Keep that many principal components first.
    discriminants : bool
        Add the axes of a linear discriminant analysis as columns. A tree splits one column at a time, and the classes of a face
        embedding are not separated along any single one of its columns.
    **params
        Parameters of `Forest`.

    Returns
    -------
    Pipeline, unfitted
    """
    steps = make_preprocessing(pca, scale=False, seed=seed)
    if discriminants:
        steps.append(FeatureUnion([("features", FunctionTransformer()), ("lda", LinearDiscriminantAnalysis())]))
    return make_pipeline(*steps, Forest(random_state=seed, **params))
