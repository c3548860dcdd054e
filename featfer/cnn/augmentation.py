"""Images changed at random on the device they are on, by kornia."""

from featfer.errors import MissingError

PATCH = (0.02, 0.2)  # of the area of an image: the least and the most that cutout takes


def make_augmentation(augment):
    """Return a function from images (n, channels, side, side) in [0, 1] to changed ones, each drawn anew by torch's generator.

    augment: names of recipe.AUGMENTATIONS and how far each goes. Flips, then turns, zooms and shifts in one resampling,
    light, Gaussian noise, and cutout (DeVries and Taylor 2017) with a patch of the mean grey. Raises MissingError without
    kornia.
    """
    if not augment:
        return lambda images: images
    try:
        import kornia.augmentation as kornia
    except ImportError as error:
        raise MissingError("augmentation needs kornia; pip install 'featfer[cnn]'") from error
    far = augment.get
    parts = []
    if far("flip"):
        parts.append(kornia.RandomHorizontalFlip(p=far("flip")))
    if far("rotation") or far("zoom") or far("shift"):
        turn, zoom, shift = (far(name, 0.0) for name in ("rotation", "zoom", "shift"))
        parts.append(kornia.RandomAffine(turn, (shift, shift), (1 - zoom, 1 + zoom), p=1.0, padding_mode="border"))
    if far("light"):
        share = 1 - far("light"), 1 + far("light")
        parts += [kornia.RandomBrightness(share, p=1.0), kornia.RandomContrast(share, p=1.0)]
    if far("noise"):
        parts.append(kornia.RandomGaussianNoise(std=far("noise"), p=1.0))
    if far("cutout"):
        parts.append(kornia.RandomErasing(p=far("cutout"), scale=PATCH, value=0.5))
    return kornia.AugmentationSequential(*parts, data_keys=["input"])
