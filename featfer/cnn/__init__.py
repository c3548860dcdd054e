"""Convolutional networks, and how they are trained: recipes as data, one loop, one estimator."""

from featfer.cnn.estimator import CNN
from featfer.cnn.recipe import Recipe, Step, load_recipe, shipped_recipes

__all__ = ["CNN", "Recipe", "Step", "load_recipe", "shipped_recipes"]
