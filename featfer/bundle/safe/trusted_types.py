"""The classes that a safe file may name. All others are refused, even harmless ones."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from featfer._compat import old_name
from featfer.errors import BundleError

_OURS = """
recognizer.Recognizer affect.recognizer.AffectRecognizer labels.LabelSet
classifiers.forest.Forest classifiers.kernel_ridge.KernelRidgeClassifier classifiers.linear.LinearSVM
classifiers.linear.MultinomialLogistic classifiers.local_svm.LocalSVM
classifiers.mlp.MLP classifiers.novelty.Novelty classifiers.nystroem.Nystroem classifiers.pipeline.Pipeline
classifiers.preprocessing.PrincipalComponents classifiers.svm.RBFSVM
classifiers.wrappers.balance.Balanced classifiers.wrappers.blend.Blend classifiers.wrappers.calibrated.PrecomputedPredictions
classifiers.wrappers.calibrated.Calibrated classifiers.wrappers.coarse.CoarseToFine
classifiers.wrappers.prior.PriorCorrected classifiers.wrappers.relabelled.Relabelled
classifiers.wrappers.soft.SoftLabels classifiers.wrappers.views.ViewAverage
cnn.estimator.CNN affect.regressors.Network
"""
_OF_SKLEARN = """
calibration.CalibratedClassifierCV calibration._CalibratedClassifier calibration._SigmoidCalibration
calibration._TemperatureScaling discriminant_analysis.LinearDiscriminantAnalysis
ensemble._hist_gradient_boosting.binning._BinMapper
ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier
ensemble._hist_gradient_boosting.predictor.TreePredictor frozen._frozen.FrozenEstimator
linear_model._logistic.LogisticRegression linear_model._ridge.RidgeCV multioutput.MultiOutputRegressor
neighbors._classification.KNeighborsClassifier neural_network._stochastic_optimizers.AdamOptimizer
pipeline.FeatureUnion pipeline.Pipeline preprocessing._data.StandardScaler
preprocessing._function_transformer.FunctionTransformer preprocessing._label.LabelBinarizer
preprocessing._label.LabelEncoder svm._classes.SVR
_loss._loss.CyHalfBinomialLoss _loss._loss.CyHalfMultinomialLoss _loss.link.Interval _loss.link.LogitLink
_loss.link.HalfLogitLink _loss.link.MultinomialLogit _loss.loss.HalfBinomialLoss _loss.loss.HalfMultinomialLoss
"""

_NAMES = [*(f"featfer.{name}" for name in _OURS.split()), *(f"sklearn.{name}" for name in _OF_SKLEARN.split())]

# Full names of the classes, today's and those of earlier versions.
CLASSES = frozenset([*_NAMES, *map(old_name, _NAMES)])


def check_class(name: str) -> None:
    """Raise BundleError when a safe file may not hold objects of a class.

    Parameters
    ----------
    name : str
        Full name of the class.
    """
    if name not in CLASSES:
        raise BundleError(f"names {name!r}, which is not among what a recognizer is made of; nothing of it was run")


def make_empty(name: str) -> Any:
    """Create an object of one of CLASSES without any state.

    Parameters
    ----------
    name : str
        Full name of the class.

    Returns
    -------
    object
    """
    check_class(name)
    module, _, name = name.rpartition(".")
    kind = getattr(import_module(module), name)
    return kind.__new__(kind)
