"""Faces to compare a model's answers on."""

from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps

from featfer.faces import find_faces
from featfer.images.pixels import read_image

CHANGES = (lambda photo: photo, ImageOps.mirror, lambda photo: photo.rotate(10), lambda photo: photo.rotate(-10),
           lambda photo: ImageEnhance.Brightness(photo).enhance(0.6))


def some_faces(photos=()):
    """Return a list of Face: all faces of some photos (file names); without any, of two that come with matplotlib and
    scikit-image, as they are, mirrored, turned either way and darker."""
    pictures = map(read_image, photos or [change(photo) for photo in _at_hand() for change in CHANGES])
    return [face for picture in pictures for face in find_faces(picture)]


def _at_hand():
    import matplotlib
    import skimage
    names = (Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg", Path(skimage.data_dir) / "astronaut.png")
    return [Image.open(name).convert("RGB") for name in names]
