"""The best face of each image, for features and pipelines that are given images."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from typing import TYPE_CHECKING, Any, TypeGuard

from featfer.errors import DataError, ParameterError
from featfer.faces import WHOLE_IMAGE, Face, check_smallest, find_detector, find_faces_in
from featfer.images.pixels import make_batches
from featfer.images.several import read_images, require_images, to_iterable
from featfer.superres.enlarging import make_enlargement
from featfer.utils.transformers import ListTransformer

if TYPE_CHECKING:
    from featfer.superres.enlarging import Enlargement
    from featfer.typing import Images, Path, Pixels

WITHOUT_FACE = ("whole", "error")  # what a row is made of where no face is found


def list_items(X: Any) -> Any:
    """Return faces or images as a list, or as the iterator that they are; a single one in a list."""
    items = [X] if isinstance(X, Face) else to_iterable(X)
    return list(items) if isinstance(items, Sized) else items


def are_faces(items: Any) -> TypeGuard[Sequence[Face]]:
    """Tell whether something is a list or tuple of Face, which may be empty."""
    return isinstance(items, (list, tuple)) and all(isinstance(item, Face) for item in items)


def find_best_faces(images: Iterable[Any], detector: str = "hog", enlarge: Callable[[Pixels], Pixels] | None = None,
                    smallest: float | None = None, no_face: str = "whole") -> Iterator[list[Face]]:
    """Find the best face of each image.

    Parameters
    ----------
    images : iterable
        As `list_items` returns it; it is read on the way.
    detector, enlarge, smallest
        As for `featfer.faces.find_faces`.
    no_face : {"whole", "error"}
        Where no face is found, take the whole image for one, or raise DataError.

    Yields
    ------
    list of Face
        Those of some images: of all that fit into a batch.

    Raises
    ------
    ParameterError
        For an item that is no image.
    DataError
        For an image that cannot be read.
    """
    names: deque[Any] = deque()
    for batch in make_batches(read_images(require_images(images, "Faces alone, or "), names), lambda image: image.size):
        faces = [found[0] for found in find_faces_in(batch, detector, enlarge, smallest)]
        for face in faces:
            name = names.popleft()
            if no_face == "error" and face.status == WHOLE_IMAGE and detector != "whole":
                raise DataError(f"{name}: no face found; no_face='whole' takes the whole image for one")
        yield faces


class FaceDetector(ListTransformer):
    """A step of a scikit-learn pipeline from images to faces: the best face of each image.

    Parameters
    ----------
    detector : str
        A name in `featfer.faces.DETECTORS`: "hog", "mmod", "haar", "mtcnn", or "whole" for images that are faces already.
    smallest : float, optional
        Side in pixels of the smallest face of interest in photos, from 20 to 2000. Default: the detector's own.
    superres : str, Path or Enlargement, optional
        What enlarges images of at most 64 pixels first: "srresnet", "srgan", the file of a generator, "bicubic" or "lanczos".
    no_face : {"whole", "error"}
        Where no face is found, take the whole image for one, or raise DataError.

    See Also
    --------
    featfer.find_faces : All faces in an image.

    Notes
    -----
    A Face holds its image. For more photos than fit into memory leave this step out: given images, a feature finds the same
    faces by itself, some images at a time, and keeps their vectors alone.

    Examples
    --------
    >>> from featfer import FaceDetector, ImageLoader, Stage
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.svm import SVC
    >>> model = make_pipeline(ImageLoader(), FaceDetector(), Stage("128x8x8"), SVC())
    >>> model.fit(["anna.jpg", "ben.jpg"], ["happy", "sad"])  # doctest: +SKIP
    """

    output_name = "face"

    def __init__(self, detector: str = "hog", smallest: float | None = None, superres: Path | Enlargement | None = None,
                 no_face: str = "whole") -> None:
        self.detector = detector
        self.smallest = smallest
        self.superres = superres
        self.no_face = no_face

    def check(self) -> None:
        """Raise ParameterError for an invalid parameter, or MissingError for a file or device that is not there."""
        find_detector(self.detector)
        check_smallest(self.smallest)
        check_enlargement(self.superres)
        if self.no_face not in WITHOUT_FACE:
            raise ParameterError(f"no_face {self.no_face!r} is none of {', '.join(WITHOUT_FACE)}")

    def transform(self, X: Images | Iterable[Face]) -> list[Face]:
        """Find the best face of each image.

        Parameters
        ----------
        X : image or iterable of images
            File names, bytes, open files, PIL images or arrays; also a Series or a data frame with one column of them. Faces
            pass unchanged.

        Returns
        -------
        list of Face
            After `set_output(transform="pandas")` the faces of a Series are a Series.

        Raises
        ------
        ParameterError, MissingError
            For an invalid parameter, or what is no image; a file or package that is missing.
        DataError
            For an image that cannot be read, or without a face if `no_face` says so.
        """
        self.check()
        items = list_items(X)
        if are_faces(items):
            return self.keep_index(list(items), X)
        found = find_best_faces(items, self.detector, enlarge_small_by(self.superres), self.smallest, self.no_face)
        return self.keep_index([face for faces in found for face in faces], X)


def check_enlargement(superres: Path | Enlargement | None) -> None:
    """Raise ParameterError, MissingError or DataError for what cannot enlarge images."""
    if enlargement := make_enlargement(superres):
        enlargement.check()


def enlarge_small_by(superres: Path | Enlargement | None) -> Callable[[Pixels], Pixels] | None:
    """Return the function that enlarges small images, as `featfer.faces.find_faces` takes it; None for none."""
    enlargement = make_enlargement(superres)
    return enlargement.enlarge_small if enlargement else None
