"""Check that the parts of a model from a safe file fit together, before it predicts anything.

To add a class to safe files: write a function (part, width, check), where `width` is the number of input columns, and add it
to TRANSFORMERS (it returns the number of output columns), CLASSIFIERS (it returns the classes) or REGRESSORS (it returns the
number of outputs).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from featfer.bundle.safe import check_classifiers, check_regressors, check_transformers, check_wrappers
from featfer.bundle.safe.check_trees import check_boosting, check_forest
from featfer.bundle.safe.part import Budget, Classes, Part
from featfer.errors import BundleError


def check_classifier(model: Any, width: int) -> Classes:
    """Check a classifier.

    Parameters
    ----------
    model : object
    width : int
        Number of feature columns.

    Returns
    -------
    ndarray of int
        Its classes.

    Raises
    ------
    BundleError
        When it is no classifier or its parts do not fit together.
    """
    return Check(Budget()).classifier(model, width)


def check_regressor(model: Any, width: int) -> int:
    """Check a regressor.

    Parameters
    ----------
    model : object
    width : int
        Number of feature columns.

    Returns
    -------
    int
        Its number of outputs.

    Raises
    ------
    BundleError
        When it is no regressor or its parts do not fit together.
    """
    return Check(Budget()).regressor(model, width)


class Check:
    """Checks models and the models within them, on one budget."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def classifier(self, model: Any, width: int) -> Classes:
        """Return the classes of a classifier over `width` columns."""
        return self._check(CLASSIFIERS, model, width)

    def regressor(self, model: Any, width: int) -> int:
        """Return the number of outputs of a regressor over `width` columns."""
        return self._check(REGRESSORS, model, width)

    def transformer(self, model: Any, width: int) -> int:
        """Return the number of output columns of a transformer over `width` columns."""
        return self._check(TRANSFORMERS, model, width)

    def _check(self, checks: Mapping[str, Callable[..., Any]], model: Any, width: int) -> Any:
        name = f"{type(model).__module__}.{type(model).__qualname__}"
        if name not in checks:
            raise BundleError(f"holds parts that do not fit together: a {type(model).__name__} where another belongs")
        return checks[name](Part(model, self._budget), width, self)


TRANSFORMERS: Mapping[str, Callable[..., int]] = {
    "sklearn.preprocessing._data.StandardScaler": check_transformers.check_scaler,
    "sklearn.preprocessing._function_transformer.FunctionTransformer": check_transformers.check_function_transformer,
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": check_transformers.check_lda,
    "sklearn.pipeline.FeatureUnion": check_transformers.check_union,
    "featfer.classifiers.preprocessing.PrincipalComponents": check_transformers.check_components,
    "featfer.classifiers.nystroem.Nystroem": check_transformers.check_nystroem,
}
CLASSIFIERS: Mapping[str, Callable[..., Classes]] = {
    "sklearn.pipeline.Pipeline": check_classifiers.check_pipeline,
    "featfer.classifiers.pipeline.Pipeline": check_classifiers.check_pipeline,
    "sklearn.linear_model._logistic.LogisticRegression": check_classifiers.check_sklearn_linear,
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": check_classifiers.check_sklearn_linear,
    "sklearn.neighbors._classification.KNeighborsClassifier": check_classifiers.check_knn,
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier": check_boosting,
    "sklearn.frozen._frozen.FrozenEstimator": check_wrappers.check_estimator,
    "sklearn.calibration.CalibratedClassifierCV": check_wrappers.check_calibrated_cv,
    "featfer.classifiers.linear.MultinomialLogistic": check_classifiers.check_linear,
    "featfer.classifiers.linear.LinearSVM": check_classifiers.check_linear,
    "featfer.classifiers.svm.RBFSVM": check_classifiers.check_svm,
    "featfer.classifiers.kernel_ridge.KernelRidgeClassifier": check_classifiers.check_kernel_ridge,
    "featfer.classifiers.mlp.MLP": check_classifiers.check_mlp,
    "featfer.classifiers.forest.Forest": check_forest,
    "featfer.classifiers.local_svm.LocalSVM": check_classifiers.check_local_svm,
    "featfer.classifiers.wrappers.balance.Balanced": check_wrappers.check_fitted_estimator,
    "featfer.classifiers.wrappers.soft.SoftLabels": check_wrappers.check_fitted_estimator,
    "featfer.classifiers.wrappers.coarse.CoarseToFine": check_wrappers.check_coarse,
    "featfer.classifiers.wrappers.blend.Blend": check_wrappers.check_blend,
    "featfer.classifiers.wrappers.relabelled.Relabelled": check_wrappers.check_relabelled,
    "featfer.classifiers.wrappers.views.ViewAverage": check_wrappers.check_views,
    "featfer.classifiers.wrappers.prior.PriorCorrected": check_wrappers.check_prior,
    "featfer.classifiers.wrappers.calibrated.Calibrated": check_wrappers.check_calibrated,
    "featfer.classifiers.wrappers.calibrated.PrecomputedPredictions": check_wrappers.check_precomputed,
    "featfer.cnn.estimator.CNN": check_classifiers.check_cnn,
}
REGRESSORS: Mapping[str, Callable[..., int]] = {
    "sklearn.pipeline.Pipeline": check_regressors.check_pipeline,
    "sklearn.linear_model._ridge.RidgeCV": check_regressors.check_ridge,
    "sklearn.multioutput.MultiOutputRegressor": check_regressors.check_multi_output,
    "sklearn.svm._classes.SVR": check_regressors.check_svr,
    "featfer.affect.regressors.Network": check_regressors.check_mlp,
}
