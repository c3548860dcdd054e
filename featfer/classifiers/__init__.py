"""Shallow classifiers behind scikit-learn's contract. To add one: a file, and a line in CLASSIFIERS."""

from featfer.classifiers.boosting import boosting
from featfer.classifiers.forest import forest
from featfer.classifiers.knn import knn
from featfer.classifiers.lda import lda
from featfer.classifiers.linear import linear_svm, logistic
from featfer.classifiers.local_svm import local_svm
from featfer.classifiers.mlp import MLP, mlp
from featfer.classifiers.nystroem import nystroem
from featfer.classifiers.objective import Objective
from featfer.classifiers.parameters import check_parameters
from featfer.classifiers.svm import RBFSVM, svm
from featfer.classifiers.wrappers.views import ViewAverage
from featfer.errors import ParameterError

# Functions (seed, **parameters) -> an unfitted estimator with predict_proba.
CLASSIFIERS = {
    "svm": svm, "rf": forest, "mlp": mlp, "linear-svm": linear_svm, "logistic": logistic, "nystroem": nystroem, "knn": knn,
    "lda": lda, "boosting": boosting, "local-svm": local_svm,
}

__all__ = ["CLASSIFIERS", "MLP", "RBFSVM", "Objective", "ViewAverage", "check_classifier", "forest", "make_classifier", "mlp",
           "svm"]


def make_classifier(name, seed=0, **params):
    """Return an unfitted classifier by name; raise ParameterError for a name or parameter that there is not."""
    check_classifier(name, params)
    return CLASSIFIERS[name](seed=seed, **params)


def check_classifier(name, params):
    """Raise ParameterError for a classifier, or a parameter of it (dict), that there is not."""
    if name not in CLASSIFIERS:
        raise ParameterError(f"classifier {name!r} is none of {', '.join(CLASSIFIERS)}")
    check_parameters(name, CLASSIFIERS[name], params)
