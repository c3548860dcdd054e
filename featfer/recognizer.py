"""A trained classifier of expressions: from an image to its faces and a blend of expressions for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from featfer.classifiers import make_classifier
from featfer.classifiers.labelled import LabelledClassifier, name_shares, read_labels, to_label_set
from featfer.errors import ParameterError, StoreError, wrap_library_errors
from featfer.expression import COLUMNS, LAST_COLUMNS, Expression, check_reject, make_rows
from featfer.face_model import FaceModel, wrap_model_errors
from featfer.faces import Face
from featfer.faces.landmarks import POINT_MODELS
from featfer.features.base import describe_fingerprint
from featfer.features.choosing import Features
from featfer.features.measures import MEASURES, measure_faces
from featfer.images.given import as_images, name_images
from featfer.labels import LabelSet
from featfer.typing import Floats, Images, Path
from featfer.utils.estimators import ClassifierMixin

if TYPE_CHECKING:
    import pandas as pd

    from featfer.classifiers.novelty import Novelty

ESTIMATE = "estimate"  # stands for a prior that is estimated from the faces that a command sees


class Recognizer(ClassifierMixin, LabelledClassifier, FaceModel):
    """A trained classifier with the features it was trained on; a scikit-learn classifier of images.

    Parameters
    ----------
    classifier : scikit-learn classifier, or str
        It has predict_proba over feature matrices (n, d); its classes are indices into the label set. Fitted, unless `fit` is
        called. A name is as for `featfer.make_classifier`.
    features : list of Feature
        Their vectors are concatenated. Names will do, as for `featfer.features.choosing.to_features`.
    label_set : LabelSet, or str
        Of the classes; a name is as for `featfer.labels.find_labels`.
    grey : bool
        Whether it reads chips without their colours, since all training images were grey.

    Attributes
    ----------
    classes_ : ndarray of str or int
        The labels it was trained on, sorted; indices into the label set if `fit` was given such.
    novelty : featfer.classifiers.novelty.Novelty or None
        Tells how unlike the training faces a face is, by its features; `featfer.training.novelty.fit_novelty` makes it.
    prior : dict of str to float, or None
        The shares of the labels that the probabilities assume: those of the training faces, or what `with_prior` was given.
        None in models of earlier versions.
    """

    novelty: Novelty | None = None
    grey: bool = False
    has_index_classes: bool = False  # in models of earlier versions, too

    def __init__(self, classifier: Any, features: Features, label_set: LabelSet | Path, grey: bool = False) -> None:
        super().__init__(features)
        self.classifier = make_classifier(classifier) if isinstance(classifier, str) else classifier
        if not (self.classifier is None or hasattr(self.classifier, "predict_proba")):
            raise ParameterError(f"classifier {self.classifier!r:.80}: give a name such as 'svm', what featfer.make_classifier "
                                 "returns, or another scikit-learn classifier with predict_proba")
        self.label_set = to_label_set(label_set)
        self.grey = grey

    def set_params(self, **params: Any) -> Self:
        """Set parameters of the recognizer or, as `classifier__NAME`, of its classifier; return the recognizer.

        Raises ParameterError for an unknown one.
        """
        with wrap_library_errors("parameters cannot be set", "get_params lists them"):
            super().set_params(**params)
        self.__dict__.update(vars(Recognizer(self.classifier, self.features, self.label_set, self.grey)))
        return self

    def fit(self, images: Images, labels: Iterable[Any]) -> Self:
        """Train the classifier on the best face of each image, or on the whole image where no face is found.

        `classifier` is replaced by a fitted copy of itself, without calibration or another prior. `featfer.extract` and
        `featfer.train` are for data sets: they keep the features that were computed, and calibrate.

        Parameters
        ----------
        images : image or iterable of images
            As for `predict`.
        labels : iterable of str or int
            Of each image: names or synonyms of the label set, or indices into it.

        Returns
        -------
        self

        Raises
        ------
        ParameterError
            When there is not one label for each image, they are all the same, or the classifier cannot be trained on them.
        DataError
            For an image that cannot be read.
        """
        from featfer.classifiers.wrappers.unwrapping import is_balanced, make_untrained
        classifier, (codes, has_indices) = make_untrained(self.classifier), read_labels(labels, self.label_set)
        values = self.compute_best_features(images)
        _check_counts(codes, values)
        if len(np.unique(codes)) < 2:
            raise ParameterError(f"labels: all {len(codes)} are {self.label_set.names[codes[0]]!r}; give two kinds at least")
        with wrap_library_errors("the classifier cannot be trained", "set other parameters, or give more images"):
            self.classifier = classifier.fit(values, codes)
        self.has_index_classes, self.novelty, self.trained_on = has_indices, None, f"{len(codes):,} images"
        counts = np.bincount(codes, minlength=len(self.label_set))[self.known_labels]
        self.prior = name_shares(counts > 0 if is_balanced(classifier) else counts, self)
        return self

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels that it knows, sorted, as `fit` was given them: their names, or indices into the label set."""
        known = self._list_classes()
        return known if self.has_index_classes else np.array(self.label_set.names)[known]

    def predict_proba(self, images: Images) -> NDArray[np.float64]:
        """Return the probabilities of the best face in each image, or of the whole image where no face is found.

        Parameters
        ----------
        images
            As for `predict`, which tells all faces.

        Returns
        -------
        float64 array (images, classes)
            In the order of `classes_`; rows sum to 1.
        """
        known = self._predict_best(images)[:, self._list_classes()]
        return known / known.sum(axis=1, keepdims=True)  # those of single precision do not quite sum to 1

    def score(self, images: Images, labels: Iterable[Any], sample_weight: Sequence[float] | Floats | None = None) -> float:
        """Return the share of images whose best face gets the right label.

        Parameters
        ----------
        images, labels
            As for `fit`.
        sample_weight : array_like of float, shape (images,), optional

        Returns
        -------
        float
        """
        codes, probabilities = read_labels(labels, self.label_set)[0], self._predict_best(images)
        _check_counts(codes, probabilities)
        return float(np.average(probabilities.argmax(axis=1) == codes, weights=sample_weight))

    def predict_frame(self, images: Images, detector: str = "hog", no_face: str = "skip", smallest: float | None = None,
                      reject: float = 0.0, landmarks: bool = False) -> pd.DataFrame:
        """Predict for every face in some images, as `predict`, in a table.

        Parameters
        ----------
        images, detector, no_face, smallest, reject
            As for `predict`.
        landmarks : bool
            Whether with what the 68 landmarks show, in further columns as `featfer.analyze` names them: action units (AU1 and
            so on, from 0 to 5), pitch, yaw and roll in degrees, openness of the eyes, and the points in pixels.

        Returns
        -------
        pandas.DataFrame
            A row for each face, and one with the status "no-face" for an image without; the columns are those of
            `featfer predict --csv` without frame, seconds and, by default, landmarks. `image` is the name of a file, or else
            the number of the image, from 1; `face` is the number of the face in it.
        """
        import pandas as pd
        several, names = as_images(images), list[str | int]()
        rows = list[dict[str, Any]]()
        seen = self.recognize(name_images(several, names), detector, no_face, smallest, reject)
        for number, (faces, found) in enumerate(seen):
            named = make_rows({"image": names[number]}, found)
            measured = measure_faces(faces) if landmarks and faces else [{}] * len(named)
            rows += [{**row, **shown} for row, shown in zip(named, measured, strict=True)]
        columns = [name for name in (*COLUMNS, *self.label_set.names, *LAST_COLUMNS) if name not in ("frame", "seconds")]
        return pd.DataFrame(rows, columns=[*columns, *(MEASURES if landmarks else ())]).astype({"face": "Int64"})

    def expressions(self, faces: list[Face], with_novelty: bool = True) -> list[Expression]:
        """Return the Expression of each Face in a list.

        Novelty is None without `with_novelty`.
        """
        values = self.compute_features(faces)
        with wrap_model_errors():
            novelty = (self.novelty.score(values).round(4).tolist() if with_novelty and self.novelty is not None
                       else [None] * len(faces))
            return list(map(self._make_expression, faces, self.probabilities(values), novelty))

    _predict_faces = expressions

    def _check_reject(self, reject: float) -> None:
        check_reject(reject)

    predict_rows = LabelledClassifier.probabilities

    @property
    def output_names(self) -> tuple[str, ...]:
        """The names of the columns of `predict_rows`: the labels."""
        return self.label_set.names

    @property
    def _landmark_count(self) -> int | None:
        """The number of landmarks that the features use, the larger if there are two; None if they use none."""
        files = {file for feature in self.features for file in feature.model_files()}
        return max((count for count, file in POINT_MODELS.items() if file in files), default=None)

    def match_labels(self, table: Any) -> Any:
        """Return a FeatureTable with its labels mapped to those of this recognizer.

        Parameters
        ----------
        table : featfer.store.table.FeatureTable

        Returns
        -------
        featfer.store.table.FeatureTable

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

    def as_read(self, faces: list[Face]) -> list[Face]:
        """Return each Face in a list as the model reads it: without the colours of its chips if the model is `grey`."""
        for align in {feature.align for feature in self.features if self.grey and hasattr(feature, "align")}:
            faces = [face.in_grey(align) for face in faces]
        return faces

    def compute_features(self, faces: list[Face]) -> NDArray[np.float32]:
        """Return the features of each Face in a list, float32 (n, d), as `FaceModel.compute_features`, of faces `as_read`."""
        return super().compute_features(self.as_read(faces))

    def describe(self) -> dict[str, str]:
        """Return what the recognizer is made of (dict of str to str, text by heading)."""
        from featfer.classifiers.wrappers.unwrapping import describe_classifier
        about = super().describe()
        prior = ", ".join(f"{name} {share:.1%}" for name, share in (self.prior or {}).items())
        return {"classifier": describe_classifier(self.classifier), "features": about.pop("features"),
                "labels": f"{self.label_set.name}: {', '.join(self.label_set.names)}",
                **({"chips": "in grey"} if self.grey else {}), **({"prior": prior} if prior else {}), **about}

    def _list_classes(self) -> NDArray[np.int_]:
        """Return the indices of the labels in the order of `classes_`."""
        known = np.sort(self.known_labels)
        return known if self.has_index_classes else known[np.argsort(np.array(self.label_set.names)[known])]

    def _predict_best(self, images: Images) -> NDArray[np.float64]:
        """Return the probability of each label for the best face of each image, float (images, labels)."""
        _ = self.known_labels  # raises before work is done in vain
        values = self.compute_best_features(images)
        with wrap_model_errors():
            return self.probabilities(values) if len(values) else np.empty((0, len(self.label_set)))

    def _make_expression(self, face: Face, row: NDArray[np.float64], novelty: float | None) -> Expression:
        probabilities = {name: round(float(p), 6) for name, p in zip(self.label_set.names, row, strict=True)}
        score = None if np.isnan(face.score) else round(face.score, 4)
        count = self._landmark_count
        landmarks = None if count is None else face.points(count).astype(float).round(1).tolist()
        left, top, right, bottom = (round(side, 1) for side in face.clipped_box)
        return Expression(self.label_set.names[row.argmax()], probabilities, (left, top, right, bottom), face.status, score,
                          landmarks, novelty)


def _check_counts(codes: NDArray[Any], rows: NDArray[Any]) -> None:
    if len(codes) != len(rows):
        raise ParameterError(f"{len(codes)} labels for {len(rows)} images: give one for each")

