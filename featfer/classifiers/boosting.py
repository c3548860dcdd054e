"""Gradient-boosted trees on binned features."""

from typing import Any

from sklearn.ensemble import HistGradientBoostingClassifier

from featfer.classifiers.pipeline import Pipeline, make_pipeline
from featfer.classifiers.preprocessing import make_preprocessing


def boosting(seed: int = 0, pca: int | None = None, max_iter: int = 300, learning_rate: float = 0.1, max_leaf_nodes: int = 15,
             early_stopping: bool = True, **params: Any) -> Pipeline:
    """Make a gradient-boosting classifier on binned features.

    Parameters
    ----------
    seed : int
    pca : int, from 1, optional
        Keep that many principal components first.
    max_iter : int, from 1
        Boosting rounds, each with a tree for every class; with `early_stopping` there may be fewer.
    learning_rate : float, above 0
        Contribution of each tree.
    max_leaf_nodes : int, from 2
        Most leaves of a tree.
    early_stopping : bool
        Stop when a held-out tenth of the training rows gains no more. Every class needs some rows there.
    **params
        Other parameters of scikit-learn's `HistGradientBoostingClassifier`.

    Returns
    -------
    Pipeline, unfitted

    Notes
    -----
    Ke et al. 2017, "LightGBM: A highly efficient gradient boosting decision tree".
    """
    trees = HistGradientBoostingClassifier(max_iter=max_iter, learning_rate=learning_rate, max_leaf_nodes=max_leaf_nodes,
                                           early_stopping=early_stopping, random_state=seed, **params)
    return make_pipeline(*make_preprocessing(pca, scale=False, seed=seed), trees)
