"""Super-resolution: generators that enlarge small faces four times, and their training."""

from typing import Any

from featfer.utils.registry import Registry

SHIPPED = ("srresnet", "srgan")     # generators: trained with the squared error alone; with a discriminator too
RESAMPLED = ("bicubic", "lanczos")  # resampling without a generator
_NAMES = Registry({
    "Enlargement": "featfer.superres.enlarging:Enlargement",
    "make_enlargement": "featfer.superres.enlarging:make_enlargement",
})

__all__ = ["RESAMPLED", "SHIPPED", *_NAMES]


def __getattr__(name: str) -> Any:
    return _NAMES.attribute(__name__, name)
