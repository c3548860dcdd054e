"""Recipes: how a network is trained, as data. A recipe is a TOML file; those that ship are in the folder recipes."""

import os
from dataclasses import asdict, dataclass, field, fields, replace
from importlib.resources import files
from pathlib import Path

from featfer.errors import ParameterError
from featfer.utils.files import read_toml

OPTIMIZERS = ("adam", "adamw", "sgd")
SCHEDULES = ("constant", "milestones", "plateau", "one-cycle")
AUGMENTATIONS = {
    "flip": "share mirrored", "rotation": "degrees at most, either way", "zoom": "share of the size, either way",
    "shift": "share of the side, either way", "light": "share of contrast and brightness, either way",
    "noise": "standard deviation of Gaussian noise, of the range of grey values", "cutout": "share that lose a patch",
}
ADVERSARIAL = {"multiplier": 0.3, "step": 0.01, "norm": "l2"}
NORMS = ("l2", "infinity")


@dataclass(frozen=True)
class Step:
    """A part of a training, with an optimiser and a rate of its own.

    epochs; batch: images at a time; copies: how often an epoch shows each image, every time changed anew; plain: how many of
    these show it as it is
    features: what it is trained on ("crop:96"), where that is not what the model is to predict from; superres: by what the
    images are enlarged before, "srresnet" for instance
    optimizer: one of OPTIMIZERS; lr: its rate, the highest of a one-cycle schedule; momentum: of sgd; weight_decay
    schedule: one of SCHEDULES; at milestones (epochs), or after `patience` epochs without a better loss on val (plateau;
    Keras's ReduceLROnPlateau), the rate is multiplied by factor
    augment: names of AUGMENTATIONS and how far each goes
    dropout: how much of the network's dropout is in force: 1.0 is all of it, 0.5 half of each layer's share
    smoothing: of the labels; weighted: weigh each class by how rare it is
    adversarial: multiplier, step and norm ("l2" or "infinity") of the loss on the adversarial neighbour; empty: none
    stop: end the step after so many epochs without a better accuracy on val; 0: never
    """

    epochs: int = 30
    batch: int = 64
    copies: int = 1
    plain: int = 0
    features: str | None = None
    superres: str | None = None
    optimizer: str = "adamw"
    lr: float = 1e-3
    momentum: float = 0.9
    weight_decay: float = 0.0
    schedule: str = "one-cycle"
    milestones: tuple = ()
    factor: float = 0.1
    patience: int = 10
    augment: dict = field(default_factory=dict)
    dropout: float = 1.0
    smoothing: float = 0.0
    weighted: bool = False
    adversarial: dict = field(default_factory=dict)
    stop: int = 0

    @property
    def look(self):
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
    steps: tuple
    precision: str = "float32"
    trainable: str = "all"
    average: float = 0.0
    keep: str = "last"

    @property
    def looks(self):
        """The `look` of its steps, each once, without None (list)."""
        return sorted({step.look for step in self.steps if step.look}, key=str)

    def as_dict(self):
        """Return it as plain data; what `plain_recipe` reads."""
        return {**asdict(self), "steps": [asdict(step) for step in self.steps]}


def load_recipe(recipe, **changes):
    """Return the Recipe in a TOML file, or the one that ships under this name; changes: of the recipe or of all its steps.

    Raises ParameterError for a recipe that is not there, and for names and values that cannot be.
    """
    shipped = files("featfer.cnn") / "recipes" / f"{recipe}.toml"
    path = shipped if os.path.isfile(shipped) else Path(recipe)
    try:
        data = read_toml(path)
    except FileNotFoundError:
        raise ParameterError(f"recipe {str(recipe)!r}: no such file, and none of those that ship: "
                             + ", ".join(shipped_recipes())) from None
    except (OSError, ValueError) as error:
        raise ParameterError(f"recipe {path}: cannot be read ({error})") from None
    return plain_recipe({"name": Path(str(recipe)).stem, **data}, changes)


