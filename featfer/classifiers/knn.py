"""k-nearest-neighbour classifier."""

from sklearn.neighbors import KNeighborsClassifier

from featfer.classifiers.pipeline import Pipeline, make_pipeline
from featfer.classifiers.preprocessing import make_preprocessing


def knn(seed: int = 0, pca: int | None = None, k: int = 30, metric: str = "cosine", weights: str = "distance") -> Pipeline:
    """Make a k-nearest-neighbour classifier behind standardisation.

    Parameters
    ----------
    seed : int
    pca : int, from 1, optional
        Keep that many principal components instead of standardising. Recommended for wide features, because the model keeps all
        training rows.
    k : int, from 1
        Number of neighbours.
    metric : str
        How the distance to a neighbour is measured: cosine, euclidean or another metric of scikit-learn.
    weights : {"distance", "uniform"}
        Whether nearer neighbours count more.

    Returns
    -------
    Pipeline, unfitted

    Notes
    -----
    Cover and Hart 1967, "Nearest neighbor pattern classification".
    """
    neighbours = KNeighborsClassifier(k, metric=metric, weights=weights, algorithm="brute")
    return make_pipeline(*make_preprocessing(pca, seed=seed), neighbours)
