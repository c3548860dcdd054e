"""A trained classifier of expressions: from an image to its faces and a blend of expressions for each."""

from collections import Counter
from copy import copy

import numpy as np

from featfer.classifiers.wrappers.prior import PriorCorrected, estimate_prior
from featfer.classifiers.wrappers.relabelled import Relabelled
from featfer.errors import ParameterError, StoreError
from featfer.expression import Expression, check_reject
from featfer.face_model import FaceModel, wrap_model_errors
from featfer.faces.landmarks import POINT_MODELS
from featfer.features.base import describe_fingerprint
from featfer.labels import map_labels
from featfer.shares import are_shares, read_shares

UNIFORM = "uniform"    # a prior: all labels have the same share
ESTIMATE = "estimate"  # stands for a prior that is estimated from the faces that a command sees


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
    prior : dict of str to float, or None
        The shares of the labels that the probabilities assume: those of the training faces, or what `with_prior` was given.
        None in models of earlier versions.
    grey : bool
        Whether it reads chips without their colours, since all training images were grey.
    """

    novelty = None
    prior = None
    grey = False

    def __init__(self, classifier, features, label_set):
        super().__init__(features)
        self.classifier = classifier
        self.label_set = label_set

    def expressions(self, faces, engine=None, with_novelty=True):
        """Return the Expression of each Face in a list; `engine` as for `predict`, by default by the number of faces.

        Novelty is None without `with_novelty`.
        """
        values = self.compute_features(faces, engine)
        with wrap_model_errors():
            is_told = with_novelty and self.novelty is not None
            novelty = self.novelty.score(values).round(4).tolist() if is_told else [None] * len(faces)
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
        if self.prior is not None:
            shares = Counter()
            for name, label in zip(self.label_set.names, mapping, strict=True):
                shares[label] += self.prior.get(name, 0)
            known = [shares[label] for label in other.classifier.classes_]
            if not sum(known):
                raise ParameterError(f"labels {label_set.name}: none of them has a share in the model's prior")
            other.prior = _name_shares(known, other)
        return other

    def with_prior(self, prior):
        """Return a Recognizer whose probabilities assume other shares of the labels.

        Parameters
        ----------
        prior : dict of str to float, or str
            The share of each label that the model knows, 0 or more; they need not sum to 1. A str is "uniform", or as for
            `featfer.shares.read_shares`.

        Returns
        -------
        Recognizer

        Raises
        ------
        ParameterError
            When a label is missing or unknown, when all shares are 0, or when the model does not say what it assumes.

        Notes
        -----
        See `featfer.classifiers.wrappers.prior.correct_prior`.
        """
        classifier, assumed = self.classifier, self._list_assumed()
        if isinstance(classifier, PriorCorrected):  # a prior replaces one that was stated before
            classifier, assumed = classifier.estimator, classifier.assumed
        names = [self.label_set.names[label] for label in classifier.classes_]
        shares = self._read_prior(prior, names)
        if not are_shares(shares, names):
            raise ParameterError(f"prior {shares!r:.200}: give a share from 0 of each of {', '.join(names)}, and not all 0")
        other = copy(self)
        other.prior = _name_shares([shares[name] for name in names], self)
        other.classifier = PriorCorrected(classifier, assumed, np.array([other.prior[name] for name in names]))
        return other

    def estimate_prior(self, probabilities, weights=None):
        """Estimate the shares of the labels in a batch, by expectation maximisation.

        Parameters
        ----------
        probabilities : float array (n, labels)
            Of the faces of the batch, as `probabilities` or the `probabilities` of an Expression hold them.
        weights : array_like of float, shape (n,), optional
            Of the faces.

        Returns
        -------
        dict of str to float
            For `with_prior`.

        Raises
        ------
        ParameterError
            Without a face, or when the model does not say what it assumes.
        """
        if not len(probabilities):
            raise ParameterError("no face to estimate the shares of the labels from")
        known = np.asarray(self.classifier.classes_, int)
        return _name_shares(estimate_prior(np.asarray(probabilities)[:, known], self._list_assumed(), weights), self)

    def _read_prior(self, prior, names):
        """Return {label: share} for a prior in any of its forms."""
        if prior == UNIFORM:
            return dict.fromkeys(names, 1.0)
        return read_shares(prior, self.label_set) if isinstance(prior, str) else prior

    def _list_assumed(self):
        """Return the shares that the probabilities assume, float (classes,)."""
        if self.prior is None:
            raise ParameterError("prior: the model does not say on which shares of the labels it was trained; train it again "
                                 "with this version")
        return np.array([self.prior[self.label_set.names[label]] for label in self.classifier.classes_])

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

    def as_read(self, faces):
        """Return each Face in a list as the model reads it: without the colours of its chips if the model is `grey`."""
        for align in {feature.align for feature in self.features if self.grey and hasattr(feature, "align")}:
            faces = [face.in_grey(align) for face in faces]
        return faces

    def compute_features(self, faces, engine=None):
        """Return the features of each Face in a list, float32 (n, d), as `FaceModel.compute_features`, of faces `as_read`."""
        return super().compute_features(self.as_read(faces), engine)

    def _make_expression(self, face, row, novelty):
        probabilities = {name: round(float(p), 6) for name, p in zip(self.label_set.names, row, strict=True)}
        score = None if np.isnan(face.score) else round(face.score, 4)
        count = self._landmark_count
        landmarks = None if count is None else face.points(count).astype(float).round(1).tolist()
        return Expression(self.label_set.names[row.argmax()], probabilities,
                          tuple(round(side, 1) for side in face.clipped_box), face.status, score, landmarks, novelty)


def _name_shares(shares, recognizer):
    """Return {label: share} for the shares of a recognizer's classes, which then sum to 1."""
    names = [recognizer.label_set.names[label] for label in recognizer.classifier.classes_]
    return {name: float(share / sum(shares)) for name, share in zip(names, shares, strict=True)}
