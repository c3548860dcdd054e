"""Recipes: how a network is trained, as data. A recipe is a TOML file; those that ship are in the folder recipes."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Le, Lt, MinLen

from featfer.cnn import shipped_recipes
from featfer.errors import ParameterError
from featfer.utils.schemas import Fraction, NumberAbove0, NumberFrom0, Whole, WholeFrom1, check, make, read_table

AUGMENTATIONS = {
    "flip": "share mirrored", "rotation": "degrees at most, either way", "zoom": "share of the size, either way",
    "shift": "share of the side, either way", "light": "share of contrast and brightness, either way",
    "noise": "standard deviation of Gaussian noise, of the range of grey values", "cutout": "share that lose a patch",
}
ADVERSARIAL = {"multiplier": 0.3, "step": 0.01, "norm": "l2"}
ADVERSARIAL_TYPES = {"multiplier": NumberFrom0, "step": NumberFrom0, "norm": Literal["l2", "infinity"]}


@dataclass(frozen=True)
class Step:
    """A part of a training, with an optimiser and a rate of its own.

    epochs; batch: images at a time; copies: how often an epoch shows each image, every time changed anew; plain: how many of
    these show it as it is
    features: what it is trained on ("crop:96"), where that is not what the model is to predict from; superres: by what the
    images are enlarged before, "srresnet" for instance
    optimizer; lr: its rate, the highest of a one-cycle schedule; momentum: of sgd; weight_decay
    schedule: of the rate; at milestones (epochs), or after `patience` epochs without a better loss on val (plateau;
    Keras's ReduceLROnPlateau), the rate is multiplied by factor
    augment: names of AUGMENTATIONS and how far each goes
    dropout: how much of the network's dropout is in force: 1.0 is all of it, 0.5 half of each layer's share
    smoothing: of the labels; weighted: weigh each class by how rare it is
    adversarial: multiplier, step and norm ("l2" or "infinity") of the loss on the adversarial neighbour; empty: none
    stop: end the step after so many epochs without a better accuracy on val; 0: never
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
    augment: dict[Literal[*AUGMENTATIONS], NumberFrom0] = field(default_factory=dict)
    dropout: Annotated[float, Ge(0), Le(1)] = 1.0
    smoothing: Fraction = 0.0
    weighted: bool = False
    adversarial: dict = field(default_factory=dict)
    stop: Whole = 0

    @property
    def input(self):
        """What it is trained on: (features, superres), None for what the model is to predict from."""
        return (self.features, self.superres) if self.features else None


@dataclass(frozen=True)
class Recipe:
    """Steps that follow each other, and what they share.

    name; steps: tuple of Step; precision: "float32" or "bf16"; trainable: "all", or "last" for the classifier and the last
    feature layers; average: decay of a moving average of the weights, which is then what is kept, 0: none
    keep: the weights of the "last" epoch, or of the "best" on val
    """

    name: str
    steps: Annotated[Sequence[dict], MinLen(1)]  # as it is read; each is made a Step then
    precision: Literal["float32", "bf16"] = "float32"
    trainable: Literal["all", "last"] = "all"
    average: Fraction = 0.0
    keep: Literal["last", "best"] = "last"

    @property
    def inputs(self):
        """The `input` of its steps, each once, without None (list)."""
        return sorted({step.input for step in self.steps if step.input}, key=str)

    def as_dict(self):
        """Return it as plain data; what `plain_recipe` reads."""
        return {**asdict(self), "steps": [asdict(step) for step in self.steps]}


def load_recipe(recipe, **changes):
    """Return the Recipe in a TOML file, or the one that ships under this name; changes: of the recipe or of all its steps.

    Raises ParameterError for a recipe that is not there, and for names and values that cannot be.
    """
    shipped = files("featfer.cnn") / "recipes" / f"{recipe}.toml"
    path = shipped if os.path.isfile(shipped) else Path(recipe)
    missing = f"no such file, and none of those that ship: {', '.join(shipped_recipes())}"
    data = read_table(path, f"recipe {str(recipe)!r}", missing)
    return plain_recipe({"name": Path(str(recipe)).stem, **data}, changes)


def plain_recipe(data, changes=None):
    """Return the Recipe in plain data; what stands beside the steps in it, and is theirs, holds for all of them."""
    changes, own = changes or {}, {f.name for f in fields(Recipe)}
    recipe = {key: value for key, value in {"name": "recipe", "steps": [{}], **data, **changes}.items() if key in own}
    common = {key: value for key, value in data.items() if key not in own}
    later = {key: value for key, value in changes.items() if key not in own}
    where = f"recipe {recipe['name']!s:.100}"
    check(Recipe, recipe, where)
    return Recipe(**{**recipe, "steps": tuple(_step({**common, **step, **later}, where) for step in recipe["steps"])})


def _step(values, where):
    step = make(Step, values, where)
    check(ADVERSARIAL_TYPES, step.adversarial, f"{where}: adversarial")
    if step.plain > step.copies:
        raise ParameterError(f"{where}: plain {step.plain} is not at most {step.copies}, its copies")
    if step.superres and not step.features:
        raise ParameterError(f"{where}: superres {step.superres!r:.80} is not beside features, such as \"crop:96\"")
    adversarial = {**ADVERSARIAL, **step.adversarial} if step.adversarial else {}
    return replace(step, milestones=tuple(step.milestones), adversarial=adversarial)
