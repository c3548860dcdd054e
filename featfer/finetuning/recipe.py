"""The recipe of a fine-tuning, and how it changes chips."""

from dataclasses import dataclass

from featfer.utils.schemas import NumberAbove0, WholeFrom1, check, make


@dataclass(frozen=True)
class Recipe:
    """How a network is fine-tuned.

    epochs, batch, lr, weight_decay: of AdamW (Loshchilov and Hutter 2019) with a one-cycle rate (Smith and Topin 2018)
    frozen: how many levels at the bottom stay as they are, with the stem; 0: none
    head_lr: highest rate of the new last layer; smoothing: of the labels; dropout: before the last layer
    turn, zoom, shift, light: the most that a chip is changed: degrees, and shares of its size, its size, its contrast and
    brightness; half are mirrored; erase: the share of chips that lose a patch (random erasing, Zhong et al. 2020)
    average: decay of the moving average of the weights, which is what is kept; seed: of all that is drawn
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
    average: float = 0.998
    seed: int = 0

    def __post_init__(self):
        check(Recipe, vars(self), "recipe")


def make_recipe(**params):
    """Return a Recipe with these parameters; raise ParameterError for a name or a value that cannot be."""
    return make(Recipe, params, "recipe")


def augment(chips, recipe):
    """Return grey chips changed at random, float32 (n, 1, side, side) in [0, 255]; chips: uint8 (n, side, side)."""
    import torch

    def draw(most):
        return torch.empty(count, device=chips.device).uniform_(-most, most)

    count = len(chips)
    angle, scale = torch.deg2rad(draw(recipe.turn)), 1 + draw(recipe.zoom)
    mirror = torch.where(draw(1) < 0, -1.0, 1.0)
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    rows = (cos * mirror, -sin, 2 * draw(recipe.shift), sin * mirror, cos, 2 * draw(recipe.shift))
    grid = torch.nn.functional.affine_grid(torch.stack(rows, 1).view(count, 2, 3), (count, 1, *chips.shape[1:]), False)
    x = torch.nn.functional.grid_sample(chips[:, None].float(), grid, padding_mode="border", align_corners=False)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    contrast, brightness = (draw(recipe.light).view(-1, 1, 1, 1) for _ in range(2))
    x = ((x - mean) * (1 + contrast) + mean * (1 + brightness)).clamp(0, 255)
    return _erase(x, recipe.erase)


def _erase(x, share):
    """Give a share of the chips a patch of their own mean, a sixth to a half of their side wide and high."""
    import torch
    side = x.shape[-1]
    for chip in x[torch.rand(len(x), device=x.device) < share]:
        height, width = torch.randint(side // 6, side // 2, (2,)).tolist()
        top, left = (int(torch.randint(0, side - size, (1,))) for size in (height, width))
        chip[:, top:top + height, left:left + width] = chip.mean()
    return x
