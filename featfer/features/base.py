"""What all features have in common: a scikit-learn transformer from faces to vectors, with a fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from featfer.errors import ParameterError
from featfer.faces import ALIGNMENTS, DETECTION, EARLIER_VERSIONS, PLAIN, check_smallest, check_view
from featfer.faces.dlib_models import MODEL_FILES
from featfer.faces.landmarks import POINT_MODELS
from featfer.features.finding import are_faces, check_enlargement, enlarge_small_by, find_best_faces, list_items
from featfer.images.pixels import resize, to_grey
from featfer.superres.enlarging import make_enlargement
from featfer.utils.fitted_files import content_of, find_fitted_file, reference_of
from featfer.utils.transformers import StatelessTransformer

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

    from featfer.faces.face import Face
    from featfer.superres.enlarging import Enlargement
    from featfer.typing import Fingerprint, Floats, Images, Pixels
    from featfer.typing import Path as Name


class Feature(StatelessTransformer):
    """A transformer from faces, or images, to vectors, without fitted state. Subclasses override what differs.

    Parameters
    ----------
    superres : str, Path or Enlargement, optional
        What enlarges images of at most 64 pixels before faces are detected: "srresnet", "srgan", the file of a generator,
        "bicubic" or "lanczos". An Enlargement also has a precision and a device.
    smallest : float, optional
        Side in pixels of the smallest face of interest in photos, from 20 to 2000. Default: the detector's own.

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
    """

    name: ClassVar[str] = ""
    argument: ClassVar[str | None] = None
    version: ClassVar[int] = 1
    dtype: ClassVar[DTypeLike] = np.float32
    engine_params: ClassVar[tuple[str, ...]] = ()
    fitted_params: ClassVar[tuple[str, ...]] = ()
    later_params: ClassVar[dict[str, Any]] = {}
    superres: Name | Enlargement | None = None  # here, too, for the pickles of versions in which it was no parameter
    smallest: float | None = None

    def __init__(self, superres: Name | Enlargement | None = None, smallest: float | None = None) -> None:
        self.superres = superres
        self.smallest = smallest

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore a pickle; in those of earlier versions, what is now `superres` was an attribute `enlargement`."""
        super().__setstate__({"superres" if name == "enlargement" else name: value for name, value in state.items()})

    @property
    def size(self) -> int:
        raise NotImplementedError

    def transform(self, X: Sequence[Face] | Images) -> Floats:
        """Compute the values of faces, or of the best face of each image.

        Parameters
        ----------
        X : list of Face, image, or iterable of images
            An image is a file name, bytes, an open binary file, a PIL image or an array; a Series or a data frame with one
            column is several. Its best face is found as `superres` and `smallest` say; if there is none, it is the whole image.

        Returns
        -------
        float32 array (n, size)
            A row for each face or image.

        Raises
        ------
        ParameterError, MissingError
            For an invalid parameter, or what is neither a face nor an image; for a file or device that is not there.
        DataError
            For an image that cannot be read.
        """
        items: Any = X if are_faces(X) else list_items(X)
        if are_faces(items):
            return self.compute(items)
        self.check()
        found = find_best_faces(items, DETECTION["detector"], enlarge_small_by(self.superres), self.smallest)
        return np.concatenate([self.compute(faces) for faces in found] or [self.compute([])])

    def compute(self, faces: Sequence[Face]) -> Floats:
        """Return the values of each face in a list, float32 (n, size)."""
        raise NotImplementedError

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the columns, an object array (size,), such as "embedding_0"; the input has no part in them."""
        self.check()
        return np.array([f"{self.name.replace('-', '_')}_{i}" for i in range(self.size)], object)

    def transform_outputs(self, faces: Sequence[Face], outputs: dict[Face, Any]) -> Floats:
        """Return what `transform` returns, computed from the network's outputs if the feature uses them.

        Parameters
        ----------
        faces : list of Face
        outputs : dict
            As `featfer.features.network_outputs` returns them, so that several features share one forward pass.
        """
        return self.compute(faces)

    def check(self) -> None:
        """Raise ParameterError for an invalid parameter, or MissingError for a file or device that is not there."""
        check_smallest(self.smallest)
        check_enlargement(self.superres)

    @property
    def enlargement(self) -> Enlargement | None:
        """What is applied to small images before faces are detected: `superres` as an Enlargement, or None."""
        return make_enlargement(self.superres)

    def model_files(self) -> tuple[str, ...]:
        """Return the names of dlib's model files that the output depends on (tuple of str)."""
        return ()

    @property
    def fingerprint(self) -> Fingerprint:
        """Everything that the output depends on, as plain data (dict)."""
        others = (*self.engine_params, "superres", "smallest")  # these are in "faces"
        params = {k: v for k, v in self.get_params(deep=False).items()
                  if k not in others and not (k in self.later_params and v == self.later_params[k])}
        params |= {k: reference_of(params[k]) for k in self.fitted_params if k in params}
        enlargement = self.enlargement
        faces = {**({"smallest": self.smallest} if self.smallest else {}),
                 **({"superres": enlargement.fingerprint} if enlargement else {})}
        return {"feature": self.name, "version": self.version, "params": params, "faces": {**DETECTION, **faces},
                "models": {file: MODEL_FILES[file] for file in self.model_files()}}

    def read_fitted_files(self) -> list[bytes]:
        """Return the contents of the fitted files that the feature needs (list of bytes)."""
        params, enlargement = self.fingerprint["params"], self.enlargement
        return [*(content_of(params[k]) for k in self.fitted_params if k in params),
                *(enlargement.read_fitted_files() if enlargement else [])]

    def resolve_fitted_files(self) -> tuple[Self, dict[str, str]]:
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
                files[reference] = find_fitted_file(getattr(self, name))
                setattr(resolved, name, reference)
        if enlargement := self.enlargement:
            resolved.superres, file = enlargement.resolve_fitted_files()
            files |= file
        return resolved, {reference: str(Path(path).absolute()) for reference, path in files.items() if str(path) != reference}

    @property
    def key(self) -> str:
        """The feature's key in a store: its name and a digest of its fingerprint (str)."""
        return make_key(self.fingerprint)

    @property
    def earlier_keys(self) -> list[str]:
        """The keys that the feature had with each of EARLIER_VERSIONS of the detection (list of str)."""
        fingerprint = self.fingerprint
        return [make_key({**fingerprint, "faces": {**fingerprint["faces"], "version": version}})
                for version in EARLIER_VERSIONS]


