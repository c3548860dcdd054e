"""Fine-tuning of dlib's face network for expressions: the result is a backbone, whose stages are features."""

from featfer.finetuning.recipe import Recipe, make_recipe
from featfer.finetuning.run import finetune

__all__ = ["Recipe", "finetune", "make_recipe"]
