"""What all features have in common: a scikit-learn transformer from faces to vectors, with a fingerprint."""

import hashlib
import json
from copy import copy
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from featfer.errors import ParameterError
from featfer.faces import ALIGNMENTS, DETECTION, EARLIER_VERSIONS, PLAIN, check_view
from featfer.faces.dlib_models import MODEL_FILES
from featfer.faces.landmarks import POINT_MODELS
from featfer.images.pixels import resize, to_grey
from featfer.utils.fitted_files import content_of, reference_of


class Feature(TransformerMixin, BaseEstimator):
    """A transformer from faces to vectors, without fitted state. Subclasses override what differs.

    Attributes
    ----------
    name : str
    argument : str or None
        The parameter that takes what follows the colon in a name such as "stage:128x8x8".
    version : int
        Raised whenever the output changes.
    size : int
        Number of columns.
    dtype : numpy dtype
        How the values are stored.
    engine_params : tuple of str
        Parameters that change how the output is computed but not what it is; they are not in the fingerprint.
    fitted_params : tuple of str
        Parameters that name a fitted file, see `featfer.utils.fitted_files`.
    later_params : dict
        Parameters added after the first release, with the value that means what the feature did before.
    enlargement : featfer.superres.enlarging.Enlargement or None
        Applied to small images before faces are detected.
    smallest : float or None
        Side in pixels of the smallest face of interest in photos; None for the detector's own.
    """

    name = ""
    argument = None
    version = 1
    size = 0
    dtype = np.float32
    engine_params = ()
    fitted_params = ()
    later_params = {}
    enlargement = None
    smallest = None

    def fit(self, faces, y=None):
        """Return the feature unchanged: there is nothing to fit."""
        return self

    def transform(self, faces):
        """Return the values of each face.

        Parameters
        ----------
        faces : list of Face

        Returns
        -------
        float32 array (n, size)
        """
        raise NotImplementedError

    def transform_outputs(self, faces, outputs):
        """Return what `transform` returns, computed from the network's outputs if the feature uses them.

        Parameters
        ----------
        faces : list of Face
        outputs : dict
            As `featfer.features.network_outputs` returns them, so that several features share one forward pass.
        """
        return self.transform(faces)

    def check(self):
        """Raise ParameterError for an invalid parameter, or MissingError for a file or device that is not there."""

    def model_files(self):
        """Return the names of dlib's model files that the output depends on (tuple of str)."""
        return ()

    @property
    def fingerprint(self):
        """Everything that the output depends on, as plain data (dict)."""
        params = {k: v for k, v in self.get_params().items()
                  if k not in self.engine_params and not (k in self.later_params and v == self.later_params[k])}
        params |= {k: reference_of(params[k]) for k in self.fitted_params if k in params}
        faces = {**({"smallest": self.smallest} if self.smallest else {}),
                 **({"superres": self.enlargement.fingerprint} if self.enlargement else {})}
        return {"feature": self.name, "version": self.version, "params": params, "faces": {**DETECTION, **faces},
                "models": {file: MODEL_FILES[file] for file in self.model_files()}}

    def read_fitted_files(self):
        """Return the contents of the fitted files that the feature needs (list of bytes)."""
        params = self.fingerprint["params"]
        return [*(content_of(params[k]) for k in self.fitted_params if k in params),
                *(self.enlargement.read_fitted_files() if self.enlargement else [])]

    def resolve_fitted_files(self):
        """Name the fitted files by their digests, so that the feature no longer depends on what is at their paths.

        Returns
        -------
        feature : Feature
            A copy whose parameters name fitted files by reference ("sha256:...").
        files : dict
            {reference: absolute path} of those that were named by path.
        """
        resolved, files = copy(self), {}
        for name, reference in self.fingerprint["params"].items():
            if name in self.fitted_params:
                files[reference] = getattr(self, name)
                setattr(resolved, name, reference)
        if self.enlargement:
            resolved.enlargement, file = self.enlargement.resolve_fitted_files()
            files |= file
        return resolved, {reference: str(Path(path).absolute()) for reference, path in files.items() if str(path) != reference}

    @property
    def key(self):
        """The feature's key in a store: its name and a digest of its fingerprint (str)."""
        return make_key(self.fingerprint)

    @property
    def earlier_keys(self):
        """The keys that the feature had with each of EARLIER_VERSIONS of the detection (list of str)."""
        fingerprint = self.fingerprint
        return [make_key({**fingerprint, "faces": {**fingerprint["faces"], "version": version}})
                for version in EARLIER_VERSIONS]

    def __sklearn_is_fitted__(self):
        return True