def make_key(fingerprint: Fingerprint) -> str:
    """Return the key in a store of the feature with this fingerprint (str)."""
    text = json.dumps(fingerprint, sort_keys=True)
    return f"{fingerprint['feature']}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def upgraded(fingerprint: Fingerprint) -> Fingerprint:
    """Return a feature's fingerprint with one of EARLIER_VERSIONS of the detection replaced by the present; others unchanged.

    All find the same faces in crops; the earlier ones found fewer in photos.
    """
    faces = fingerprint.get("faces")
    if not (isinstance(faces, dict) and faces.get("detector") == DETECTION["detector"]
            and faces.get("version") in EARLIER_VERSIONS):
        return fingerprint
    return {**fingerprint, "faces": {**faces, "version": DETECTION["version"]}}


def describe_fingerprint(fingerprint: Fingerprint) -> str:
    """Return the feature with this fingerprint in words, for messages (str)."""
    enlarged, smallest = (fingerprint["faces"].get(name) for name in ("superres", "smallest"))
    by = f" of images enlarged by {enlarged['model'][:23]}" if enlarged else ""
    since = f" of faces from {smallest:g} pixels on" if smallest else ""
    return f"{fingerprint['feature']} {fingerprint['params']}{by}{since}"


def check_align(name: str, align: str) -> None:
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
    superres, smallest
        As for `Feature`.
    """

    later_params = {"view": PLAIN}
    align: str
    view: str

    def model_files(self) -> tuple[str, ...]:
        return () if self.align == "none" else (POINT_MODELS[int(self.align)],)

    def check(self) -> None:
        super().check()
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
    limits: ClassVar[tuple[int, int] | None] = None

    @property
    def side(self) -> int:
        raise NotImplementedError

    @property
    def number(self) -> int:
        """The argument as a whole number (int). Raises ParameterError if it is none, or out of range."""
        value, (least, most) = str(getattr(self, str(self.argument))), self.limits or (0, 0)
        if not (value.isdecimal() and len(value) < 9 and least <= int(value) <= most):
            raise ParameterError(f"{self.name}: {self.argument} {value!r} is not a whole number from {least} to {most}")
        return int(value)

    def check(self) -> None:
        super().check()
        if self.limits:
            _ = self.number

    def compute(self, faces: Sequence[Face]) -> Floats:
        self.check()
        if not faces:
            return np.empty((0, self.size), np.float32)
        return np.stack([self.describe(self.grey(face)) for face in faces]).astype(np.float32, copy=False)

    def grey(self, face: Face) -> Pixels:
        """Return the grey chip of a face, shrunk to the feature's side, uint8 (side, side)."""
        return resize(to_grey(face.chip(self.align, self.view)), self.side, self.side)

    def describe(self, chip: Pixels) -> Floats:
        """Return the feature of one grey chip: uint8 (side, side) -> float (size,)."""
        raise NotImplementedError
