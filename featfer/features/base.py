"""What every feature is: a scikit-learn transformer from faces to vectors, with a fingerprint."""

import hashlib
import json
from copy import copy
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from featfer.errors import ParameterError
from featfer.faces import ALIGNMENTS, DETECTION, EARLIER_VERSION, PLAIN, check_view
from featfer.faces.dlib_models import MODEL_FILES
from featfer.faces.landmarks import POINT_MODELS
from featfer.images.pixels import resize, to_grey
from featfer.utils.fitted_files import content_of, reference_of


class Feature(TransformerMixin, BaseEstimator):
    """A transformer without fitted state: transform(faces) -> float32 (n, size).

    A subclass sets name, version (raised when its output changes), size and dtype (as it is stored), and says which model
    files it reads.
    Parameters named in `engine_params` say how the output is computed, not what it is, and stay out of the fingerprint.
    """

    name = ""
    argument = None  # the parameter that what stands behind a colon in the name is for
    version = 1
    size = 0
    dtype = np.float32
    engine_params = ()
    fitted_params = ()  # parameters that name a fitted file, see featfer.utils.fitted_files
    later_params = {}  # parameters that came after the first release, with the value that stands for what was before
    enlargement = None  # a featfer.superres.enlarging.Enlargement of small images, before faces are looked for
    smallest = None  # side in pixels of the smallest face of interest in photos, None for the detector's own

    def fit(self, faces, y=None):
        """Do nothing: there is no state to fit."""
        return self

    def transform(self, faces):
        """Return the feature of each Face, float32 (n, size)."""
        raise NotImplementedError

    def transform_passed(self, faces, outputs):
        """Return what transform does, of faces that have passed through the network for several features; outputs: as
        featfer.features.network_outputs returns them."""
        return self.transform(faces)

    def check(self):
        """Raise ParameterError or MissingError when the parameters cannot be used here."""

    def model_files(self):
        """Return the names of the model files that the output depends on."""
        return ()

    @property
    def fingerprint(self):
        """All that the output depends on, as plain data (dict)."""
        params = {k: v for k, v in self.get_params().items()
                  if k not in self.engine_params and not (k in self.later_params and v == self.later_params[k])}
        params |= {k: reference_of(params[k]) for k in self.fitted_params if k in params}
        faces = {**({"smallest": self.smallest} if self.smallest else {}),
                 **({"superres": self.enlargement.fingerprint} if self.enlargement else {})}
        return {"feature": self.name, "version": self.version, "params": params, "faces": {**DETECTION, **faces},
                "models": {file: MODEL_FILES[file] for file in self.model_files()}}

    def carried(self):
        """Return the contents of the fitted files that it needs, a list of bytes."""
        params = self.fingerprint["params"]
        return [*(content_of(params[k]) for k in self.fitted_params if k in params),
                *(self.enlargement.carried() if self.enlargement else [])]

    def pinned(self):
        """Return (feature, {reference: path}): the same feature with its fitted files named by their references, so that it
        does not depend on what stands at their paths later."""
        pinned, files = copy(self), {}
        for name, reference in self.fingerprint["params"].items():
            if name in self.fitted_params:
                files[reference] = getattr(self, name)
                setattr(pinned, name, reference)
        if self.enlargement:
            pinned.enlargement, file = self.enlargement.pinned()
            files |= file
        return pinned, {reference: str(Path(path).absolute()) for reference, path in files.items() if str(path) != reference}

    @property
    def key(self):
        """The feature's name and a digest of its fingerprint: the store's key (str)."""
        return key_of(self.fingerprint)

    @property
    def earlier_key(self):
        """Its key as that of faces that the detection of EARLIER_VERSION found (str)."""
        fingerprint = self.fingerprint
        return key_of({**fingerprint, "faces": {**fingerprint["faces"], "version": EARLIER_VERSION}})

    def __sklearn_is_fitted__(self):
        return True


def key_of(fingerprint):
    """Return the key of the feature with this fingerprint (str)."""
    text = json.dumps(fingerprint, sort_keys=True)
    return f"{fingerprint['feature']}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def upgraded(fingerprint):
    """Return the fingerprint of a feature with that of today's detection in place of EARLIER_VERSION's, which found the same
    faces in crops and fewer in large photos; any other as it is."""
    faces, version = fingerprint.get("faces"), DETECTION["version"]
    is_earlier = isinstance(faces, dict) and faces.items() >= {**DETECTION, "version": EARLIER_VERSION}.items()
    return {**fingerprint, "faces": {**faces, "version": version}} if is_earlier else fingerprint


def described(fingerprint):
    """Return what the feature with this fingerprint is, for messages (str)."""
    enlarged, smallest = (fingerprint["faces"].get(name) for name in ("superres", "smallest"))
    by = f" of images enlarged by {enlarged['model'][:23]}" if enlarged else ""
    since = f" of faces from {smallest:g} pixels on" if smallest else ""
    return f"{fingerprint['feature']} {fingerprint['params']}{by}{since}"


def check_align(name, align):
    """Raise ParameterError, in the name of who asks, when faces cannot be aligned so."""
    if align not in ALIGNMENTS:
        raise ParameterError(f"{name}: align {align!r} is none of {', '.join(map(repr, ALIGNMENTS))}")


class ChipFeature(Feature):
    """A feature of the chip. A subclass has at least these parameters:

    align: "5" or "68" landmarks turn the face upright, "none" leaves it
    view: the chip as it is ("plain"), or changed as featfer.faces.views.apply_view says
    """

    later_params = {"view": PLAIN}

    def model_files(self):
        return () if self.align == "none" else (POINT_MODELS[int(self.align)],)

    def check(self):
        check_align(self.name, self.align)
        check_view(self.view)


class GreyFeature(ChipFeature):
    """A feature of the grey chip, one face at a time: a subclass gives `side`, in pixels, and `describe`.

    limits: the least and the most of the whole number that its argument is, None for an argument of another kind
    """

    dtype = np.float16
    limits = None

    @property
    def number(self):
        """The argument as a whole number (int); raises ParameterError where it is none, or beyond the limits."""
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
        """Return the grey chip of a face, shrunk to the feature's side: uint8 (side, side)."""
        return resize(to_grey(face.chip(self.align, self.view)), self.side, self.side)

    def describe(self, chip):
        """Return the feature of one grey chip, uint8 (side, side) -> float (size,)."""
        raise NotImplementedError
