"""What trained models have in common: from images to their faces, the features of these, and a prediction for each."""

import warnings
from collections import deque
from collections.abc import Sized
from functools import cache, partial
from itertools import chain, islice

import numpy as np

from featfer.errors import BundleError, ParameterError, to_one_line, wrap_library_errors
from featfer.faces import check_smallest, find_detector
from featfer.features import find_detection_settings, restore_feature, values_of
from featfer.features.detection import check_no_face, find_faces_for, require_faces
from featfer.features.dlibnet.feature import check_engine, engine_for
from featfer.images.pixels import make_batches
from featfer.images.several import read_images, to_iterable
from featfer.utils.environment import find_versions
from featfer.utils.fitted_files import register

# A saved classifier may behave differently with another minor version of these.
SENSITIVE = ("featfer", "numpy", "scikit-learn")
_installed_versions = cache(find_versions)


class VersionWarning(UserWarning):
    """A recognizer is used with other library versions than it was saved with."""


class FaceModel:
    """A trained model with the features it was trained on, which predicts something for each face in an image.

    Subclasses implement `_predict_faces` (a list of Face and an engine -> a list of predictions), `predict_rows` (feature
    values (n, d) -> numbers (n, m)) and `output_names` (the names of the m columns).

    Parameters
    ----------
    features : list of Feature
        Their vectors are concatenated.
    """

    def __init__(self, features):
        find_detection_settings(features)  # raises for features that cannot be combined
        self.features = features
        self.versions = find_versions()

    def predict(self, images, detector="hog", no_face="skip", smallest=None, engine=None, reject=0.0):
        """Predict for every face in some images.

        Parameters
        ----------
        images : image or iterable of images
            An image is a file name, open file, PIL image, or array (h, w), (h, w, 3) or (h, w, 4). An array (n, h, w) or
            (n, h, w, 3) is n images.
        detector : str
            A name in `featfer.faces.DETECTORS`. Models are trained on faces found by "hog".
        no_face : {"skip", "whole", "error"}
            For an image without a face: an empty list; the whole image as a face, for images that are already cropped;
            DataError.
        smallest : float, optional
            Side in pixels of the smallest face of interest in photos, 20 to 2000. Default: as the features were extracted.
        engine : {"numpy", "torch"}, optional
            What computes dlib's network. torch takes two seconds to load, and is then two to three times as fast. Default:
            "numpy" for at most 16 images, "torch" for more or an unknown number.
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
        With one engine, a face's features have the same bits whatever the other images are; those of the two engines differ by
        up to 1e-6 of the largest value. The last of the six decimals of a probability may depend on the number of faces.
        """
        return list(self.stream(to_iterable(images), detector, no_face, smallest, engine, reject))

    def warm_up(self, engine=None):
        """Load everything that predictions need, so that the first one is not slow and nothing is missing; return the model.

        `engine` is as for `predict`.
        """
        self.predict(np.zeros((96, 96), np.uint8), no_face="whole", engine=engine)
        return self

    def stream(self, images, detector="hog", no_face="skip", smallest=None, engine=None, reject=0.0):
        """Return an iterator over the lists that `predict` returns, one for each image.

        The parameters are as for `predict`, but `images` is an iterable. It is read on the way, some images ahead.
        """
        return (predictions for _, predictions in self.recognize(images, detector, no_face, smallest, engine, reject))

    def recognize(self, images, detector="hog", no_face="skip", smallest=None, engine=None, reject=0.0):
        """Return an iterator over (faces, predictions) for each image: the list of Face, and what `stream` yields for it."""
        find_detector(detector)
        check_smallest(smallest)
        check_no_face(no_face)
        self._check_reject(reject)
        engine = engine or engine_for(len(images) if isinstance(images, Sized) else None)
        check_engine(engine)
        names = deque()
        read = make_batches(read_images(images, names), lambda image: image.size)
        recognize = partial(self._recognize_batch, detector=detector, no_face=no_face, smallest=smallest, engine=engine,
                            reject=reject)
        recognized = chain.from_iterable(map(recognize, read))
        return require_faces(recognized, names) if no_face == "error" else recognized

    def _recognize_batch(self, images, detector, no_face, smallest, engine, reject):
        """Return (faces, predictions) of each image in a list."""
        found = find_faces_for(self.features, images, detector, no_face, smallest)
        faces = [face for faces in found for face in faces]
        predictions = self._predict_faces(faces, engine) if faces else []
        predictions = iter([one.rejected_below(reject) for one in predictions] if reject else predictions)
        return [(faces, list(islice(predictions, len(faces)))) for faces in found]

    def _check_reject(self, reject):
        """Raise ParameterError for a probability below which nothing can be rejected."""
        if reject:
            raise ParameterError(f"reject {reject!r}: for models of expressions; this one tells valence and arousal")

    def compute_features(self, faces, engine=None):
        """Return the features of each Face in a list, float32 (n, d); `engine` as for `predict`, by default by their number."""
        return values_of(self.features, faces, engine or engine_for(len(faces)))

    @property
    def differing(self):
        """The libraries in SENSITIVE whose version differs from that with which the model was saved, in words (list of str)."""
        here = _installed_versions()
        return [f"{name} {self.versions.get(name)} (here {here.get(name)})" for name in SENSITIVE
                if _to_minor(self.versions.get(name)) != _to_minor(here.get(name))]

    def __getstate__(self):
        contents = {content for feature in self.features for content in feature.read_fitted_files()}
        return {**self.__dict__, "features": [feature.fingerprint for feature in self.features], "carried": sorted(contents)}

    def __setstate__(self, state):
        for content in state.pop("carried", ()):
            register(content)
        self.__dict__.update(state, features=[restore_feature(fingerprint) for fingerprint in state["features"]])
        if self.differing:
            message = (f"this recognizer was saved under {', '.join(self.differing)}; compare its predictions with its card's "
                       "figures, or train it again")
            warnings.warn(to_one_line(message), VersionWarning, stacklevel=2)


def wrap_model_errors():
    """Return a context manager that turns the errors of libraries inside a model into a BundleError."""
    return wrap_library_errors("the model cannot answer", "look at it with `featfer info --check`, or train it again",
                               BundleError)


def _to_minor(version):
    """Return "1.9" for the version "1.9.2"."""
    return ".".join((version or "").split(".")[:2])
