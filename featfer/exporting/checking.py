"""Faces on which an exported model is compared with the original."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps

from featfer.faces import find_faces
from featfer.faces.face import Face
from featfer.images.pixels import read_image


def find_test_faces(photos: Sequence[str] = ()) -> list[Face]:
    """Find all faces in some photos.

    Parameters
    ----------
    photos : list of str
        Files. By default two photos from matplotlib and scikit-image, plain, mirrored, rotated both ways and darkened.

    Returns
    -------
    list of Face
    """
    images: Sequence[str | Image.Image] = photos or [changed for photo in _open_photos() for changed in _change(photo)]
    return [face for image in images for face in find_faces(read_image(image))]


def _change(photo: Image.Image) -> tuple[Image.Image, ...]:
    return photo, ImageOps.mirror(photo), photo.rotate(10), photo.rotate(-10), ImageEnhance.Brightness(photo).enhance(0.6)


def _open_photos() -> list[Image.Image]:
    import matplotlib
    import skimage
    names = (Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg", Path(skimage.data_dir) / "astronaut.png")  # type: ignore[attr-defined]  # loaded lazily
    return [Image.open(name).convert("RGB") for name in names]
