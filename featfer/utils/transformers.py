"""What featfer's own scikit-learn transformers have in common."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from featfer.utils.estimators import Estimator


class TransformerMixin:
    """What makes an estimator a transformer, as scikit-learn's mixin of the same name; subclasses have `transform`."""

    _sklearn_auto_wrap_output_keys = {"transform"}  # what scikit-learn looks at, as in its own transformers

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "transform" in vars(cls) and cls._sklearn_auto_wrap_output_keys:
            cls.transform = _in_container(vars(cls)["transform"])  # type: ignore[attr-defined]

    def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> Any:
        """Fit to some rows, and return them transformed; the parameters are those of `fit`."""
        fitted: Any = self.fit(X, y, **fit_params)  # type: ignore[attr-defined]
        return fitted.transform(X)

    def set_output(self, *, transform: str | None = None) -> Self:
        """Set the kind of output, "default", "pandas" or "polars", as scikit-learn does; None leaves it as it is."""
        if transform is not None:
            self._sklearn_output_config = {"transform": transform}  # `clone` copies the attribute of this name
        return self

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import TransformerTags
        tags = super().__sklearn_tags__()  # type: ignore[misc]  # a mixin: an estimator comes after it
        tags.transformer_tags = TransformerTags()
        return tags


def _in_container(transform: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `transform` whose output is of the kind that was set, for one transformer or in scikit-learn's configuration."""
    @wraps(transform)
    def transform_into(self: Any, X: Any, *args: Any, **kwargs: Any) -> Any:
        found = transform(self, X, *args, **kwargs)
        if "sklearn" not in sys.modules and not hasattr(self, "_sklearn_output_config"):
            return found  # nobody can have asked for another kind
        from sklearn.utils._set_output import _wrap_data_with_container
        return _wrap_data_with_container("transform", found, X, self)
    return transform_into


class StatelessTransformer(TransformerMixin, Estimator):
    """A transformer of images or faces that learns nothing; subclasses have `transform`."""

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Return the transformer unchanged: there is nothing to fit."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags


class ListTransformer(StatelessTransformer):
    """A transformer whose output is a list of objects.

    Where data frames of pandas are asked for (`set_output(transform="pandas")`) and the input has an index, the output is a
    Series of the objects with this index, so that it is the index of what later steps of a pipeline make of them.

    Attributes
    ----------
    output_name : str
        What one of them is called.
    """

    _sklearn_auto_wrap_output_keys: set[str] = set()  # it makes the Series itself
    output_name = ""

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the name of the output, an object array (1,)."""
        return np.array([self.output_name], object)

    def keep_index(self, items: list[Any], X: Any) -> Any:
        """Return a list, or where the input `X` has an index that is to be kept, a Series of what is in it."""
        if not hasattr(X, "iloc"):
            return items
        from sklearn import get_config
        kind = getattr(self, "_sklearn_output_config", {}).get("transform") or get_config()["transform_output"]
        if kind != "pandas":
            return items
        import pandas
        return pandas.Series(np.fromiter(items, object, len(items)), X.index, name=self.output_name)
