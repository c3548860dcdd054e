"""Recipes: how a network is trained, as data. A recipe is a TOML file; those that ship are in the folder recipes."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from annotated_types import Ge, Le, Lt, MinLen

from featfer.cnn import shipped_recipes
from featfer.errors import ParameterError
from featfer.typing import Path as AnyPath
from featfer.utils.schemas import Fraction, NumberAbove0, NumberFrom0, Whole, WholeFrom1, check, make, read_table

AUGMENTATIONS = {
    "flip": "fraction of images that are mirrored", "rotation": "largest angle, in degrees",
    "zoom": "largest change of size, as a fraction", "shift": "largest shift, as a fraction of the side",
    "light": "largest change of contrast and brightness, as a fraction",
    "noise": "standard deviation of Gaussian noise, as a fraction of the range of grey values",
    "cutout": "fraction of images that lose a patch",
}
ADVERSARIAL = {"multiplier": 0.3, "step": 0.01, "norm": "l2"}
ADVERSARIAL_TYPES = {"multiplier": NumberFrom0, "step": NumberFrom0, "norm": Literal["l2", "infinity"]}


@dataclass(frozen=True)
class Step:
    """A part of a training, with its own optimiser and learning rate.

    Attributes
    ----------
    epochs : int
        Number of epochs.
    batch : int
        Images in a step of the optimiser.
    copies : int
        How often an epoch shows each image, each time changed at random.
    plain : int
        How many of these copies are shown unchanged.
    features : str or None
        What the step is trained on, such as "crop:96"; none for the features from which the model predicts.
    superres : str or None
        What enlarges the images before, such as "srresnet".
    optimizer : str
        The rule by which the weights are changed.
        "adam", "adamw" or "sgd".
    lr : float
        Learning rate; of a one-cycle schedule the highest.
    momentum : float
        Momentum of the optimiser sgd.
    weight_decay : float
        Weight decay of the optimiser.
    schedule : str
        How the learning rate changes in the course of the step.
    milestones : list of int
        Epochs at which the schedule "milestones" multiplies the rate by `factor`.
    factor : float
        What the schedules "milestones" and "plateau" multiply the rate by.
    patience : int
        The schedule "plateau" lowers the rate after so many epochs without a lower loss on val.
    augment : dict
        Random changes of the images, each with its amount.
    dropout : float
        Factor of the dropout rates of the network: 1.0 uses them as they are, 0.5 half of each.
    smoothing : float
        Label smoothing: the fraction of each label that is spread evenly over all classes.
    weighted : bool
        Whether every class has the same weight.
    adversarial : dict
        The adversarial neighbour loss: its multiplier, step and norm ("l2" or "infinity"); empty for none.
    stop : int
        The step ends after this many epochs without a higher accuracy on val; 0 for never.
    """

    epochs: WholeFrom1 = 30
    batch: Annotated[int, Ge(2)] = 64
    copies: WholeFrom1 = 1
    plain: Whole = 0
    features: str | None = None
    superres: str | None = None
    optimizer: Literal["adam", "adamw", "sgd"] = "adamw"
    lr: NumberAbove0 = 1e-3
    momentum: Fraction = 0.9
    weight_decay: Annotated[float, Ge(0), Lt(10)] = 0.0
    schedule: Literal["constant", "milestones", "plateau", "one-cycle"] = "one-cycle"
    milestones: Sequence[WholeFrom1] = ()
    factor: Fraction = 0.1
    patience: Whole = 10
    augment: dict[Literal[*AUGMENTATIONS], NumberFrom0] = field(default_factory=dict)  # type: ignore[valid-type]  # names are data
    dropout: Annotated[float, Ge(0), Le(1)] = 1.0
    smoothing: Fraction = 0.0
    weighted: bool = False
    adversarial: dict = field(default_factory=dict)
    stop: Whole = 0

    @property
    def input(self) -> tuple[str, str | None] | None:
        """What the step is trained on, (features, superres); None for the features from which the model predicts."""
        return (self.features, self.superres) if self.features else None


if TYPE_CHECKING:
    Steps: TypeAlias = tuple[Step, ...]
else:
    Steps = Annotated[Sequence[dict], MinLen(1)]  # the type in the file; each becomes a Step


@dataclass(frozen=True)
class Recipe:
    """The steps of a training, and what they have in common.

    Attributes
    ----------
    name : str
        What cards call it.
    steps : tuple of Step
        The parts of the training, one after the other.
    precision : str
        Number format of the computation in training.
    trainable : str
        Which layers are trained: all, or last for the classifier and the last feature layers, of torchvision's networks.
    average : float
        Decay of a moving average of the weights, which is then the result; 0 for no average.
    keep : str
        Whether the result has the weights of the "last" epoch, or of the "best" on val.
    """

    name: str
    steps: Steps
    precision: Literal["float32", "bf16"] = "float32"
    trainable: Literal["all", "last"] = "all"
    average: Fraction = 0.0
    keep: Literal["last", "best"] = "last"

    @property
    def inputs(self) -> list[tuple[str, str | None]]:
        """The different inputs of its steps, without None (list of (features, superres))."""
        return sorted({step.input for step in self.steps if step.input}, key=str)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, which `parse_recipe` reads."""
        return {**asdict(self), "steps": [asdict(step) for step in self.steps]}


