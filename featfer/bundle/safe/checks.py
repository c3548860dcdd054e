"""Whether the parts of a model from a plain file fit together, held against what its answers ask for before any is given.

To add a class that may stand in such files: a function (part, width of what it is given, check) -> what it gives, and a line
in TRANSFORMERS (the width of what comes out), CLASSIFIERS (the classes) or REGRESSORS (how many outputs).
"""

from featfer.bundle.safe import around_others, of_classes, of_columns, of_numbers
from featfer.bundle.safe.parts import Budget, Part
from featfer.bundle.safe.trees import check_boosting, check_forest
from featfer.errors import BundleError


def check_classifier(model, width):
    """Return the classes (int array) that a classifier over so many columns knows; raise BundleError where it is none, or its
    parts do not fit together."""
    return Check(Budget()).classifier(model, width)


def check_regressor(model, width):
    """Return how many outputs a regressor over so many columns has; raise BundleError as `check_classifier` does."""
    return Check(Budget()).regressor(model, width)


class Check:
    """Checks models, and the models in them."""

    def __init__(self, budget):
        self._budget = budget

    def classifier(self, model, width):
        return self._checked(CLASSIFIERS, model, width)

    def regressor(self, model, width):
        return self._checked(REGRESSORS, model, width)

    def transformer(self, model, width):
        return self._checked(TRANSFORMERS, model, width)

    def _checked(self, known, model, width):
        name = f"{type(model).__module__}.{type(model).__qualname__}"
        if name not in known:
            raise BundleError(f"holds parts that do not fit together: a {type(model).__name__} where another belongs")
        return known[name](Part(model, self._budget), width, self)


TRANSFORMERS = {
    "sklearn.preprocessing._data.StandardScaler": of_columns.scaler,
    "sklearn.preprocessing._function_transformer.FunctionTransformer": of_columns.unchanged,
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": of_columns.projection,
    "sklearn.pipeline.FeatureUnion": of_columns.union,
    "featfer.classifiers.preprocessing.PrincipalComponents": of_columns.components,
    "featfer.classifiers.nystroem.Nystroem": of_columns.nystroem,
}
CLASSIFIERS = {
    "sklearn.pipeline.Pipeline": of_classes.pipeline,
    "sklearn.linear_model._logistic.LogisticRegression": of_classes.linear,
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": of_classes.linear,
    "sklearn.neighbors._classification.KNeighborsClassifier": of_classes.neighbours,
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier": check_boosting,
    "sklearn.frozen._frozen.FrozenEstimator": around_others.around("estimator"),
    "sklearn.calibration.CalibratedClassifierCV": around_others.calibrated_by_sklearn,
    "featfer.classifiers.linear.MultinomialLogistic": of_classes.linear_of_ours,
    "featfer.classifiers.linear.LinearSVM": of_classes.linear_of_ours,
    "featfer.classifiers.svm.RBFSVM": of_classes.svm,
    "featfer.classifiers.mlp.MLP": of_classes.mlp,
    "featfer.classifiers.forest.Forest": check_forest,
    "featfer.classifiers.local_svm.LocalSVM": of_classes.local_svm,
    "featfer.classifiers.wrappers.balance.Balanced": around_others.around("estimator_"),
    "featfer.classifiers.wrappers.soft.SoftLabels": around_others.around("estimator_"),
    "featfer.classifiers.wrappers.coarse.CoarseToFine": around_others.coarse,
    "featfer.classifiers.wrappers.blend.Blend": around_others.blend,
    "featfer.classifiers.wrappers.relabelled.Relabelled": around_others.relabelled,
    "featfer.classifiers.wrappers.views.ViewAverage": around_others.views,
    "featfer.classifiers.wrappers.calibrated.Calibrated": around_others.calibrated,
    "featfer.classifiers.wrappers.calibrated.PrecomputedPredictions": around_others.answers,
    "featfer.cnn.estimator.CNN": of_classes.network,
}
REGRESSORS = {
    "sklearn.pipeline.Pipeline": of_numbers.regressing_pipeline,
    "sklearn.linear_model._ridge.RidgeCV": of_numbers.ridge,
    "sklearn.multioutput.MultiOutputRegressor": of_numbers.several,
    "sklearn.svm._classes.SVR": of_numbers.svr,
    "featfer.affect.regressors.Network": of_numbers.perceptron,
}
