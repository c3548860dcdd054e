"""Preprocessing and a classifier in a row, as scikit-learn's Pipeline, which this predicts without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from featfer.utils.estimators import ClassifierMixin, Estimator, available_if

if TYPE_CHECKING:
    from sklearn import pipeline


class Pipeline(ClassifierMixin, Estimator):
    """Transformers, and a classifier of what comes out of them.

    Parameters
    ----------
    steps : list of (str, estimator)
        Their names, and they themselves; the last is the classifier. None or "passthrough" in the place of a transformer
        changes nothing.

    Notes
    -----
    scikit-learn's Pipeline of the same steps trains them, and knows their parameters by name.
    """

    def __init__(self, steps: Sequence[tuple[str, Any]]) -> None:
        self.steps = steps

    def fit(self, X: Any, y: Any, **params: Any) -> Self:
        """Fit all steps, each on what comes out of those before.

        Parameters
        ----------
        X : array_like, shape (n, d)
        y : array_like, shape (n,)
            Labels.
        **params
            Parameters of the `fit` of a step, as NAME__PARAMETER.

        Returns
        -------
        self
        """
        self.steps = self._as_sklearn().fit(X, y, **params).steps
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array_like, shape (n, d)

        Returns
        -------
        ndarray of float64, shape (n, classes)
            Columns in the order of `classes_`; rows sum to 1.
        """
        return self.steps[-1][1].predict_proba(self._transform(X))

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict the class of each row.

        Parameters
        ----------
        X : array_like, shape (n, d)

        Returns
        -------
        ndarray, shape (n,)
        """
        return self.steps[-1][1].predict(self._transform(X))

    @available_if(lambda self: hasattr(self.steps[-1][1], "decision_function"))
    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the scores of the last step, (n, classes) or (n,), for rows (n, d); only if that has scores."""
        return self.steps[-1][1].decision_function(self._transform(X))

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes of the last step."""
        return self.steps[-1][1].classes_

    @property
    def n_features_in_(self) -> int:
        """The number of columns of the first step's input."""
        return self.steps[0][1].n_features_in_

    @property
    def named_steps(self) -> Any:
        """The steps by name."""
        return self._as_sklearn().named_steps

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, at: int | str | slice) -> Any:
        """Return a step by position or name, or scikit-learn's Pipeline of a slice of them."""
        return self._as_sklearn()[at]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name (dict); with `deep`, also the steps, and their parameters as NAME__PARAMETER."""
        found = self._as_sklearn().get_params(deep)
        return {name: value for name, value in found.items() if name not in ("memory", "transform_input", "verbose")}

    def set_params(self, **params: Any) -> Self:
        """Set parameters, named as `get_params` names them; return the pipeline."""
        self.steps = self._as_sklearn().set_params(**params).steps
        return self

    def get_metadata_routing(self) -> Any:
        """Return what scikit-learn may pass to the steps, where its metadata routing is on."""
        return self._as_sklearn().get_metadata_routing()

    def __sklearn_is_fitted__(self) -> bool:
        from sklearn.utils.validation import check_is_fitted
        check_is_fitted(self.steps[-1][1])
        return True

    def __sklearn_tags__(self) -> Any:
        return self._as_sklearn().__sklearn_tags__()

    def _sk_visual_block_(self) -> Any:
        return self._as_sklearn()._sk_visual_block_()

    def _transform(self, X: Any) -> Any:
        for _, step in self.steps[:-1]:
            X = X if step in (None, "passthrough") else step.transform(X)
        return X

    def _as_sklearn(self) -> pipeline.Pipeline:
        from sklearn.pipeline import Pipeline
        return Pipeline(self.steps)


def find_fit_parameter(estimator: Any, name: str) -> str | None:
    """Find the name by which a parameter is passed to the `fit` of an estimator, or of the last step of a pipeline.

    Parameters
    ----------
    estimator : estimator
    name : str

    Returns
    -------
    str or None
        None if that `fit` has no such parameter.
    """
    from sklearn.utils.validation import has_fit_parameter
    if not isinstance(estimator, Pipeline):
        return name if has_fit_parameter(estimator, name) else None
    step, last = estimator.steps[-1]
    return f"{step}__{name}" if has_fit_parameter(last, name) else None


def make_pipeline(*steps: Any) -> Pipeline:
    """Make a Pipeline of estimators, each named by its class in small letters, as scikit-learn's function of this name.

    Parameters
    ----------
    *steps : estimator

    Returns
    -------
    Pipeline, unfitted
    """
    from sklearn.pipeline import make_pipeline
    return Pipeline(make_pipeline(*steps).steps)
