"""What featfer's own scikit-learn estimators have in common.

They follow scikit-learn's protocol without inheriting from its classes: importing scikit-learn takes longer than predicting a
photo. It is imported when one of its functions is used: to train, clone, tag, or read rows that are not plain arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from inspect import Parameter, signature
from types import MethodType
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from featfer.typing import Floats

FEW = 4  # rows, such as two views of two faces


class Estimator:
    """An estimator whose parameters are those of its `__init__`, as scikit-learn's BaseEstimator has them."""

    @classmethod
    def _get_param_names(cls) -> list[str]:
        """Return the names of the parameters in order; scikit-learn calls it by this name."""
        parameters = list(signature(cls.__init__).parameters.values())[1:]
        return sorted(one.name for one in parameters if one.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name (dict); with `deep`, also those of parameters that are estimators, as NAME__THEIRS."""
        found = {name: getattr(self, name) for name in self._get_param_names()}
        if deep:
            inner = {name: value.get_params() for name, value in found.items()
                     if hasattr(value, "get_params") and not isinstance(value, type)}
            found |= {f"{name}__{theirs}": value for name, params in inner.items() for theirs, value in params.items()}
        return found

    def set_params(self, **params: Any) -> Self:
        """Set parameters, named as `get_params` names them; return the estimator."""
        from sklearn.base import BaseEstimator
        return BaseEstimator.set_params(self, **params)

    def get_metadata_routing(self) -> Any:
        """Return what scikit-learn may pass to `fit` and `score` beside rows and labels, where its metadata routing is on."""
        from sklearn.utils.metadata_routing import MetadataRequest, get_routing_for_object
        if "_metadata_request" in vars(self):
            return get_routing_for_object(self._metadata_request)  # a copy
        asked = MetadataRequest(owner=self)
        for method in ("fit", "score"):
            parameters = list(signature(getattr(self, method)).parameters.values())[2:] if hasattr(self, method) else []
            for name in (one.name for one in parameters if one.kind != Parameter.VAR_KEYWORD):
                getattr(asked, method).add_request(param=name, alias=None)
        return asked

    def set_fit_request(self, **asked: bool | str | None) -> Self:
        """Set which parameters of `fit` scikit-learn passes on, as `set_fit_request` of its own estimators does."""
        return self._request("fit", asked)

    def set_score_request(self, **asked: bool | str | None) -> Self:
        """Set which parameters of `score` scikit-learn passes on, as `set_score_request` of its own estimators does."""
        return self._request("score", asked)

    def _request(self, method: str, asked: dict[str, Any]) -> Self:
        found = self.get_metadata_routing()
        for name, alias in asked.items():
            if name not in getattr(found, method).requests:
                raise TypeError(f"{type(self).__name__}.{method} has no parameter {name!r} that could be passed on")
            getattr(found, method).add_request(param=name, alias=alias)
        self._metadata_request = found  # `clone` copies the attribute of this name
        return self

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import Tags, TargetTags
        return Tags(estimator_type=None, target_tags=TargetTags(required=False))

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __repr__(self) -> str:
        """Return the parameters that are not the defaults, in words."""
        defaults = {name: repr(one.default) for name, one in signature(type(self).__init__).parameters.items()}
        shown = {name: repr(value) for name, value in self.get_params(deep=False).items()}
        return f"{type(self).__name__}({', '.join(f'{name}={text}' for name, text in shown.items() if text != defaults[name])})"

    def _repr_html_(self) -> str:
        from sklearn.utils import estimator_html_repr
        return estimator_html_repr(self)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}


class ClassifierMixin:
    """What makes an estimator a classifier, as scikit-learn's mixin of the same name."""

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of rows whose class is predicted.

        Parameters
        ----------
        X : array_like, shape (n, d)
        y : array_like, shape (n,)
        sample_weight : array_like of float, shape (n,), optional

        Returns
        -------
        float
        """
        from sklearn.metrics import accuracy_score
        return accuracy_score(y, self.predict(X), sample_weight=sample_weight)  # type: ignore[attr-defined]  # subclasses have it

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags
        tags = super().__sklearn_tags__()  # type: ignore[misc]  # a mixin: an estimator comes after it
        tags.estimator_type, tags.classifier_tags, tags.target_tags.required = "classifier", ClassifierTags(), True
        return tags


class LikeliestClassMixin(ClassifierMixin):
    """Predicts the class with the highest probability; subclasses have `predict_proba` and `classes_`."""

    predict_proba: Any
    classes_: Any

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict the likeliest class of each row.

        Parameters
        ----------
        X : array_like, shape (n, d)

        Returns
        -------
        ndarray, shape (n,)
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]


class available_if:
    """Decorates a method that only some objects of its class have, as scikit-learn's decorator of the same name.

    Parameters
    ----------
    has : callable
        Says of an object whether it has the method.
    """

    def __init__(self, has: Callable[[Any], bool]) -> None:
        self._has = has

    def __call__(self, method: Callable[..., Any]) -> Any:
        self._method = method
        return update_wrapper(self, method)

    def __get__(self, one: Any, kind: type) -> Any:
        if one is not None and not self._has(one):
            raise AttributeError(f"this {kind.__name__} has no {self._method.__name__}")
        return self._method if one is None else MethodType(self._method, one)


def softmax(scores: NDArray[Any]) -> NDArray[Any]:
    """Return probabilities for scores (n, classes): their exponentials, in rows that sum to 1; the same type and shape."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def multiply(rows: Floats, matrix: Floats) -> Floats:
    """Return the product of rows (n, d) and a matrix (d, m): (n, m).

    Notes
    -----
    That of a few rows is computed on one thread. It takes as long as on several by BLAS, whose threads wait for each other,
    which makes it a hundred times slower while other programs keep the processor busy.
    """
    return np.einsum("ij,jk->ik", rows, matrix) if len(rows) <= FEW else rows @ matrix


def are_plain_rows(X: Any, *dtypes: DTypeLike) -> bool:
    """Say whether rows need no validation: an array (n, d) of one of some types, n from 1, without nan or infinity (bool)."""
    return type(X) is np.ndarray and X.ndim == 2 and X.dtype in dtypes and len(X) > 0 and bool(np.isfinite(X).all())


def read_rows(estimator: Any, X: Any, *dtypes: DTypeLike) -> Floats:
    """Read the rows for which a fitted estimator predicts.

    Parameters
    ----------
    estimator : estimator
    X : array_like, shape (n, d)
    *dtypes : dtype
        Rows of another type are converted to the first; without any, they keep theirs.

    Returns
    -------
    ndarray of float, shape (n, d)
        As scikit-learn's `validate_data` returns it; that is imported only for rows that are not plain.

    Raises
    ------
    ValueError, TypeError
        As scikit-learn's `check_is_fitted` and `validate_data`.
    """
    learnt = vars(estimator)
    if (are_plain_rows(X, *(dtypes or (np.float32, np.float64))) and X.shape[1] == learnt.get("n_features_in_")
            and "feature_names_in_" not in learnt):
        return X
    from sklearn.utils.validation import check_is_fitted, validate_data
    check_is_fitted(estimator)
    return validate_data(estimator, X, dtype=list(dtypes) or "numeric", reset=False)


def require_fitted(estimator: Any) -> None:
    """Raise scikit-learn's NotFittedError unless an estimator has learnt something, which ends in `_`."""
    if not any(name.endswith("_") and not name.startswith("__") for name in vars(estimator)):
        from sklearn.utils.validation import check_is_fitted
        check_is_fitted(estimator)
