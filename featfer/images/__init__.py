"""Images and videos: read from files, decoded, checked, brought to 8 bits."""

from featfer.images.pixels import read_image

__all__ = ["read_image"]
