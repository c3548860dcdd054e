"""Image -> faces -> features -> a blend of expressions: what other code imports."""

import os
import warnings
from collections import deque
from collections.abc import Iterable, Sized
from copy import copy
from dataclasses import asdict, dataclass
from functools import cache, partial
from itertools import chain, islice

import numpy as np
from PIL import Image

from featfer.classifiers.wrappers.relabelled import Relabelled
from featfer.errors import BundleError, DataError, ParameterError, StoreError, to_one_line, wrap_library_errors
from featfer.faces import FOUND, check_smallest, find_detector, find_faces_in
from featfer.faces.landmarks import POINT_MODELS
from featfer.features import detection_settings, feature_of, values_of
from featfer.features.base import describe_fingerprint
from featfer.features.dlibnet.feature import check_engine, engine_for
from featfer.images.pixels import BYTES, make_batches, read_image
from featfer.labels import map_labels
from featfer.utils.environment import versions
from featfer.utils.fitted_files import register

# Another minor version of these may change what a saved classifier does.
SENSITIVE = ("featfer", "numpy", "scikit-learn")
NO_FACE = ("skip", "whole", "error")  # what becomes of an image in which no face is found
LEAST_NAMED = 3  # of the expressions in a face, however unlikely, where it is described in words ...
NAMED = 0.005    # ... and as many more as have this probability
_here = cache(versions)


class VersionWarning(UserWarning):
    """A recognizer was saved under other library versions than it is used with."""


@dataclass(frozen=True)
class Expression:
    """What is seen in one face.

    label: the likeliest expression; probabilities: of every expression, in [0, 1], by name, in the label set's order
    box: left, top, right, bottom in pixels of the image, and within it: what a detector sees beyond its edges is cut off
    status: "found", or "whole-image" where the whole image was taken for a face; score: the detector's, None for a whole image
    landmarks: the 5 points, or 68, [x, y] in pixels of the image, that the features were made with; None where they need none
    """

    label: str
    probabilities: dict[str, float]
    box: tuple[float, float, float, float]
    status: str
    score: float | None
    landmarks: list[list[float]] | None = None

    def blend(self):
        """Return (expression, probability) pairs, likeliest first; of those that are equally likely, the label first."""
        return sorted(self.probabilities.items(), key=lambda pair: (-pair[1], pair[0] != self.label))

    def in_words(self):
        """Return the likeliest expressions with their probabilities in per cent (str): LEAST_NAMED of them, and as many more as
        have the probability NAMED."""
        return ", ".join(f"{name} {probability:.0%}" for rank, (name, probability) in enumerate(self.blend())
                         if rank < LEAST_NAMED or probability >= NAMED)

    def as_dict(self):
        """Return it as plain data for JSON."""
        return asdict(self)


