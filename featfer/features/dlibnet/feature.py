"""dlib's face network as a source of features: one pass gives all that is asked of it."""

import functools
from numbers import Integral

import numpy as np

from featfer.errors import ParameterError
from featfer.faces.dlib_models import model_file
from featfer.features.base import ChipFeature
from featfer.features.dlibnet.numpy_net import NumpyFaceNet
from featfer.features.dlibnet.weights import backbone_weights, dlib_weights
from featfer.utils.environment import check_device
from featfer.utils.fitted_files import content_of, path_of

NETWORK_FILE = "dlib_face_recognition_resnet_model_v1.dat"
DLIB = "dlib"  # the network as dlib published it
PRECISIONS = ("float32", "bf16")
ENGINES = ("numpy", "torch")
FEW = 16   # images whose faces NumPy sees sooner than torch is loaded
LEAST = 4  # chips at a time: of fewer, torch computes otherwise, and the last bits are others


class NetworkFeature(ChipFeature):
    """A feature that is a stage of dlib's network. Features that differ in their stage alone share a pass.

    align, view: of the chip, as for every ChipFeature
    precision: "float32" or "bf16" (about twice as fast); device: "cpu", "cuda" or "cuda:N"
    batch: how many chips pass through the network at once
    A subclass has `output` and `of_stage`. transform computes with torch; `network_outputs` says what else there is.
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

    def transform(self, faces):
        self.check()
        return self.transform_passed(faces, network_outputs([self], faces))

    def transform_passed(self, faces, outputs):
        self.check()
        return self.of_stage(self.stage_of(faces, outputs)) if faces else np.empty((0, self.size), np.float32)

    def stage_of(self, faces, outputs):
        """Return this feature's stage of each face, float32 (n, ...); outputs: as network_outputs returns them."""
        return np.stack([outputs[face][self.settings, self.output] for face in faces])

    def of_stage(self, stage):
        """Return the feature of stages, float32 (n, ...) -> (n, size)."""
        raise NotImplementedError

    @property
    def output(self):
        """The stage of the network that this feature is made of; None where another library computes it."""
        raise NotImplementedError

    @property
    def settings(self):
        """What features that share a pass have in common."""
        return self.align, self.view, self.precision, self.device, self.network


def engine_for(count):
    """Return the engine for so many images, or None for an unknown number: "numpy" for at most FEW, else "torch"."""
    return "numpy" if count is not None and count <= FEW else "torch"


def check_engine(engine):
    """Raise ParameterError where it is none of ENGINES."""
    if engine not in ENGINES:
        raise ParameterError(f"engine {engine!r} is none of {', '.join(map(repr, ENGINES))}")


def values_of(features, faces, engine="torch"):
    """Return the values of features side by side, of each Face, float32 (n, d); engine: as for network_outputs."""
    outputs = network_outputs(features, faces, engine)
    return np.concatenate([feature.transform_passed(faces, outputs) for feature in features], axis=1)


def network_outputs(features, faces, engine="torch"):
    """Pass faces through the network once for all of the features that are stages of it.

    Parameters
    ----------
    features : list of Feature
    faces : list of Face
    engine : {"torch", "numpy"}
        What computes the network in float32 on the CPU. NumPy is there at once and takes 6 to 9 ms a chip on one core; torch
        takes 2 to 3 ms, after two seconds to load it. Their values differ by up to 1e-6 of the largest. All else is torch's.

    Returns
    -------
    dict
        For `Feature.transform_passed`: {Face: {(settings, stage): array}}.

    Notes
    -----
    The values of a face depend on its chip, the engine, and on the processor and the number of threads, but on no other face:
    NumPy computes one chip after the other, and torch never fewer than LEAST at a time.
    """
    check_engine(engine)
    wanted, outputs = {}, {face: {} for face in faces}
    for feature in features:
        if isinstance(feature, NetworkFeature) and feature.output:
            wanted.setdefault(feature.settings, {})[feature.output] = feature.batch
    for settings, stages in wanted.items():
        size = min(stages.values())
        for at in range(0, len(faces), size):
            _pass(faces[at:at + size], settings, tuple(stages), engine, outputs)
    return outputs


def load_torch(features):
    """Load torch, where one of the features can use it: for those who are about to limit its threads."""
    if any(isinstance(feature, NetworkFeature) for feature in features):
        import torch  # noqa: F401


def _pass(faces, settings, stages, engine, outputs):
    align, view, precision, device, network = settings
    chips = np.stack([face.chip(align, view) for face in faces])
    if engine == "numpy" and (precision, device) == ("float32", "cpu"):
        found = _numpy_network(network)(chips, stages)
    else:
        found = _torch_pass(chips, stages, precision, device, network)
    for stage, values in found.items():
        for face, value in zip(faces, values, strict=True):
            outputs[face][settings, stage] = value


def _torch_pass(chips, stages, precision, device, network):
    import torch
    enough = np.pad(chips, ((0, max(0, LEAST - len(chips))), (0, 0), (0, 0), (0, 0)))
    with torch.inference_mode():
        found = _network(precision, device, network)(torch.from_numpy(enough).to(device), stages)
    return {stage: values[:len(chips)].cpu().numpy() for stage, values in found.items()}


@functools.cache
def network_weights(network):
    """Return the weights of a network, {name: float32 array}; network: DLIB, or a backbone's file."""
    if network == DLIB:
        return dlib_weights(model_file(NETWORK_FILE))
    return backbone_weights(content_of(network), path_of(network))


@functools.cache
def _numpy_network(network):
    return NumpyFaceNet(network_weights(network))


@functools.cache
def _network(precision, device, network):
    import torch

    from featfer.features.dlibnet.torch_net import load_backbone, load_network
    net = load_network(model_file(NETWORK_FILE)) if network == DLIB else load_backbone(content_of(network), path_of(network))
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    return net.to(device, dtype, memory_format=torch.channels_last)
