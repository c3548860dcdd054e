"""Super-resolution: small faces enlarged four times by a trained generator, and what trains it."""

from featfer.utils.registry import Registry

SHIPPED = ("srresnet", "srgan")     # generators: by the squared error alone; against a discriminator too
RESAMPLED = ("bicubic", "lanczos")  # by plain resampling
_NAMES = Registry({
    "Enlargement": "featfer.superres.enlarging:Enlargement",
    "make_enlargement": "featfer.superres.enlarging:make_enlargement",
})

__all__ = ["RESAMPLED", "SHIPPED", *_NAMES]


def __getattr__(name):
    return _NAMES.attribute(__name__, name)
