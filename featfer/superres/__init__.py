"""Super-resolution: small faces enlarged four times by a trained generator, and what trains it."""

from featfer.superres.enlarging import Enlargement, make_enlargement

__all__ = ["Enlargement", "make_enlargement"]