def make_key(fingerprint):
    """Return the key in a store of the feature with this fingerprint (str)."""
    text = json.dumps(fingerprint, sort_keys=True)
    return f"{fingerprint['feature']}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def upgraded(fingerprint):
    """Return a feature's fingerprint with one of EARLIER_VERSIONS of the detection replaced by the present; others unchanged.

    All find the same faces in crops; the earlier ones found fewer in photos.
    """
    faces = fingerprint.get("faces")
    is_earlier = (isinstance(faces, dict) and faces.get("detector") == DETECTION["detector"]
                  and faces.get("version") in EARLIER_VERSIONS)
    return {**fingerprint, "faces": {**faces, "version": DETECTION["version"]}} if is_earlier else fingerprint


def describe_fingerprint(fingerprint):
    """Return the feature with this fingerprint in words, for messages (str)."""
    enlarged, smallest = (fingerprint["faces"].get(name) for name in ("superres", "smallest"))
    by = f" of images enlarged by {enlarged['model'][:23]}" if enlarged else ""
    since = f" of faces from {smallest:g} pixels on" if smallest else ""
    return f"{fingerprint['feature']} {fingerprint['params']}{by}{since}"


def check_align(name, align):
    """Raise ParameterError for an unknown alignment; `name` says in the message whose it is."""
    if align not in ALIGNMENTS:
        raise ParameterError(f"{name}: align {align!r} is none of {', '.join(map(repr, ALIGNMENTS))}")


class ChipFeature(Feature):
    """A feature of the chip. Subclasses have at least these parameters.

    Parameters
    ----------
    align : {"5", "68", "none"}
        Landmarks by which the face is turned upright.
    view : str
        "plain", or a change of the chip, as for `featfer.faces.views.apply_view`.
    """

    later_params = {"view": PLAIN}

    def model_files(self):
        return () if self.align == "none" else (POINT_MODELS[int(self.align)],)

    def check(self):
        check_align(self.name, self.align)
        check_view(self.view)


class GreyFeature(ChipFeature):
    """A feature of the grey chip, computed one face at a time by the subclass's `describe`.

    Attributes
    ----------
    side : int
        Pixels a side to which the chip is shrunk.
    limits : (int, int) or None
        Range of the argument if it is a whole number, else None.
    """

    dtype = np.float16
    limits = None

    @property
    def number(self):
        """The argument as a whole number (int). Raises ParameterError if it is none, or out of range."""
        value, (least, most) = str(getattr(self, self.argument)), self.limits
        if not (value.isdecimal() and len(value) < 9 and least <= int(value) <= most):
            raise ParameterError(f"{self.name}: {self.argument} {value!r} is not a whole number from {least} to {most}")
        return int(value)

    def check(self):
        super().check()
        if self.limits:
            _ = self.number

    def transform(self, faces):
        self.check()
        if not faces:
            return np.empty((0, self.size), np.float32)
        return np.stack([self.describe(self.grey(face)) for face in faces]).astype(np.float32, copy=False)

    def grey(self, face):
        """Return the grey chip of a face, shrunk to the feature's side, uint8 (side, side)."""
        return resize(to_grey(face.chip(self.align, self.view)), self.side, self.side)

    def describe(self, chip):
        """Return the feature of one grey chip: uint8 (side, side) -> float (size,)."""
        raise NotImplementedError
