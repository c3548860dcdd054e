"""The 128-d face embedding of dlib's recognition network, computed by featfer or by dlib itself."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.errors import ParameterError
from featfer.faces import PLAIN
from featfer.faces.dlib_models import find_model_file, import_dlib
from featfer.features.dlibnet.feature import NETWORK_FILE, NetworkFeature

if TYPE_CHECKING:
    from featfer.faces.face import Face
    from featfer.superres.enlarging import Enlargement
    from featfer.typing import Fingerprint, Floats, Path

BACKENDS = ("featfer", "dlib")
FORMER = {"torch": "featfer"}  # what backends were called, and still are in fingerprints, so that the keys in stores stay


class Embedding(NetworkFeature):
    """128-d vectors that are near each other for faces of the same person; float32 (n, 128).

    Parameters
    ----------
    align, view, superres, smallest
        As for `ChipFeature`.
    backend : {"featfer", "dlib"}
        featfer computes batches, with OpenVINO on a processor and torch on a GPU; dlib is the reference. In float32 their
        values differ by at most 1e-5. "torch" is the former name of "featfer".
    precision : {"float32", "bf16", "int8"}
        As for `NetworkFeature`; dlib has float32 only.
    device : str
        "cpu", "cuda" or "cuda:N" (featfer only; dlib's device is chosen when it is built).
    batch : int
        Chips in a forward pass.

    References
    ----------
    King 2017, dlib's face recognition network.
    """

    name = "embedding"
    size = 128

    def __init__(self, align: str = "5", view: str = PLAIN, backend: str = "featfer", precision: str = "float32",
                 device: str = "cpu", batch: int = 32, superres: Path | Enlargement | None = None,
                 smallest: float | None = None) -> None:
        self.align = align
        self.view = view
        self.backend = backend
        self.precision = precision
        self.device = device
        self.batch = batch
        self.superres = superres
        self.smallest = smallest

    @property
    def output(self) -> str | None:
        return None if self.backend == "dlib" else "embedding"

    @property
    def precisions(self) -> tuple[str, ...]:
        return ("float32",) if self.backend == "dlib" else super().precisions

    @property
    def fingerprint(self) -> Fingerprint:
        found, recorded = super().fingerprint, {new: old for old, new in FORMER.items()}
        found["params"]["backend"] = recorded.get(self.backend, self.backend)
        return found

    def check(self) -> None:
        if self.backend not in (*BACKENDS, *FORMER):
            raise ParameterError(f"embedding: {self.backend!r} is none of {', '.join(map(repr, BACKENDS))}")
        if self.backend == "dlib" and (self.precision != "float32" or self.device != "cpu"):
            raise ParameterError("embedding: the dlib backend has no precision or device to choose; use backend featfer")
        super().check()

    def transform_outputs(self, faces: Sequence[Face], outputs: dict[Face, Any]) -> Floats:
        if self.output or not faces:
            return super().transform_outputs(faces, outputs)
        self.check()
        return self._run_dlib(faces)

    def transform_stage(self, stage: Floats) -> Floats:
        return stage

    def _run_dlib(self, faces: Sequence[Face]) -> Floats:
        chips = [face.chip(self.align, self.view) for face in faces]
        batches = (chips[at:at + self.batch] for at in range(0, len(chips), self.batch))
        vectors = (_load_dlib_network().compute_face_descriptor(batch) for batch in batches)
        return np.concatenate([np.array(vector, np.float32) for vector in vectors])


@functools.cache
def _load_dlib_network() -> Any:
    return import_dlib().face_recognition_model_v1(str(find_model_file(NETWORK_FILE)))
