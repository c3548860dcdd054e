"""Read images and videos: decode them, check them, and convert them to 8 bits."""

from featfer.images.pixels import read_image

__all__ = ["read_image"]
