"""Enlarging images four times, by a generator or by resampling."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Self

import numpy as np
from PIL import Image

from featfer.errors import DataError, ParameterError
from featfer.images.pixels import to_grey
from featfer.superres import RESAMPLED, SHIPPED
from featfer.superres.generators import PRECISIONS, SCALE, find_generator_file, is_generator, read_generator, read_shipped_for
from featfer.utils.environment import check_device
from featfer.utils.estimators import Estimator
from featfer.utils.fitted_files import content_of, reference_of

if TYPE_CHECKING:
    from torch import nn

    from featfer.typing import Fingerprint, Path, Pixels

SMALL = 64  # pixels; larger images are not enlarged before faces are detected
LARGEST = 1_000_000  # pixels of an image to be enlarged; a generator needs some kilobytes of memory for each
VERSION = 1  # raised when the output changes


def resample(image: Pixels, method: str) -> Pixels:
    """Enlarge an image four times by resampling.

    Parameters
    ----------
    image : uint8 array (h, w) or (h, w, 3)
    method : str
        A name in RESAMPLED.

    Returns
    -------
    uint8 array (4h, 4w) or (4h, 4w, 3)
    """
    height, width = image.shape[:2]
    return np.asarray(Image.fromarray(image).resize((SCALE * width, SCALE * height), Image.Resampling[method.upper()]))


class Enlargement(Estimator):
    """A way to enlarge images four times; call it with an image.

    Parameters
    ----------
    model : str or Path
        "bicubic", "lanczos", a generator that ships ("srresnet", "srgan"), the file of a generator, or its reference
        "sha256:...".
    precision : str
        Of a generator: "float32" or "bf16".
    device : str
        Of a generator: "cpu", "cuda" or "cuda:N".

    Notes
    -----
    The parameters are those of a scikit-learn estimator: a search can vary them, as `superres__precision` of a feature.
    `check` says whether they can be used.
    """

    def __init__(self, model: Path, precision: str = "float32", device: str = "cpu") -> None:
        self.model = model
        self.precision = precision
        self.device = device

    def check(self) -> None:
        """Check the parameters.

        Raises
        ------
        ParameterError
            If there is no such model or precision.
        MissingError, DataError
            If the device or the file is missing, or the file is not a generator.
        """
        if self.precision not in PRECISIONS:
            raise ParameterError(f"superres: precision {self.precision!r} is none of {', '.join(PRECISIONS)}")
        if self._name in RESAMPLED:
            return
        if not (isinstance(self.model, (str, os.PathLike)) and is_generator(self.model)):
            raise ParameterError(f"superres: {self._name!r} is no such file, and none of {', '.join((*SHIPPED, *RESAMPLED))}")
        check_device(self.device)
        _require_generator(self._name, self._reference)

    def __call__(self, image: Pixels) -> Pixels:
        """Enlarge an image four times.

        Parameters
        ----------
        image : uint8 array (h, w) or (h, w, 3)

        Returns
        -------
        uint8 array (4h, 4w) or (4h, 4w, 3)

        Raises
        ------
        DataError
            If the image has more than a million pixels.

        Notes
        -----
        A generator enlarges the luma (ITU-R 601). What it adds to the bicubic enlargement of the luma is added to each colour.
        """
        if image.shape[0] * image.shape[1] > LARGEST:
            raise DataError(f"{image.shape[1]}x{image.shape[0]} is more than {LARGEST:,} pixels, too large to be enlarged "
                            f"{SCALE} times")
        if self._name in RESAMPLED:
            return resample(image, self._name)
        if image.ndim == 2:
            return self._generate(image)
        luma = to_grey(image)
        added = self._generate(luma).astype(np.int16) - resample(luma, "bicubic")
        return np.clip(resample(image, "bicubic") + added[..., None], 0, 255).astype(np.uint8)

    def enlarge_small(self, image: Pixels) -> Pixels:
        """Enlarge an image if its sides have at most 64 pixels; return a larger one as it is.

        Parameters
        ----------
        image : uint8 array (h, w) or (h, w, 3)

        Returns
        -------
        uint8 array
        """
        return self(image) if max(image.shape[:2]) <= SMALL else image

    @property
    def fingerprint(self) -> Fingerprint:
        """Everything that the output depends on, as plain data (dict)."""
        name = self._name
        model = {"model": name} if name in RESAMPLED else {"model": self._reference, "precision": self.precision}
        return {**model, "small": SMALL, "version": VERSION}

    def read_fitted_files(self) -> list[bytes]:
        """Return the content of the generator's file in a list (of bytes); empty for resampling."""
        return [] if self._name in RESAMPLED else [content_of(self._reference)]

    def resolve_fitted_files(self) -> tuple[Self, dict[str, Path]]:
        """Return what `featfer.features.base.Feature.resolve_fitted_files` does, for an enlargement."""
        if self._name in RESAMPLED or self._name in SHIPPED:
            return self, {}
        reference = self._reference
        return type(self)(reference, self.precision, self.device), {reference: self.model}

    @property
    def _name(self) -> str:
        return str(self.model)

    @property
    def _reference(self) -> str:
        return reference_of(find_generator_file(self.model))

    def _generate(self, image: Pixels) -> Pixels:
        import torch
        with torch.inference_mode():
            x = torch.from_numpy(np.array(image))[None, None].to(self.device).float() / 255
            made = _load_net(self._reference, self.precision, self.device)(x)[0, 0]
            return (made.clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy()


def make_enlargement(model: Path | Enlargement | None, precision: str = "float32", device: str = "cpu") -> Enlargement | None:
    """Make an Enlargement from the value of --superres or of a feature's `superres`.

    Parameters
    ----------
    model : str, Path, Enlargement or None
        "none" or None for no enlargement. An Enlargement is returned as it is.
    precision, device : str
        As for `Enlargement`.

    Returns
    -------
    Enlargement or None
    """
    if isinstance(model, Enlargement):
        return model
    return None if model is None or str(model) == "none" else Enlargement(model, precision, device)


def restore_enlargement(fingerprint: Fingerprint | None) -> Enlargement | None:
    """Make the Enlargement that has a fingerprint.

    Parameters
    ----------
    fingerprint : dict or None

    Returns
    -------
    Enlargement or None

    Raises
    ------
    ValueError
        If this version of featfer enlarges in another way.
    """
    if fingerprint is None:
        return None
    if fingerprint["model"] not in RESAMPLED:
        read_shipped_for(fingerprint["model"])
    enlargement = Enlargement(fingerprint["model"], fingerprint.get("precision", "float32"))
    enlargement.check()
    if enlargement.fingerprint != fingerprint:
        raise ValueError(f"enlargement {fingerprint} is not what this featfer does")
    return enlargement


@functools.cache
def _require_generator(name: str, reference: str) -> None:
    """Raise DataError if a file is not a generator; read it once only, as long as its content stays."""
    read_generator(name)


@functools.cache
def _load_net(reference: str, precision: str, device: str) -> nn.Module:
    import torch
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    return read_generator(reference).to(device, dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch declares it without others
