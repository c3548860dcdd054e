"""How a generator is trained, as plain data."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from annotated_types import Ge, MultipleOf

from featfer.errors import ParameterError
from featfer.superres.generators import PRECISIONS, SCALE
from featfer.utils.schemas import Fraction, NumberAbove0, NumberFrom0, Whole, WholeFrom1, check, make


@dataclass(frozen=True)
class Recipe:
    """How a generator is trained.

    Attributes
    ----------
    epochs : int
        Epochs with the mean squared error alone (SRResNet).
    adversarial : int
        Epochs after these, with a discriminator too (SRGAN).
    side : int
        Side of the original faces, in pixels; the small ones have a quarter of it.
    width : int
        Channels of the generator, see featfer.superres.network.
    blocks : int
        Residual blocks of the generator.
    batch : int
        Pairs in a step of the optimiser.
    lr : float
        Highest rate of Adam, in one cycle.
    adversarial_lr : float
        Rate of generator and discriminator in adversarial epochs.
    weight : float
        Weight of the adversarial loss, beside the squared error of values in [-1, 1].
    average : float
        Decay of the moving average of the weights, which is the result.
    precision : str
        Number format of the computation in training.
    seed : int
        Seed of all random numbers.

    References
    ----------
    Adam: Kingma and Ba 2015. One cycle: Smith and Topin 2018.
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
    precision: Literal[PRECISIONS] = "float32"  # type: ignore[valid-type]  # one list of them
    seed: int = 0

    def __post_init__(self) -> None:
        check(Recipe, vars(self), "recipe")
        if not self.epochs + self.adversarial:
            raise ParameterError("recipe: epochs and adversarial are both 0: nothing to train")


def make_recipe(**params: Any) -> Recipe:
    """Make a Recipe.

    Parameters
    ----------
    **params
        Fields of Recipe.

    Returns
    -------
    Recipe

    Raises
    ------
    ParameterError
        If a name or a value is not valid.
    """
    return make(Recipe, params, "recipe")
