"""Shallow classifiers with scikit-learn's interface. To add one: a file, and a line in CLASSIFIERS."""

from featfer.errors import ParameterError
from featfer.utils.registry import Registry

# Functions (seed, **parameters) that return an unfitted estimator with predict_proba.
CLASSIFIERS = Registry({
    "svm": "featfer.classifiers.svm:svm",
    "rf": "featfer.classifiers.forest:forest",
    "mlp": "featfer.classifiers.mlp:mlp",
    "linear-svm": "featfer.classifiers.linear:linear_svm",
    "logistic": "featfer.classifiers.linear:logistic",
    "nystroem": "featfer.classifiers.nystroem:nystroem",
    "knn": "featfer.classifiers.knn:knn",
    "lda": "featfer.classifiers.lda:lda",
    "boosting": "featfer.classifiers.boosting:boosting",
    "local-svm": "featfer.classifiers.local_svm:local_svm",
})
_CLASSES = Registry({
    "MLP": "featfer.classifiers.mlp:MLP",
    "RBFSVM": "featfer.classifiers.svm:RBFSVM",
    "Objective": "featfer.classifiers.objective:Objective",
    "ViewAverage": "featfer.classifiers.wrappers.views:ViewAverage",
})

__all__ = ["CLASSIFIERS", "check_classifier", "make_classifier", *_CLASSES]


def __getattr__(name):
    return _CLASSES.attribute(__name__, name)


def make_classifier(name, seed=0, **params):
    """Make an unfitted classifier by name.

    Parameters
    ----------
    name : str
        A name in CLASSIFIERS.
    seed : int
    **params
        Parameters of the classifier.

    Returns
    -------
    estimator

    Raises
    ------
    ParameterError
        If there is no such classifier or parameter.
    """
    check_classifier(name, params)
    return CLASSIFIERS[name](seed=seed, **params)


def check_classifier(name, params):
    """Raise ParameterError if there is no such classifier, or it has no such parameter.

    Parameters
    ----------
    name : str
    params : dict
    """
    from featfer.classifiers.parameters import check_parameters
    if name not in CLASSIFIERS:
        raise ParameterError(f"classifier {name!r} is none of {', '.join(CLASSIFIERS)}")
    check_parameters(name, CLASSIFIERS[name], params)
