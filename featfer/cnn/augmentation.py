"""Random changes of training images, on the device on which they are, by kornia."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from featfer.errors import MissingError
from featfer.utils.environment import name_install_command

if TYPE_CHECKING:
    from torch import Tensor

PATCH = (0.02, 0.2)  # the smallest and the largest patch of cutout, as fractions of the image's area


def make_augmentation(augment: Mapping[str, float]) -> Callable[[Tensor], Tensor]:
    """Make a function that changes images at random, each in another way: flips, affine changes, light, noise, cutout.

    Parameters
    ----------
    augment : dict
        {name in featfer.cnn.recipe.AUGMENTATIONS: amount}

    Returns
    -------
    function
        From images float32 (n, channels, side, side) in [0, 1] to changed ones of the same shape.

    Raises
    ------
    MissingError
        If kornia is not installed.

    Notes
    -----
    Cutout (DeVries and Taylor 2017) covers a patch with medium grey. Rotation, zoom and shift need one resampling together.
    """
    if not augment:
        return _keep
    try:
        import kornia.augmentation as kornia
    except ImportError as error:
        raise MissingError(f"augmentation needs kornia; {name_install_command('cnn')}") from error
    return kornia.AugmentationSequential(*_list_changes(kornia, augment.get), data_keys=["input"])


def _keep(images: Tensor) -> Tensor:
    return images


def _list_changes(kornia: Any, amount: Callable[..., Any]) -> list[Any]:
    parts = []
    if amount("flip"):
        parts.append(kornia.RandomHorizontalFlip(p=amount("flip")))
    if amount("rotation") or amount("zoom") or amount("shift"):
        turn, zoom, shift = (amount(name, 0.0) for name in ("rotation", "zoom", "shift"))
        parts.append(kornia.RandomAffine(turn, (shift, shift), (1 - zoom, 1 + zoom), p=1.0, padding_mode="border"))
    if amount("light"):
        factors = 1 - amount("light"), 1 + amount("light")
        parts += [kornia.RandomBrightness(factors, p=1.0), kornia.RandomContrast(factors, p=1.0)]
    if amount("noise"):
        parts.append(kornia.RandomGaussianNoise(std=amount("noise"), p=1.0))
    if amount("cutout"):
        parts.append(kornia.RandomErasing(p=amount("cutout"), scale=PATCH, value=0.5))
    return parts
