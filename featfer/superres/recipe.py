"""How a generator is trained, as plain data."""

from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, MultipleOf

from featfer.errors import ParameterError
from featfer.superres.generators import PRECISIONS, SCALE
from featfer.utils.schemas import Fraction, NumberAbove0, NumberFrom0, Whole, WholeFrom1, check, make


@dataclass(frozen=True)
class Recipe:
    """How a generator is trained.

    epochs: without the adversarial part, by the mean squared error alone (SRResNet); adversarial: epochs with it, after those
    (SRGAN)
    side: of the true images, in pixels; their small ones have a quarter of it
    width, blocks: of the generator, see featfer.superres.network
    batch: pairs at a time; lr: highest rate of Adam (Kingma and Ba 2015), one cycle (Smith and Topin 2018)
    adversarial_lr: of generator and discriminator together; weight: of the adversarial loss, beside the squared error of
    values in [-1, 1]
    average: decay of the moving average of the weights, which is what is kept
    precision: "float32" or "bf16"; seed: of all that is drawn
    """

    epochs: Whole = 30
    adversarial: Whole = 0
    side: Annotated[int, MultipleOf(SCALE), Ge(4 * SCALE)] = 48
    width: Annotated[int, MultipleOf(2), Ge(2)] = 32
    blocks: WholeFrom1 = 8
    batch: WholeFrom1 = 32
    lr: NumberAbove0 = 1e-3
    adversarial_lr: NumberAbove0 = 2e-4
    weight: NumberFrom0 = 1e-3
    average: Fraction = 0.999
    precision: Literal[PRECISIONS] = "float32"
    seed: int = 0

    def __post_init__(self):
        check(Recipe, vars(self), "recipe")
        if not self.epochs + self.adversarial:
            raise ParameterError("recipe: epochs and adversarial are both 0: nothing to train")


def make_recipe(**params):
    """Return a Recipe with these parameters; raise ParameterError for a name or a value that cannot be."""
    return make(Recipe, params, "recipe")
