"""Training pairs: original faces, and the same shrunk to a quarter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from featfer.errors import DataError, TransientError
from featfer.faces import find_faces
from featfer.faces.detectors.scale import is_crop
from featfer.images.pixels import resize, to_grey
from featfer.superres.generators import SCALE
from featfer.utils.progress import bar
from featfer.utils.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from featfer.typing import Pixels


def load_faces(references: Sequence[Any], side: int) -> Pixels:
    """Load the faces of images that are large enough.

    A crop around one face (longer side at most 150 pixels) is used whole; from other images the first face, with a margin.
    Smaller faces and files that are not images are left out.

    Parameters
    ----------
    references : list
        As FaceSet.images.
    side : int
        Smallest side, in pixels, to which faces are resized.

    Returns
    -------
    uint8 array (n, side, side)
        Grey.

    Raises
    ------
    DataError
        If no face is left.
    TransientError
        If an image cannot be read just now.
    """
    faces = []
    for reference in bar(references, desc="reading faces", unit=" images"):
        try:
            image = reference.read()
        except TransientError:  # the training set must not depend on what can be read just now
            raise
        except DataError:
            continue
        face = to_grey(image if is_crop(image.shape) else find_faces(image, single=True)[0].crop())
        if min(face.shape) >= side:
            faces.append(resize(face, side, side))
    if not faces:
        raise DataError(f"none of {count(len(references), 'image')} has a face of {side} pixels or more to learn from: give "
                        "larger ones, or a smaller --side")
    return np.stack(faces)


def shrink(images: Pixels) -> Pixels:
    """Shrink images to a quarter of their side (bicubic, with an antialiasing filter).

    Parameters
    ----------
    images : uint8 array (n, side, side)

    Returns
    -------
    uint8 array (n, side // 4, side // 4)
    """
    side = images.shape[1] // SCALE
    return np.stack([np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)) for image in images])