class FaceModel:
    """A trained model with the features it was trained on, which says something of each face in an image.

    features: list of Feature, whose vectors stand side by side
    A subclass has _seen, from a list of Face and an engine to a list of what it says of them; predict_rows, from feature values
    (n, d) to numbers (n, m), and output_names, the m names of those.
    """

    def __init__(self, features):
        detection_settings(features)  # says so where they cannot stand side by side
        self.features = features
        self.versions = versions()

    def predict(self, images, detector="hog", no_face="skip", smallest=None, engine=None):
        """Return a list of what is seen in each image, one for each of its faces, best detection first: Expression by a
        Recognizer, featfer.affect.recognizer.Affect by an AffectRecognizer.

        images: a file name, open file, PIL image or array (as featfer.images.pixels.read_image takes them), or an iterable of
        those, such as an array (n, h, w) of grey images or (n, h, w, 3); channels come last.
        detector: what finds the faces, one of featfer.faces.DETECTORS; the features were trained on those of "hog".
        no_face: of an image in which no face is found: "skip" gives an empty list, "whole" takes the whole image for a face,
        which is for images that were cut out before, "error" raises DataError. The detector "whole" looks for none.
        smallest: side in pixels of the smallest face of interest in photos, from 20 to 2000; None: what the features were
        extracted with
        engine: what computes dlib's network, where the features are made of it: "numpy", which is there at once, or "torch",
        which is loaded in two seconds and then two to three times as fast; None: NumPy for up to 16 images, torch for more, or
        where their number is not known. With one engine the features of a face have the same bits in whatever company its image
        comes; the engines differ by up to 1e-6 of the largest value. Classifiers take many rows at once, so that the last of
        the six decimals of a probability may be another then.
        Raises DataError for an image that cannot be read, ParameterError for another detector, no_face, size or engine,
        MissingError where a detector's package is missing.
        """
        return list(self.stream(_as_images(images), detector, no_face, smallest, engine))

    def warm_up(self, engine=None):
        """Return it with all read that it needs for its first face, so that this neither waits for that nor fails for want of
        it; engine: as for `predict`."""
        self.predict(np.zeros((96, 96), np.uint8), no_face="whole", engine=engine)
        return self

    def stream(self, images, detector="hog", no_face="skip", smallest=None, engine=None):
        """Return an iterator over what `predict` returns, image by image; images is an iterable, read as it goes, some images
        ahead."""
        return (seen for _, seen in self.recognize(images, detector, no_face, smallest, engine))

    def recognize(self, images, detector="hog", no_face="skip", smallest=None, engine=None):
        """Return an iterator as `stream` does, over (faces, seen): the Faces found in an image, and what is seen in each."""
        find_detector(detector)
        check_smallest(smallest)
        check_no_face(no_face)
        engine = engine or engine_for(len(images) if isinstance(images, Sized) else None)
        check_engine(engine)
        names = deque()
        read = make_batches(_read(images, names), lambda image: image.size)
        see = partial(self._see, detector=detector, no_face=no_face, smallest=smallest, engine=engine)
        looked = chain.from_iterable(map(see, read))
        return _with_faces(looked, names) if no_face == "error" else looked

    def _see(self, images, detector, no_face, smallest, engine):
        found = find_faces_for(self.features, images, detector, no_face, smallest)
        faces = [face for faces in found for face in faces]
        seen = iter(self._seen(faces, engine) if faces else ())
        return [(faces, list(islice(seen, len(faces)))) for faces in found]

    def _values(self, faces, engine):
        """Return the features of each Face, float32 (n, d)."""
        return values_of(self.features, faces, engine or engine_for(len(faces)))

    @property
    def differing(self):
        """The versions that it was saved under, of the libraries in SENSITIVE that are here in another (list of str)."""
        here = _here()
        return [f"{name} {self.versions.get(name)} (here {here.get(name)})" for name in SENSITIVE
                if _minor(self.versions.get(name)) != _minor(here.get(name))]

    def __getstate__(self):
        carried = {content for feature in self.features for content in feature.read_fitted_files()}
        return {**self.__dict__, "features": [feature.fingerprint for feature in self.features], "carried": sorted(carried)}

    def __setstate__(self, state):
        for content in state.pop("carried", ()):
            register(content)
        self.__dict__.update(state, features=[feature_of(fingerprint) for fingerprint in state["features"]])
        if self.differing:
            said = (f"this recognizer was saved under {', '.join(self.differing)}; compare its predictions with its card's "
                    "figures, or train it again")
            warnings.warn(to_one_line(said), VersionWarning, stacklevel=2)


