"""Pairs to learn from: faces as they are, and the same shrunk to a quarter."""

import numpy as np
from PIL import Image

from featfer.errors import DataError, TransientError
from featfer.faces import find_faces
from featfer.faces.detectors.scale import is_crop
from featfer.images.pixels import resize, to_grey
from featfer.superres.generators import SCALE
from featfer.utils.progress import bar


def true_faces(references, side):
    """Return grey faces, uint8 (n, side, side), of images that have one so large; smaller ones are left out.

    references: as in a FaceSet's images. A crop around one face (longer side at most 150 pixels) is taken whole, of another
    image the first face, a little wider than its box. What is no image is left out too. Raises DataError when none is left,
    TransientError where an image cannot be read at this time.
    """
    faces = []
    for reference in bar(references, desc="reading faces", unit=" images"):
        try:
            image = reference.read()
        except TransientError:  # what is learnt would depend on what could be read just now
            raise
        except DataError:
            continue
        face = to_grey(image if is_crop(image.shape) else find_faces(image, single=True)[0].crop())
        if min(face.shape) >= side:
            faces.append(resize(face, side, side))
    if not faces:
        raise DataError(f"none of {len(references):,} images has a face of {side} pixels or more to learn from: give larger "
                        "ones, or a smaller --side")
    return np.stack(faces)


def shrink(images):
    """Return images uint8 (n, side, side) at a quarter of their side, bicubic with an antialiasing filter."""
    side = images.shape[1] // SCALE
    return np.stack([np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)) for image in images])
