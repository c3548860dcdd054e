"""Faces for a model: detected in images in the way in which its features were extracted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featfer.errors import DataError, ParameterError
from featfer.faces import WHOLE_IMAGE, find_faces_in
from featfer.features import find_detection_settings

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Iterable, Iterator, Sequence

    from featfer.faces import Face
    from featfer.features.base import Feature
    from featfer.typing import Pixels

NO_FACE = ("skip", "whole", "error")  # what to do with an image in which no face is found


def find_faces_for(features: Sequence[Feature], images: Sequence[Pixels], detector: str = "hog", no_face: str = "skip",
                   smallest: float | None = None) -> list[list[Face]]:
    """Find the faces in each of several images, in the way in which some features were extracted.

    Parameters
    ----------
    features : list of Feature
    images : list of uint8 arrays (h, w) or (h, w, 3)
    detector, smallest
        As for `featfer.face_model.FaceModel.predict`.
    no_face : str
        "whole" takes the whole image for a face when none is found; otherwise its list is empty.

    Returns
    -------
    list of list of Face
    """
    settings = find_detection_settings(features)
    found = find_faces_in(images, detector, settings["enlarge"], smallest or settings["smallest"])
    if no_face == "whole" or detector == "whole":
        return found
    return [[face for face in faces if face.status != WHOLE_IMAGE] for faces in found]


def check_no_face(no_face: str) -> None:
    """Raise ParameterError for a value that is not in NO_FACE."""
    if no_face not in NO_FACE:
        raise ParameterError(f"no_face {no_face!r} is none of {', '.join(NO_FACE)}")


def require_faces(recognized: Iterable[tuple[list[Face], Any]], names: deque[Any]) -> Iterator[tuple[list[Face], Any]]:
    """Yield (faces, predictions) pairs of images; raise DataError for an image without faces.

    Parameters
    ----------
    recognized : iterable of (list of Face, list)
    names : collections.deque of str
        The images' names, for the message. The first is removed for each pair.
    """
    for faces, predictions in recognized:
        name = names.popleft()
        if not faces:
            raise DataError(f"{name}: no face found; no_face='skip' gives an empty list for it, 'whole' takes it all for one")
        yield faces, predictions
