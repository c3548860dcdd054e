"""What featfer's own scikit-learn transformers have in common."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn import get_config
from sklearn.base import BaseEstimator, TransformerMixin


class StatelessTransformer(TransformerMixin, BaseEstimator):
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

    output_name = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(auto_wrap_output_keys=None, **options)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the name of the output, an object array (1,)."""
        return np.array([self.output_name], object)

    def set_output(self, *, transform: str | None = None) -> Self:
        """Set the kind of output, "default", "pandas" or "polars", as scikit-learn does; None leaves it as it is."""
        if transform is not None:
            self._sklearn_output_config = {"transform": transform}  # `clone` copies the attribute of this name
        return self

    def keep_index(self, items: list[Any], X: Any) -> Any:
        """Return a list, or where the input `X` has an index that is to be kept, a Series of what is in it."""
        kind = getattr(self, "_sklearn_output_config", {}).get("transform") or get_config()["transform_output"]
        if kind != "pandas" or not hasattr(X, "iloc"):
            return items
        import pandas
        return pandas.Series(np.fromiter(items, object, len(items)), X.index, name=self.output_name)
