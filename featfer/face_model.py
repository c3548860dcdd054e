"""What trained models have in common: from images to their faces, the features of these, and a prediction for each."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cache, partial
from itertools import chain, islice
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from featfer.errors import BundleError, ParameterError, to_one_line, wrap_library_errors
from featfer.faces import Face, check_smallest, find_detector
from featfer.features import find_detection_settings, restore_feature, values_of
from featfer.features.base import Feature
from featfer.features.choosing import Features, describe_features, to_features
from featfer.features.detection import check_no_face, find_faces_for, require_faces
from featfer.images.given import as_images
from featfer.images.pixels import make_batches
from featfer.images.several import read_images
from featfer.typing import Images, Pixels
from featfer.utils.environment import find_versions
from featfer.utils.estimators import Estimator
from featfer.utils.fitted_files import register
from featfer.utils.html import format_html_table

# A saved classifier may behave differently with another minor version of these.
SENSITIVE = ("featfer", "numpy", "scikit-learn")
_installed_versions = cache(partial(find_versions, SENSITIVE))


class VersionWarning(UserWarning):
    """A recognizer is used with other library versions than it was saved with."""


class FaceModel(Estimator):
    """A trained model with the features it was trained on, which predicts something for each face in an image.

    Subclasses implement `_predict_faces` (a list of Face -> a list of predictions), `predict_rows` (feature
    values (n, d) -> numbers (n, m)), `output_names` (the names of the m columns), and `describe`.

    Parameters
    ----------
    features : list of Feature
        Their vectors are concatenated. Names will do, as for `featfer.features.choosing.to_features`.

    Attributes
    ----------
    trained_on : str or None
        The data that it was trained on, in words, if this is known.
    """

    features: list[Feature]
    versions: dict[str, str]
    trained_on: str | None = None
    output_names: Any
    predict_rows: Any

    def __init__(self, features: Features) -> None:
        self.features = to_features(features)
        find_detection_settings(self.features)  # raises for features that cannot be combined
        self.versions = find_versions()

    def predict(self, images: Images, detector: str = "hog", no_face: str = "skip", smallest: float | None = None,
                reject: float = 0.0) -> list[list[Any]]:
        """Predict for every face in some images.

        Parameters
        ----------
        images : image or iterable of images
            An image is a file name, open file, PIL image, or array (h, w), (h, w, 3) or (h, w, 4). An array (n, h, w) or
            (n, h, w, 3) is n images; a pandas.Series of file names will do.
        detector : str
            A name in `featfer.faces.DETECTORS`. Models are trained on faces found by "hog".
        no_face : {"skip", "whole", "error"}
            For an image without a face: an empty list; the whole image as a face, for images that are already cropped;
            DataError.
        smallest : float, optional
            Side in pixels of the smallest face of interest in photos, 20 to 2000. Default: as the features were extracted.
        reject : float
            A face whose likeliest expression has a probability below this, from 0 to 1, has the label "unsure".

        Returns
        -------
        list of list
            For each image, an Expression (of an AffectRecognizer: an Affect) for each face, best detection first.

        Raises
        ------
        DataError, ParameterError, MissingError
            For an image that cannot be read; an invalid parameter; a package that is not installed.

        Notes
        -----
        A face's features have the same bits whatever the other images are. The last of the six decimals of a probability may
        depend on the number of faces.
        """
        return list(self.stream(images, detector, no_face, smallest, reject))

    def warm_up(self) -> Self:
        """Load everything that predictions need, so that the first one is not slow and nothing is missing; return the model."""
        for _ in range(2):  # the second time, classifiers keep what they unpack
            self.predict(np.zeros((96, 96), np.uint8), no_face="whole")
        return self

    def stream(self, images: Images, detector: str = "hog", no_face: str = "skip", smallest: float | None = None,
               reject: float = 0.0) -> Iterator[list[Any]]:
        """Return an iterator over the lists that `predict` returns, one for each image.

        The parameters are as for `predict`. An iterable of images is read on the way, some images ahead.
        """
        return (predictions for _, predictions in self.recognize(images, detector, no_face, smallest, reject))

    def recognize(self, images: Images, detector: str = "hog", no_face: str = "skip", smallest: float | None = None,
                  reject: float = 0.0) -> Iterator[tuple[list[Face], list[Any]]]:
        """Return an iterator over (faces, predictions) for each image: the list of Face, and what `stream` yields for it."""
        find_detector(detector)
        check_smallest(smallest)
        check_no_face(no_face)
        self._check_reject(reject)
        several = as_images(images)
        names: deque[Any] = deque()
        read = make_batches(read_images(several, names), lambda image: image.size)
        recognize = partial(self._recognize_batch, detector=detector, no_face=no_face, smallest=smallest, reject=reject)
        recognized = chain.from_iterable(map(recognize, read))
        return require_faces(recognized, names) if no_face == "error" else recognized

    def compute_best_features(self, images: Images) -> NDArray[np.float32]:
        """Compute the features of the best face in each image, or of the whole image where there is none.

        Parameters
        ----------
        images
            As for `predict`.

        Returns
        -------
        float32 array (images, d)
        """
        several, names = as_images(images), deque[Any]()
        batches = make_batches(read_images(several, names), lambda image: image.size)
        found = (find_faces_for(self.features, batch, no_face="whole") for batch in batches)
        values = [self.compute_features([faces[0] for faces in batch]) for batch in found]
        return np.concatenate(values) if values else np.empty((0, sum(feature.size for feature in self.features)), np.float32)

    def _predict_faces(self, faces: list[Face]) -> Sequence[Any]:
        raise NotImplementedError

    def _recognize_batch(self, images: list[Pixels], detector: str, no_face: str, smallest: float | None,
                         reject: float) -> list[tuple[list[Face], list[Any]]]:
        """Return (faces, predictions) of each image in a list."""
        found = find_faces_for(self.features, images, detector, no_face, smallest)
        faces = [face for faces in found for face in faces]
        predictions = self._predict_faces(faces) if faces else []
        rest = iter([one.rejected_below(reject) for one in predictions] if reject else predictions)
        return [(faces, list(islice(rest, len(faces)))) for faces in found]

    def _check_reject(self, reject: float) -> None:
        """Raise ParameterError for a probability below which nothing can be rejected."""
        if reject:
            raise ParameterError(f"reject {reject!r}: for models of expressions; this one tells valence and arousal")

    def compute_features(self, faces: list[Face]) -> NDArray[np.float32]:
        """Return the features of each Face in a list, float32 (n, d)."""
        return values_of(self.features, faces)

    @property
    def differing(self) -> list[str]:
        """The libraries in SENSITIVE whose version differs from that with which the model was saved, in words (list of str)."""
        here = _installed_versions()
        return [f"{name} {self.versions.get(name)} (here {here.get(name)})" for name in SENSITIVE
                if _to_minor(self.versions.get(name)) != _to_minor(here.get(name))]

    def describe(self) -> dict[str, str]:
        """Return what the model is made of (dict of str to str, text by heading)."""
        return {"features": describe_features(self.features)} | ({"trained on": self.trained_on} if self.trained_on else {})

    def __repr__(self) -> str:
        about = self.describe()
        parts = [f"{name} {about[name]}" if name == "trained on" else about[name] for name in about if name != "prior"]
        return to_one_line(f"{type(self).__name__}({'; '.join(parts)})")

    def _repr_html_(self) -> str:
        return format_html_table(type(self).__name__, self.describe())

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}

    def __sklearn_clone__(self) -> Self:
        """Return an untrained copy, for `sklearn.base.clone`; the features, which are not fitted, stay as they are."""
        from sklearn.base import clone
        params = {name: clone(value, safe=False) for name, value in self.get_params(deep=False).items() if name != "features"}
        return type(self)(features=list(self.features), **params)

    def __getstate__(self) -> dict[str, Any]:
        contents = {content for feature in self.features for content in feature.read_fitted_files()}
        return {**self.__dict__, "features": [feature.fingerprint for feature in self.features], "carried": sorted(contents)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for content in state.pop("carried", ()):
            register(content)
        self.__dict__.update(state, features=[restore_feature(fingerprint) for fingerprint in state["features"]])
        if self.differing:
            message = (f"this recognizer was saved under {', '.join(self.differing)}; compare its predictions with its card's "
                       "figures, or train it again")
            warnings.warn(to_one_line(message), VersionWarning, stacklevel=2)


def wrap_model_errors() -> AbstractContextManager[None]:
    """Return a context manager that turns the errors of libraries inside a model into a BundleError."""
    return wrap_library_errors("the model cannot answer", "look at it with `featfer info --check`, or train it again",
                               BundleError)


def _to_minor(version: str | None) -> str:
    """Return "1.9" for the version "1.9.2"."""
    return ".".join((version or "").split(".")[:2])
