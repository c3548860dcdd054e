"""The recipe of a fine-tuning, and the augmentation of chips."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from featfer.utils.schemas import NumberAbove0, NumberFrom0, WholeFrom1, check, make

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Recipe:
    """How dlib's network is fine-tuned: AdamW (Loshchilov and Hutter 2019) with a one-cycle rate (Smith and Topin 2018).

    Attributes
    ----------
    epochs : int
        Number of epochs.
    batch : int
        Chips in a step of the optimiser.
    frozen : int
        How many levels at the bottom are not trained, with the stem; 0 trains everything.
    lr : float
        Highest learning rate of the network.
    head_lr : float
        Highest learning rate of the new last layer.
    weight_decay : float
        Weight decay of the optimiser.
    smoothing : float
        Label smoothing: the fraction of each label that is spread evenly over all classes.
    dropout : float
        Dropout rate before the last layer.
    turn : float
        Largest rotation of a chip, in degrees.
    zoom : float
        Largest change of a chip's size, as a fraction. Half of the chips are mirrored.
    shift : float
        Largest shift of a chip, as a fraction of its size.
    light : float
        Largest change of contrast and brightness, as a fraction.
    erase : float
        Fraction of the chips that lose a patch (random erasing, Zhong et al. 2020).
    mixup : float
        Alpha of the Beta distribution by which pairs of chips are mixed (mixup, Zhang et al. 2018); 0 for none.
    votes : float
        Weight of the loss of the raters' votes, beside that of the labels, where there are votes.
    average : float
        Decay of the moving average of the weights, which is the result (Polyak and Juditsky 1992).
    seed : int
        Seed of all random numbers.

    Raises
    ------
    ParameterError
        If a value is not valid.
    """

    epochs: WholeFrom1 = 15
    batch: WholeFrom1 = 64
    frozen: int = 1
    lr: NumberAbove0 = 1e-3
    head_lr: NumberAbove0 = 3e-3
    weight_decay: float = 0.05
    smoothing: float = 0.1
    dropout: float = 0.3
    turn: float = 10.0
    zoom: float = 0.08
    shift: float = 0.04
    light: float = 0.2
    erase: float = 0.2
    mixup: NumberFrom0 = 0.0
    votes: NumberFrom0 = 0.5
    average: float = 0.998
    seed: int = 0

    def __post_init__(self) -> None:
        check(Recipe, vars(self), "recipe")


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


def augment(chips: "torch.Tensor", recipe: Recipe) -> "torch.Tensor":
    """Change chips at random.

    Parameters
    ----------
    chips : uint8 tensor (n, side, side)
        Grey.
    recipe : Recipe

    Returns
    -------
    float32 tensor (n, 1, side, side)
        In [0, 255].
    """
    import torch

    count = len(chips)
    angle, scale = torch.deg2rad(_sample(chips, recipe.turn)), 1 + _sample(chips, recipe.zoom)
    mirror = torch.where(_sample(chips, 1) < 0, -1.0, 1.0)
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    rows = (cos * mirror, -sin, 2 * _sample(chips, recipe.shift), sin * mirror, cos, 2 * _sample(chips, recipe.shift))
    grid = torch.nn.functional.affine_grid(torch.stack(rows, 1).view(count, 2, 3), [count, 1, *chips.shape[1:]], False)
    x = torch.nn.functional.grid_sample(chips[:, None].float(), grid, padding_mode="border", align_corners=False)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    contrast, brightness = (_sample(chips, recipe.light).view(-1, 1, 1, 1) for _ in range(2))
    x = ((x - mean) * (1 + contrast) + mean * (1 + brightness)).clamp(0, 255)
    return _erase(x, recipe.erase)


def mix(x: "torch.Tensor", targets: "torch.Tensor", alpha: float) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Mix the chips of a batch with others of it, and their targets alike (mixup, Zhang et al. 2018).

    Parameters
    ----------
    x : float32 tensor (n, 1, side, side)
    targets : float32 tensor (n, classes)
    alpha : float
        Of the Beta distribution from which the batch's weight is drawn.

    Returns
    -------
    tuple of tensor
        Chips and targets of the same shapes.
    """
    import torch
    weight = float(torch.distributions.Beta(alpha, alpha).sample())
    other = torch.randperm(len(x), device=x.device)
    return torch.lerp(x[other], x, weight), torch.lerp(targets[other], targets, weight)


def _sample(chips: "torch.Tensor", most: float) -> "torch.Tensor":
    """Return a random number from -most to most for each chip."""
    import torch
    return torch.empty(len(chips), device=chips.device).uniform_(-most, most)


def _erase(x: "torch.Tensor", fraction: float) -> "torch.Tensor":
    """Cover a patch with the chip's mean in a fraction of the chips; its sides are a sixth to a half of the chip's."""
    import torch
    side = x.shape[-1]
    for chip in x[torch.rand(len(x), device=x.device) < fraction]:
        height, width = torch.randint(side // 6, side // 2, (2,)).tolist()
        top, left = (int(torch.randint(0, side - size, (1,))) for size in (height, width))
        chip[:, top:top + height, left:left + width] = chip.mean()
    return x
