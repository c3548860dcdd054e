"""Nearest neighbours: the labels of the training faces most like a face."""

from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from featfer.classifiers.preprocessing import make_preprocessing


def knn(seed=0, pca=None, k=30, metric="cosine", weights="distance"):
    """Return scaling, or pca principal components, and scikit-learn's k-nearest-neighbour classifier (Cover and Hart 1967).

    k: neighbours; metric: "cosine", "euclidean" or another of scikit-learn's
    weights: "distance", the nearer counts more, or "uniform". The training rows are kept: for wide features give pca.
    """
    neighbours = KNeighborsClassifier(k, metric=metric, weights=weights, algorithm="brute")
    return make_pipeline(*make_preprocessing(pca, seed=seed), neighbours)