class Recognizer(FaceModel):
    """A trained classifier with the features it was trained on.

    classifier: fitted, with predict_proba over feature matrices (n, d)
    features: list of Feature, whose vectors stand side by side; label_set: the LabelSet of its classes
    """

    def __init__(self, classifier, features, label_set):
        super().__init__(features)
        self.classifier = classifier
        self.label_set = label_set

    def expressions(self, faces, engine=None):
        """Return the Expression of each Face; engine: as for `predict`, None by the number of faces."""
        values = self._values(faces, engine)
        with answering():
            return [self._expression(*seen) for seen in zip(faces, self.probabilities(values), strict=True)]

    _seen = expressions

    def probabilities(self, values):
        """Return the probability of each expression, float (n, labels), in the label set's order; values: (n, d).

        Of an expression that the classifier was not trained on it is 0.
        """
        result = np.zeros((len(values), len(self.label_set)))
        result[:, np.asarray(self.classifier.classes_, int)] = self.classifier.predict_proba(values)
        return result

    predict_rows = probabilities

    @property
    def output_names(self):
        """The names of what it answers: its labels."""
        return self.label_set.names

    def relabel(self, label_set):
        """Return a Recognizer that answers in another LabelSet; raise ParameterError where there is no map to it."""
        become = map_labels(self.label_set, label_set)
        if label_set == self.label_set:
            return self
        other = copy(self)
        other.classifier, other.label_set = Relabelled(self.classifier, become), label_set
        if len(other.classifier.classes_) < 2:
            known = ", ".join(self.label_set.names[label] for label in np.asarray(self.classifier.classes_, int))
            raise ParameterError(f"labels {label_set.name}: fewer than two of them are left of what the model knows, which is "
                                 f"{known}; it would always answer the same")
        return other

    @property
    def _points(self):
        """How many landmarks its features are made with, of two counts the larger; None where they need none."""
        files = {file for feature in self.features for file in feature.model_files()}
        return max((count for count, file in POINT_MODELS.items() if file in files), default=None)

    def match_labels(self, table):
        """Return a FeatureTable with its labels turned into this recognizer's; raise StoreError when it has other features
        than this was trained on, or labels without a map to its own."""
        if [feature.fingerprint for feature in self.features] != table.fingerprints:
            ours, theirs = ([describe_fingerprint(f) for f in prints] for prints in
                            ([feature.fingerprint for feature in self.features], table.fingerprints))
            raise StoreError(f"{table.source}: its features are {'; '.join(theirs)}; the model was trained on "
                             f"{'; '.join(ours)} (and the same versions and model files): extract those")
        if table.label_set is None:
            raise StoreError(f"{table.source}: its rows have no labels; the model knows {self.label_set.name}")
        try:
            return table.relabel(self.label_set)
        except ParameterError as error:
            raise StoreError(f"{table.source}: {error}; the model knows {self.label_set.name}") from None

    def _expression(self, face, row):
        probabilities = {name: round(float(p), 6) for name, p in zip(self.label_set.names, row, strict=True)}
        score = None if np.isnan(face.score) else round(face.score, 4)
        count = self._points
        landmarks = None if count is None else face.points(count).astype(float).round(1).tolist()
        return Expression(self.label_set.names[row.argmax()], probabilities,
                          tuple(round(side, 1) for side in face.clipped_box), face.status, score, landmarks)


def find_faces_for(features, images, detector="hog", no_face="skip", smallest=None):
    """Return the list of Faces in each of several images, uint8 (h, w) or (h, w, 3), as a model of some features sees them;
    detector, no_face, smallest: as for FaceModel.predict."""
    how = detection_settings(features)
    found = find_faces_in(images, detector, how["enlarge"], smallest or how["smallest"])
    if no_face == "whole" or detector == "whole":
        return found
    return [[face for face in faces if face.status == FOUND] for faces in found]


def check_no_face(no_face):
    """Raise ParameterError where it is none of NO_FACE."""
    if no_face not in NO_FACE:
        raise ParameterError(f"no_face {no_face!r} is none of {', '.join(NO_FACE)}")


def _read(images, names):
    """Yield the pixels of images; what each is called is added to a deque."""
    for number, image in enumerate(images, 1):
        names.append(image if isinstance(image, (str, os.PathLike)) else f"image {number}")
        yield read_image(image)
        del image  # it may be large, and the next is not read yet


def _with_faces(looked, names):
    """Yield (faces, seen) pairs; raise DataError, which names the image, for one without faces."""
    for faces, seen in looked:
        name = names.popleft()
        if not faces:
            raise DataError(f"{name}: no face found; no_face='skip' gives an empty list for it, 'whole' takes it all for one")
        yield faces, seen


def answering():
    """Turn the errors of libraries, in a `with` block in which a FaceModel answers, into a BundleError."""
    return wrap_library_errors("the model cannot answer", "look at it with `featfer info --check`, or train it again",
                               BundleError)


def _minor(version):
    return ".".join((version or "").split(".")[:2])


def _as_images(images):
    """Return images as an iterable: in a list where they are a single one, or what read_image says is none."""
    if isinstance(images, np.ndarray):
        is_single = images.ndim in (0, 2) or (images.ndim == 3 and images.shape[2] in (1, 3, 4))
    else:
        is_single = isinstance(images, (*BYTES, str, os.PathLike, Image.Image)) or hasattr(images, "read") or not (
            isinstance(images, Iterable))
    return [images] if is_single else images
