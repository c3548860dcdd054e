"""Gradient-boosted trees on binned features."""

from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline

from featfer.classifiers.preprocessing import make_preprocessing


def boosting(seed=0, pca=None, max_iter=300, learning_rate=0.1, max_leaf_nodes=15, early_stopping=True, **params):
    """Return scikit-learn's histogram gradient boosting (Ke et al. 2017), after pca principal components where given.

    max_iter: rounds, a tree a class each; with early_stopping fewer, where a tenth of the training rows, held out, gains no
    more: it needs some of each class there
    learning_rate: of each tree; max_leaf_nodes: of a tree; params: the others of HistGradientBoostingClassifier
    """
    trees = HistGradientBoostingClassifier(max_iter=max_iter, learning_rate=learning_rate, max_leaf_nodes=max_leaf_nodes,
                                           early_stopping=early_stopping, random_state=seed, **params)
    return make_pipeline(*make_preprocessing(pca, scale=False, seed=seed), trees)
