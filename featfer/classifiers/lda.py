"""Linear discriminant analysis with a shrunken covariance."""

from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline

from featfer.classifiers.preprocessing import make_preprocessing


def lda(seed=0, pca=None, shrinkage="auto", **params):
    """Return scikit-learn's linear discriminant analysis (Fisher 1936), after pca principal components where given.

    shrinkage: share in [0, 1] that the covariance is drawn towards its diagonal's mean; "auto" as Ledoit and Wolf (2004) say.
    The model keeps a covariance, columns x columns: for wide features give pca.
    """
    return make_pipeline(*make_preprocessing(pca, scale=pca is None, seed=seed),
                         LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage, **params))
