"""A random forest that keeps its trees small."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from featfer.classifiers.intelex import fastest
from featfer.classifiers.preprocessing import check_several, make_preprocessing
from featfer.utils.progress import bar

TREES_AT_ONCE = 10


class Forest(ClassifierMixin, BaseEstimator):
    """Random forest (Breiman 2001).

    The trees are grown by scikit-learn, or by Intel's twin of it where scikit-learn-intelex is installed. What is kept is
    our own: each tree as four arrays of its nodes, some 3 bytes a node when compressed where scikit-learn's take 10.

    trees: how many; max_features: tried at each split
    min_samples_leaf, min_weight_fraction_leaf: least samples, and least share of the weight, in a leaf
    class_weight: None, "balanced" or {class: weight}; random_state: seed

    Learnt: classes_; trees_, a list of (feature, threshold, left, right), where a leaf has left 0 and its row of leaves_
    in right, and other nodes have the distances to their children; leaves_ (rows, classes), probabilities.
    """

    def __init__(self, trees=150, max_features="sqrt", min_samples_leaf=1, min_weight_fraction_leaf=0.0, class_weight=None,
                 random_state=None):
        self.trees = trees
        self.max_features = max_features
        self.min_samples_leaf = min_samples_leaf
        self.min_weight_fraction_leaf = min_weight_fraction_leaf
        self.class_weight = class_weight
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):
        """Fit features (n, d) and labels (n,); sample_weight: (n,), 0 or more, how much each row counts, None for all alike."""
        X, y = validate_data(self, X, y, dtype=np.float32)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        check_several(self.classes_)
        draw = check_random_state(self.random_state)
        grow = fastest("sklearn.ensemble", "RandomForestClassifier")
        grown = []
        with bar(total=self.trees, desc="growing forest", unit=" trees") as shown:
            while len(grown) < self.trees:
                count = min(TREES_AT_ONCE, self.trees - len(grown))
                forest = grow(count, max_features=self.max_features, min_samples_leaf=self.min_samples_leaf,
                              min_weight_fraction_leaf=self.min_weight_fraction_leaf, class_weight=self.class_weight,
                              random_state=draw.randint(2**31 - 1), n_jobs=-1).fit(X, y, sample_weight)
                grown += [tree.tree_ for tree in forest.estimators_]
                shown.update(count)
        self._keep(grown)
        return self

    def predict_proba(self, X):
        """Return the probability of each class, (n, classes): the mean over the trees' leaves."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        total = np.zeros((len(X), len(self.classes_)))
        for tree in self.trees_:
            total += self.leaves_[_descend(X, *tree)]
        return total / len(self.trees_)

    def predict(self, X):
        """Return the likeliest class of each row, (n,)."""
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def _keep(self, grown):
        """Set trees_ and leaves_ from scikit-learn's trees."""
        at_leaves = [tree.value[tree.children_left < 0, 0] for tree in grown]
        shares = np.concatenate(at_leaves)
        shares = (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
        self.leaves_, which = np.unique(shares, axis=0, return_inverse=True)
        which = np.split(which.ravel(), np.cumsum([len(leaves) for leaves in at_leaves])[:-1])
        self.trees_ = [_compact(tree, rows) for tree, rows in zip(grown, which, strict=True)]


def _compact(tree, leaf_rows):
    """Return (feature, threshold, left, right) of a tree's nodes."""
    is_leaf = tree.children_left < 0
    here = np.arange(tree.node_count)
    left = np.where(is_leaf, 0, tree.children_left - here).astype(np.int32)
    right = (tree.children_right - here).astype(np.int32)
    right[is_leaf] = leaf_rows
    feature = np.where(is_leaf, 0, tree.feature).astype(np.uint16)
    return feature, rounded_down(np.where(is_leaf, 0, tree.threshold)), left, right


def rounded_down(values):
    """Return values as float32, none of them greater: a float32 is then below a threshold as it was in float64."""
    rounded = values.astype(np.float32)
    return np.where(rounded > values, np.nextafter(rounded, np.float32(-np.inf)), rounded)


def _descend(X, feature, threshold, left, right):
    """Return the row of leaves_ that each row of X ends in."""
    node = np.zeros(len(X), np.int64)
    inner = np.arange(len(X))[left[node] > 0]
    while len(inner):
        at = node[inner]
        goes_left = X[inner, feature[at]] <= threshold[at]
        node[inner] = at + np.where(goes_left, left[at], right[at])
        inner = inner[left[node[inner]] > 0]
    return right[node]


def forest(seed=0, pca=None, discriminants=True, **params):
    """Return a Forest with these parameters, after pca principal components where given.

    discriminants: let the trees see the axes of a linear discriminant analysis too, as further columns: a tree cuts along
    one column at a time, and the classes of an embedding lie along none of them.
    """
    steps = make_preprocessing(pca, scale=False, seed=seed)
    if discriminants:
        steps.append(FeatureUnion([("features", FunctionTransformer()), ("lda", LinearDiscriminantAnalysis())]))
    return make_pipeline(*steps, Forest(random_state=seed, **params))