def load_recipe(recipe: AnyPath, **changes: Any) -> Recipe:
    """Load a recipe.

    Parameters
    ----------
    recipe : str or Path
        The name of a recipe that ships, or a TOML file.
    **changes
        Values that replace those of the recipe, or of all its steps.

    Returns
    -------
    Recipe

    Raises
    ------
    ParameterError
        If there is no such recipe, or a key or value is not valid.
    """
    shipped = Path(str(files("featfer.cnn"))) / "recipes" / f"{recipe}.toml"
    path = shipped if os.path.isfile(shipped) else Path(recipe)
    missing = f"no such file, and none of those that ship: {', '.join(shipped_recipes())}"
    data = read_table(path, f"recipe {str(recipe)!r}", missing)
    return parse_recipe({"name": Path(str(recipe)).stem, **data}, changes)


def parse_recipe(data: Mapping[str, Any], changes: Mapping[str, Any] | None = None) -> Recipe:
    """Make a recipe from plain data.

    Parameters
    ----------
    data : dict
        Keys of a Step beside "steps" hold for all steps.
    changes : dict, optional
        As for `load_recipe`.

    Returns
    -------
    Recipe

    Raises
    ------
    ParameterError
        If a key or value is not valid.
    """
    changes, keys = changes or {}, {f.name for f in fields(Recipe)}
    recipe = {key: value for key, value in {"name": "recipe", "steps": [{}], **data, **changes}.items() if key in keys}
    common = {key: value for key, value in data.items() if key not in keys}
    overrides = {key: value for key, value in changes.items() if key not in keys}
    where = f"recipe {recipe['name']!s:.100}"
    check(Recipe, recipe, where)
    return Recipe(**{**recipe, "steps": tuple(_make_step({**common, **step, **overrides}, where) for step in recipe["steps"])})


def _make_step(values: dict[str, Any], where: str) -> Step:
    step = make(Step, values, where)
    check(ADVERSARIAL_TYPES, step.adversarial, f"{where}: adversarial")
    if step.plain > step.copies:
        raise ParameterError(f"{where}: plain {step.plain} is not at most {step.copies}, its copies")
    if step.superres and not step.features:
        raise ParameterError(f"{where}: superres {step.superres!r:.80} is not beside features, such as \"crop:96\"")
    adversarial = {**ADVERSARIAL, **step.adversarial} if step.adversarial else {}
    return replace(step, milestones=tuple(step.milestones), adversarial=adversarial)
