"""A trained model: from an image to its faces, their features and a blend of expressions for each."""

import warnings
from collections import deque
from collections.abc import Sized
from copy import copy
from functools import cache, partial
from itertools import chain, islice

import numpy as np

from featfer.classifiers.wrappers.relabelled import Relabelled
from featfer.errors import BundleError, ParameterError, StoreError, to_one_line, wrap_library_errors
from featfer.expression import Expression, check_reject
from featfer.faces import check_smallest, find_detector
from featfer.faces.landmarks import POINT_MODELS
from featfer.features import find_detection_settings, restore_feature, values_of
from featfer.features.base import describe_fingerprint
from featfer.features.detection import check_no_face, find_faces_for, require_faces
from featfer.features.dlibnet.feature import check_engine, engine_for
from featfer.images.pixels import make_batches
from featfer.images.several import read_images, to_iterable
from featfer.labels import map_labels
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

    def _compute_features(self, faces, engine):
        """Return the features of each face, float32 (n, d)."""
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


class Recognizer(FaceModel):
    """A trained classifier with the features it was trained on.

    Parameters
    ----------
    classifier : fitted scikit-learn classifier
        It has predict_proba over feature matrices (n, d).
    features : list of Feature
        Their vectors are concatenated.
    label_set : LabelSet
        Of the classes.

    Attributes
    ----------
    novelty : featfer.classifiers.novelty.Novelty or None
        Tells how unlike the training faces a face is, by its features; `featfer.training.novelty.fit_novelty` makes it.
    """

    novelty = None

    def __init__(self, classifier, features, label_set):
        super().__init__(features)
        self.classifier = classifier
        self.label_set = label_set

    def expressions(self, faces, engine=None, with_novelty=True):
        """Return the Expression of each Face in a list; `engine` as for `predict`, by default by the number of faces.

        Without novelty, faces in colour take less time.
        """
        values = self._compute_features(faces, engine)
        with wrap_model_errors():
            is_told = with_novelty and self.novelty is not None
            novelty = self._find_novelty(faces, values, engine) if is_told else [None] * len(faces)
            return list(map(self._make_expression, faces, self.probabilities(values), novelty))

    _predict_faces = expressions

    def _check_reject(self, reject):
        check_reject(reject)

    def probabilities(self, values):
        """Return the probability of each expression.

        Parameters
        ----------
        values : float array (n, d)
            Features.

        Returns
        -------
        float array (n, labels)
            In the order of the label set; 0 for expressions on which the classifier was not trained.
        """
        result = np.zeros((len(values), len(self.label_set)))
        result[:, np.asarray(self.classifier.classes_, int)] = self.classifier.predict_proba(values)
        return result

    predict_rows = probabilities

    @property
    def output_names(self):
        """The names of the columns of `predict_rows`: the labels."""
        return self.label_set.names

    def relabel(self, label_set):
        """Return a Recognizer that predicts the labels of another LabelSet; raise ParameterError if they cannot be mapped."""
        mapping = map_labels(self.label_set, label_set)
        if label_set == self.label_set:
            return self
        other = copy(self)
        other.classifier, other.label_set = Relabelled(self.classifier, mapping), label_set
        if len(other.classifier.classes_) < 2:
            known = ", ".join(self.label_set.names[label] for label in np.asarray(self.classifier.classes_, int))
            raise ParameterError(f"labels {label_set.name}: fewer than two of them are left of what the model knows, which is "
                                 f"{known}; it would always answer the same")
        return other

    @property
    def _landmark_count(self):
        """The number of landmarks that the features use, the larger if there are two; None if they use none."""
        files = {file for feature in self.features for file in feature.model_files()}
        return max((count for count, file in POINT_MODELS.items() if file in files), default=None)

    def match_labels(self, table):
        """Return a FeatureTable with its labels mapped to those of this recognizer.

        Raises
        ------
        StoreError
            When the table has other features than the recognizer, or labels that cannot be mapped.
        """
        fingerprints = [feature.fingerprint for feature in self.features]
        if fingerprints != table.fingerprints:
            ours, theirs = (map(describe_fingerprint, prints) for prints in (fingerprints, table.fingerprints))
            raise StoreError(f"{table.source}: its features are {'; '.join(theirs)}; the model was trained on "
                             f"{'; '.join(ours)} (and the same versions and model files): extract those")
        if table.label_set is None:
            raise StoreError(f"{table.source}: its rows have no labels; the model knows {self.label_set.name}")
        try:
            return table.relabel(self.label_set)
        except ParameterError as error:
            raise StoreError(f"{table.source}: {error}; the model knows {self.label_set.name}") from None

    def _find_novelty(self, faces, values, engine):
        """Return the novelty of faces (list of float) with these features, which are computed again for chips in colour."""
        if self.novelty.grey:
            first = self.features[0]
            grey = [face.in_grey(first.align) for face in faces]
            if changed := [at for at, face in enumerate(faces) if grey[at] is not face]:
                values = values[:, :first.size].copy()
                values[changed] = values_of([first], [grey[at] for at in changed], engine or engine_for(len(faces)))
        return self.novelty.score(values).round(4).tolist()

    def _make_expression(self, face, row, novelty):
        probabilities = {name: round(float(p), 6) for name, p in zip(self.label_set.names, row, strict=True)}
        score = None if np.isnan(face.score) else round(face.score, 4)
        count = self._landmark_count
        landmarks = None if count is None else face.points(count).astype(float).round(1).tolist()
        return Expression(self.label_set.names[row.argmax()], probabilities,
                          tuple(round(side, 1) for side in face.clipped_box), face.status, score, landmarks, novelty)


def wrap_model_errors():
    """Return a context manager that turns the errors of libraries inside a model into a BundleError."""
    return wrap_library_errors("the model cannot answer", "look at it with `featfer info --check`, or train it again",
                               BundleError)


def _to_minor(version):
    """Return "1.9" for the version "1.9.2"."""
    return ".".join((version or "").split(".")[:2])