def plain_recipe(data, changes=None):
    """Return the Recipe in plain data; what stands beside the steps in it, and is theirs, holds for all of them."""
    changes, own = changes or {}, {f.name for f in fields(Recipe)}
    made = {key: value for key, value in {"name": "recipe", "steps": [{}], **data, **changes}.items() if key in own}
    name, steps = made["name"], made["steps"]
    common = {key: value for key, value in data.items() if key not in own}
    later = {key: value for key, value in changes.items() if key not in own}
    if not (isinstance(steps, list) and steps and all(isinstance(step, dict) for step in steps)):
        raise ParameterError(f"recipe {name}: steps is not a list of tables, [[steps]]")
    recipe = Recipe(**{**made, "steps": tuple(_step(name, {**common, **step, **later}) for step in steps)})
    for key, allowed in (("precision", ("float32", "bf16")), ("trainable", ("all", "last")), ("keep", ("last", "best"))):
        _check(name, key, getattr(recipe, key), getattr(recipe, key) in allowed, f"one of {', '.join(allowed)}")
    is_right, allowed = _number(0, 1)
    _check(name, "average", recipe.average, is_right(recipe.average), allowed)
    return recipe


def shipped_recipes():
    """Return the names of the recipes that ship, a list of str."""
    return sorted(Path(file.name).stem for file in (files("featfer.cnn") / "recipes").iterdir())


def _step(name, values):
    known = {f.name for f in fields(Step)}
    for key in values:
        _check(name, key, values[key], key in known, f"known; there are {', '.join(sorted(known))}")
    step = replace(Step(), **values)
    for key, (is_right, allowed) in _RULES.items():
        value = getattr(step, key)
        _check(name, key, value, is_right(value), allowed)
    _check(name, "plain", step.plain, step.plain <= step.copies, f"at most {step.copies}, its copies")
    _check(name, "superres", step.superres, step.features or not step.superres, "beside features, such as \"crop:96\"")
    adversarial = {**ADVERSARIAL, **step.adversarial} if step.adversarial else {}
    return replace(step, milestones=tuple(step.milestones), adversarial=adversarial)


def _check(recipe, key, value, is_right, allowed):
    if not is_right:
        raise ParameterError(f"recipe {recipe}: {key:.40} {value!r:.80} is not {allowed}")


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _whole(least):
    return lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= least, f"a whole number from {least}"


def _number(least, below):
    return lambda v: _is_number(v) and least <= v < below, f"a number from {least} to below {below}"


def _one_of(allowed):
    return lambda v: v in allowed, f"one of {', '.join(allowed)}"


def _is_adversarial(value):
    if not isinstance(value, dict) or not set(value) <= set(ADVERSARIAL):
        return False
    full = {**ADVERSARIAL, **value}
    return full["norm"] in NORMS and all(_is_number(full[key]) and full[key] >= 0 for key in ("multiplier", "step"))


_RULES = {
    "epochs": _whole(1), "batch": _whole(2), "copies": _whole(1), "plain": _whole(0), "patience": _whole(0), "stop": _whole(0),
    "features": (lambda v: v is None or isinstance(v, str), "the name of a feature"),
    "superres": (lambda v: v is None or isinstance(v, str), "the name of what enlarges images"),
    "optimizer": _one_of(OPTIMIZERS), "schedule": _one_of(SCHEDULES),
    "lr": (lambda v: _is_number(v) and v > 0, "a number above 0"), "momentum": _number(0, 1), "weight_decay": _number(0, 10),
    "milestones": (lambda v: isinstance(v, (list, tuple)) and all(isinstance(at, int) and at > 0 for at in v),
                   "a list of epochs"),
    "factor": _number(0, 1), "dropout": (lambda v: _is_number(v) and 0 <= v <= 1, "a number from 0 to 1"),
    "smoothing": _number(0, 1), "weighted": (lambda v: isinstance(v, bool), "true or false"),
    "augment": (lambda v: isinstance(v, dict) and set(v) <= set(AUGMENTATIONS)
                and all(_is_number(far) and far >= 0 for far in v.values()), f"a table of numbers: {', '.join(AUGMENTATIONS)}"),
    "adversarial": (_is_adversarial, "a table of multiplier, step and norm (l2 or infinity)"),
}
