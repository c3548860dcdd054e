"""Convolutional networks, and how they are trained: recipes as data, one trainer, one scikit-learn estimator."""

from pathlib import Path
from typing import Any

from featfer.utils.registry import Registry

_NAMES = Registry({
    "CNN": "featfer.cnn.estimator:CNN",
    "Recipe": "featfer.cnn.recipe:Recipe",
    "Step": "featfer.cnn.recipe:Step",
    "load_recipe": "featfer.cnn.recipe:load_recipe",
})

__all__ = ["shipped_recipes", *_NAMES]


def __getattr__(name: str) -> Any:
    return _NAMES.attribute(__name__, name)


def shipped_recipes() -> list[str]:
    """List the recipes that ship.

    Returns
    -------
    list of str
        Their names, in alphabetical order, as `load_recipe` takes them.
    """
    return sorted(file.stem for file in Path(__file__).with_name("recipes").iterdir())
