"""Linear discriminant analysis with a shrunken covariance."""

from typing import Any

from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from featfer.classifiers.pipeline import Pipeline, make_pipeline
from featfer.classifiers.preprocessing import make_preprocessing


def lda(seed: int = 0, pca: int | None = None, shrinkage: float | str = "auto", **params: Any) -> Pipeline:
    """Make a linear discriminant analysis behind standardisation.

    Parameters
    ----------
    seed : int
    pca : int, from 1, optional
        Keep that many principal components instead of standardising. Recommended for wide features, because the model keeps a
        covariance matrix (columns x columns).
    shrinkage : float, from 0 to 1, or "auto"
        How much the covariance is shrunk towards a multiple of the identity; "auto" chooses it by Ledoit and Wolf
        (2004).
    **params
        Other parameters of scikit-learn's `LinearDiscriminantAnalysis`.

    Returns
    -------
    Pipeline, unfitted

    Notes
    -----
    Fisher 1936, "The use of multiple measurements in taxonomic problems".
    """
    return make_pipeline(*make_preprocessing(pca, scale=pca is None, seed=seed),
                         LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage, **params))
