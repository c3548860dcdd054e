"""How a generator is trained, as plain data."""

from dataclasses import dataclass

from featfer.errors import ParameterError
from featfer.utils.recipes import recipe_of

SCALE = 4  # how many times as high and wide an image becomes
PRECISIONS = ("float32", "bf16")


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

    epochs: int = 30
    adversarial: int = 0
    side: int = 48
    width: int = 32
    blocks: int = 8
    batch: int = 32
    lr: float = 1e-3
    adversarial_lr: float = 2e-4
    weight: float = 1e-3
    average: float = 0.999
    precision: str = "float32"
    seed: int = 0

    def __post_init__(self):
        for name in ("width", "blocks", "batch", "lr", "adversarial_lr"):
            self._check(name, getattr(self, name) > 0, "above 0")
        for name in ("epochs", "adversarial"):
            self._check(name, getattr(self, name) >= 0, "0 or more")
        self._check("width", self.width % 2 == 0, "even")
        self._check("side", self.side >= 4 * SCALE and self.side % SCALE == 0, f"a multiple of {SCALE} from {4 * SCALE}")
        self._check("average", 0 <= self.average < 1, "a number from 0 to below 1")
        self._check("precision", self.precision in PRECISIONS, f"one of {', '.join(PRECISIONS)}")
        if not self.epochs + self.adversarial:
            raise ParameterError("recipe: epochs and adversarial are both 0: nothing to train")

    def _check(self, name, is_right, allowed):
        if not is_right:
            raise ParameterError(f"recipe: {name} {getattr(self, name)!r} is not {allowed}")


def make_recipe(**params):
    """Return a Recipe with these parameters; raise ParameterError for a name or a value that cannot be."""
    return recipe_of(Recipe, params)
