"""The 128-d face embedding of dlib's recognition network, computed by torch or by dlib itself."""

import functools
from numbers import Integral

import numpy as np

from featfer.errors import MissingError, ParameterError
from featfer.faces import ALIGNMENTS
from featfer.faces.dlib_models import import_dlib, model_file
from featfer.faces.landmarks import POINT_MODELS
from featfer.features.base import Feature

NETWORK_FILE = "dlib_face_recognition_resnet_model_v1.dat"
PRECISIONS = ("float32", "bf16")
BACKENDS = ("torch", "dlib")


class Embedding(Feature):
    """128-d vectors that are near each other for one person's faces (King 2017); float32 (n, 128).

    align: "5" or "68" landmarks turn the face upright, "none" leaves it
    backend: "torch", batched, on any device, or "dlib", the reference: within 1e-5 of each other in float32
    precision: "float32" or "bf16" (torch only; about twice as fast, components differ by some 0.005)
    device: "cpu", "cuda" or "cuda:N" (torch only; dlib chooses its own when built)
    batch: how many chips pass through the network at once
    """

    name = "embedding"
    size = 128
    engine_params = ("device", "batch")

    def __init__(self, align="5", backend="torch", precision="float32", device="cpu", batch=32):
        self.align = align
        self.backend = backend
        self.precision = precision
        self.device = device
        self.batch = batch

    def model_files(self):
        points = () if self.align == "none" else (POINT_MODELS[int(self.align)],)
        return (NETWORK_FILE, *points)

    def check(self):
        for value, allowed in ((self.align, ALIGNMENTS), (self.backend, BACKENDS), (self.precision, PRECISIONS)):
            if value not in allowed:
                raise ParameterError(f"embedding: {value!r} is none of {', '.join(map(repr, allowed))}")
        if self.backend == "dlib" and (self.precision != "float32" or self.device != "cpu"):
            raise ParameterError("embedding: the dlib backend has no precision or device to choose; use backend torch")
        if not (isinstance(self.batch, Integral) and self.batch > 0):
            raise ParameterError(f"embedding: batch {self.batch!r} is not a whole number above 0")
        if self.device != "cpu":
            _check_device(self.device)

    def transform(self, faces):
        self.check()
        if not faces:
            return np.empty((0, self.size), np.float32)
        embed = self._embed_dlib if self.backend == "dlib" else self._embed_torch
        batches = (faces[i:i + self.batch] for i in range(0, len(faces), self.batch))
        return np.concatenate([embed(np.stack([face.chip(self.align) for face in batch])) for batch in batches])

    def _embed_torch(self, chips):
        import torch
        with torch.inference_mode():
            return _network(self.precision, self.device)(torch.from_numpy(chips).to(self.device)).cpu().numpy()

    def _embed_dlib(self, chips):
        return np.array(_dlib_network().compute_face_descriptor(list(chips)), np.float32)


@functools.cache
def _network(precision, device):
    import torch

    from featfer.features.dlibnet import load_network
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    return load_network(model_file(NETWORK_FILE)).to(device, dtype, memory_format=torch.channels_last)


@functools.cache
def _dlib_network():
    return import_dlib().face_recognition_model_v1(str(model_file(NETWORK_FILE)))


def _check_device(device):
    import torch
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise MissingError(f"device {device!r} is not usable ({str(error).splitlines()[0]}); "
                           "`featfer doctor` lists those that are") from None
