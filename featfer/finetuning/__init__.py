"""Fine-tuning: dlib's face network trained on for expression, as a backbone whose stages feed the same classifiers."""

from featfer.finetuning.recipe import Recipe, make_recipe
from featfer.finetuning.run import finetune

__all__ = ["Recipe", "finetune", "make_recipe"]
