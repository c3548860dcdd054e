"""What featfer's own scikit-learn transformers have in common."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
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
        return tags


class ListTransformer(StatelessTransformer):
    """A transformer whose output is a list of objects, which no data frame has cells for.

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
        """Return the transformer unchanged: its output is a list, whatever that of the other steps of a pipeline is."""
        return self
