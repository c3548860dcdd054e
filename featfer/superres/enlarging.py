"""Images enlarged four times: by a generator, or plainly by resampling."""

import functools
from copy import copy

import numpy as np
from PIL import Image

from featfer.errors import DataError, ParameterError
from featfer.images.pixels import to_grey
from featfer.superres import RESAMPLED, SHIPPED
from featfer.superres.generators import PRECISIONS, SCALE, generator_file, is_generator, read_generator, recall
from featfer.utils.environment import check_device
from featfer.utils.fitted_files import content_of, reference_of

SMALL = 64  # pixels: larger images are left as they are before faces are looked for
LARGEST = 1_000_000  # pixels of an image to be enlarged: a generator takes some kilobytes for each
VERSION = 1  # raised when what comes out changes


def resampled(image, method):
    """Return an image uint8 (h, w) or (h, w, 3) four times as high and wide; method: a name in RESAMPLED."""
    height, width = image.shape[:2]
    return np.asarray(Image.fromarray(image).resize((SCALE * width, SCALE * height), Image.Resampling[method.upper()]))


class Enlargement:
    """A way to enlarge images four times.

    model: "bicubic", "lanczos", the name of a generator that ships ("srresnet", "srgan"), a generator's file, or its reference
    "sha256:..."; precision, device: of a generator: "float32" or "bf16"; "cpu", "cuda" or "cuda:N"
    Raises ParameterError for a model or a precision that there is not, MissingError and DataError for a file that is none.
    """

    def __init__(self, model, precision="float32", device="cpu"):
        if precision not in PRECISIONS:
            raise ParameterError(f"superres: precision {precision!r} is none of {', '.join(PRECISIONS)}")
        if model not in RESAMPLED and not is_generator(model):
            raise ParameterError(f"superres: {str(model)!r} is no such file, and none of {', '.join((*SHIPPED, *RESAMPLED))}")
        self.model, self.precision, self.device = str(model), precision, device
        if self.model not in RESAMPLED:
            check_device(device)
            read_generator(model)

    def __call__(self, image):
        """Return an image uint8 (h, w) or (h, w, 3) four times as high and wide.

        A generator sees the luma (ITU-R 601); what it adds to the bicubic enlargement of that is added to each colour. Raises
        DataError for an image of more than a million pixels.
        """
        if image.shape[0] * image.shape[1] > LARGEST:
            raise DataError(f"{image.shape[1]}x{image.shape[0]} is more than {LARGEST:,} pixels, too large to be enlarged "
                            f"{SCALE} times")
        if self.model in RESAMPLED:
            return resampled(image, self.model)
        if image.ndim == 2:
            return self._generated(image)
        luma = to_grey(image)
        added = self._generated(luma).astype(np.int16) - resampled(luma, "bicubic")
        return np.clip(resampled(image, "bicubic") + added[..., None], 0, 255).astype(np.uint8)

    def small(self, image):
        """Return an image of at most 64 pixels a side enlarged, a larger one as it is."""
        return self(image) if max(image.shape[:2]) <= SMALL else image

    @property
    def fingerprint(self):
        """All that what comes out depends on, as plain data (dict)."""
        made_by = {"model": self.model} if self.model in RESAMPLED else {"model": self._reference, "precision": self.precision}
        return {**made_by, "small": SMALL, "version": VERSION}

    def read_fitted_files(self):
        """Return the content of the generator's file in a list (of bytes); empty for resampling."""
        return [] if self.model in RESAMPLED else [content_of(self._reference)]

    def resolve_fitted_files(self):
        """Return what `featfer.features.base.Feature.resolve_fitted_files` does, for an enlargement."""
        if self.model in RESAMPLED or self.model in SHIPPED:
            return self, {}
        resolved = copy(self)
        resolved.model = self._reference
        return resolved, {resolved.model: self.model}

    @property
    def _reference(self):
        return reference_of(generator_file(self.model))

    def _generated(self, image):
        import torch
        with torch.inference_mode():
            x = torch.from_numpy(np.array(image))[None, None].to(self.device).float() / 255
            made = _generator(self._reference, self.precision, self.device)(x)[0, 0]
            return (made.clamp(0, 1) * 255).round().to(torch.uint8).cpu().numpy()


def make_enlargement(model, precision="float32", device="cpu"):
    """Return the Enlargement for a word of the command line; None for None and "none"."""
    return None if model in (None, "none") else Enlargement(model, precision, device)


def enlargement_of(fingerprint):
    """Return the Enlargement with this fingerprint, None for None; raise ValueError where this version has it no more."""
    if fingerprint is None:
        return None
    if fingerprint["model"] not in RESAMPLED:
        recall(fingerprint["model"])
    enlargement = Enlargement(fingerprint["model"], fingerprint.get("precision", "float32"))
    if enlargement.fingerprint != fingerprint:
        raise ValueError(f"enlargement {fingerprint} is not what this featfer does")
    return enlargement


@functools.cache
def _generator(reference, precision, device):
    import torch
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    return read_generator(reference).to(device, dtype, memory_format=torch.channels_last)
