"""The 128-d face embedding of dlib's recognition network, computed by torch or by dlib itself."""

import functools

import numpy as np

from featfer.errors import ParameterError
from featfer.faces import PLAIN
from featfer.faces.dlib_models import import_dlib, model_file
from featfer.features.dlibnet.feature import NETWORK_FILE, NetworkFeature

BACKENDS = ("torch", "dlib")


class Embedding(NetworkFeature):
    """128-d vectors that are near each other for one person's faces (King 2017); float32 (n, 128).

    align: "5" or "68" landmarks turn the face upright, "none" leaves it; view: as for every ChipFeature
    backend: "torch", batched, on any device, or "dlib", the reference: within 1e-5 of each other in float32
    precision: "float32" or "bf16" (torch only; about twice as fast, components differ by some 0.005)
    device: "cpu", "cuda" or "cuda:N" (torch only; dlib chooses its own when built)
    batch: how many chips pass through the network at once
    """

    name = "embedding"
    size = 128

    def __init__(self, align="5", view=PLAIN, backend="torch", precision="float32", device="cpu", batch=32):
        self.align = align
        self.view = view
        self.backend = backend
        self.precision = precision
        self.device = device
        self.batch = batch

    @property
    def output(self):
        return "embedding" if self.backend == "torch" else None

    def check(self):
        if self.backend not in BACKENDS:
            raise ParameterError(f"embedding: {self.backend!r} is none of {', '.join(map(repr, BACKENDS))}")
        if self.backend == "dlib" and (self.precision != "float32" or self.device != "cpu"):
            raise ParameterError("embedding: the dlib backend has no precision or device to choose; use backend torch")
        super().check()

    def transform_passed(self, faces, outputs):
        if self.output or not faces:
            return super().transform_passed(faces, outputs)
        self.check()
        return self._by_dlib(faces)

    def of_stage(self, stage):
        return stage

    def _by_dlib(self, faces):
        chips = [face.chip(self.align, self.view) for face in faces]
        batches = (chips[at:at + self.batch] for at in range(0, len(chips), self.batch))
        vectors = (_dlib_network().compute_face_descriptor(batch) for batch in batches)
        return np.concatenate([np.array(vector, np.float32) for vector in vectors])


@functools.cache
def _dlib_network():
    return import_dlib().face_recognition_model_v1(str(model_file(NETWORK_FILE)))
