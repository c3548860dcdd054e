"""dlib's face network as a source of features: one pass gives all that is asked of it."""

import functools
import sys
from collections import Counter
from numbers import Integral

import numpy as np

from featfer.errors import ParameterError
from featfer.faces.dlib_models import model_file
from featfer.features.base import ChipFeature
from featfer.features.dlibnet.numpy_net import forward
from featfer.features.dlibnet.weights import backbone_weights, dlib_weights
from featfer.utils.environment import check_device
from featfer.utils.fitted_files import content_of, path_of

NETWORK_FILE = "dlib_face_recognition_resnet_model_v1.dat"
DLIB = "dlib"  # the network as dlib published it
PRECISIONS = ("float32", "bf16")
FEW = 16  # chips that pass through NumPy, where torch is not loaded: a tenth of a second each, where that takes two
_passed = Counter()


class NetworkFeature(ChipFeature):
    """A feature that is a stage of dlib's network. Features that differ in their stage alone share a pass.

    align, view: of the chip, as for every ChipFeature
    precision: "float32" or "bf16" (about twice as fast); device: "cpu", "cuda" or "cuda:N"
    batch: how many chips pass through the network at once
    """

    engine_params = ("device", "batch")
    network = DLIB

    def model_files(self):
        return (*((NETWORK_FILE,) if self.network == DLIB else ()), *super().model_files())

    def check(self):
        super().check()
        if self.precision not in PRECISIONS:
            raise ParameterError(f"{self.name}: precision {self.precision!r} is none of {', '.join(map(repr, PRECISIONS))}")
        if not (isinstance(self.batch, Integral) and self.batch > 0):
            raise ParameterError(f"{self.name}: batch {self.batch!r} is not a whole number above 0")
        check_device(self.device)

    def stage_of(self, faces):
        """Return this feature's stage for each face, float32 (n, ...); faces keep it for others to use."""
        share_forward_pass([self], faces)
        return np.stack([face.outputs[self.settings, self.output] for face in faces])

    @property
    def output(self):
        """The stage of the network that this feature is made of; None where another library computes it."""
        raise NotImplementedError

    @property
    def settings(self):
        """What features that share a pass have in common."""
        return self.align, self.view, self.precision, self.device, self.network


def share_forward_pass(features, faces):
    """Pass faces through the network once for all of the features that are stages of it; each face keeps its outputs."""
    wanted = {}
    for feature in features:
        if isinstance(feature, NetworkFeature) and feature.output:
            wanted.setdefault(feature.settings, {})[feature.output] = feature.batch
    for settings, stages in wanted.items():
        left = [face for face in faces if any((settings, stage) not in face.outputs for stage in stages)]
        size = min(stages.values())
        for at in range(0, len(left), size):
            _pass(left[at:at + size], settings, tuple(stages))


def load_torch(features):
    """Load torch, where one of the features can use it: for those who are about to see many faces."""
    if any(isinstance(feature, NetworkFeature) for feature in features):
        import torch  # noqa: F401


def _pass(faces, settings, stages):
    align, view, precision, device, network = settings
    chips = np.stack([face.chip(align, view) for face in faces])
    if _few_enough(len(chips)) and (precision, device) == ("float32", "cpu"):
        found = forward(network_weights(network), chips, stages)
    else:
        found = _torch_pass(chips, stages, precision, device, network)
    for stage, values in found.items():
        for face, value in zip(faces, values, strict=True):
            face.outputs[settings, stage] = value


def _few_enough(count):
    """Say whether chips are so few, with all before them, that loading torch would take longer than they do without it."""
    _passed["chips"] += count
    return "torch" not in sys.modules and _passed["chips"] <= FEW


def _torch_pass(chips, stages, precision, device, network):
    import torch
    with torch.inference_mode():
        found = _network(precision, device, network)(torch.from_numpy(chips).to(device), stages)
    return {stage: values.cpu().numpy() for stage, values in found.items()}


@functools.cache
def network_weights(network):
    """Return the weights of a network, {name: float32 array}; network: DLIB, or a backbone's file."""
    if network == DLIB:
        return dlib_weights(model_file(NETWORK_FILE))
    return backbone_weights(content_of(network), path_of(network))


@functools.cache
def _network(precision, device, network):
    import torch

    from featfer.features.dlibnet.torch_net import load_backbone, load_network
    net = load_network(model_file(NETWORK_FILE)) if network == DLIB else load_backbone(content_of(network), path_of(network))
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    return net.to(device, dtype, memory_format=torch.channels_last)
