"""dlib's face network as a source of features: one forward pass gives several of them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.errors import ParameterError
from featfer.faces.dlib_models import find_model_file
from featfer.features.base import ChipFeature
from featfer.features.dlibnet.ranges import DLIB, RANGES, digest_ranges, find_ranges, read_ranges
from featfer.features.dlibnet.weights import backbone_weights, dlib_weights
from featfer.utils.environment import check_device, count_threads
from featfer.utils.fitted_files import content_of, path_of
from featfer.utils.forking import load_once

if TYPE_CHECKING:
    from torch import nn

    from featfer.faces.face import Face
    from featfer.features.base import Feature
    from featfer.features.dlibnet.face_net import FaceNet
    from featfer.typing import Fingerprint, Floats, Path, Pixels

NETWORK_FILE = "dlib_face_recognition_resnet_model_v1.dat"
CPU = "cpu"
PRECISIONS = ("float32", "bf16", "int8")


class NetworkFeature(ChipFeature):
    """A feature that is a stage of dlib's network. Features that differ only in their stage share a forward pass.

    Subclasses implement `output` and `transform_stage`.

    Parameters
    ----------
    align, view, superres, smallest
        As for `ChipFeature`.
    precision : {"float32", "bf16", "int8"}
        bf16 is about twice, int8 about three times as fast, on processors that have instructions for it. int8 is for the
        networks that ship, on a processor.
    device : str
        "cpu", "cuda" or "cuda:N".
    batch : int
        Chips in a forward pass.
    """

    engine_params = ("device", "batch")
    network: Path = DLIB
    precision: str
    device: str
    batch: int

    def model_files(self) -> tuple[str, ...]:
        return (*((NETWORK_FILE,) if self.network == DLIB else ()), *super().model_files())

    def check(self) -> None:
        super().check()
        self.check_precision()
        if not (isinstance(self.batch, Integral) and self.batch > 0):
            raise ParameterError(f"{self.name}: batch {self.batch!r} is not a whole number above 0")
        check_device(self.device)

    def check_precision(self) -> None:
        """Raise ParameterError for a precision that there is not, or not for this network and device."""
        if self.precision not in PRECISIONS:
            raise ParameterError(f"{self.name}: precision {self.precision!r} is none of {', '.join(map(repr, PRECISIONS))}")
        if self.precision not in self.precisions:
            raise ParameterError(f"{self.name}: precision 'int8' is for the networks that ship, {', '.join(RANGES)}, on a "
                                 f"processor; use 'bf16' for device {self.device!r} and network {str(self.network)!r}")

    @property
    def precisions(self) -> tuple[str, ...]:
        """The precisions in which it can be computed (tuple of str)."""
        return PRECISIONS if self.device == CPU and find_ranges(self.network) else PRECISIONS[:2]

    @property
    def fingerprint(self) -> Fingerprint:
        found = super().fingerprint
        if self.precision == "int8" and (ranges := find_ranges(self.network)):
            found["models"] = {**found["models"], ranges: digest_ranges(ranges)}
        return found

    def compute(self, faces: Sequence[Face]) -> Floats:
        self.check()
        return self.transform_outputs(faces, network_outputs([self], faces))

    def transform_outputs(self, faces: Sequence[Face], outputs: dict[Face, Any]) -> Floats:
        self.check()
        return self.transform_stage(self.select_stage(faces, outputs)) if faces else np.empty((0, self.size), np.float32)

    def select_stage(self, faces: Sequence[Face], outputs: dict[Face, Any]) -> Floats:
        """Return this feature's stage of each face, float32 (n, ...), out of what `network_outputs` returns."""
        return np.stack([outputs[face][self.settings, self.output] for face in faces])

    def transform_stage(self, stage: Floats) -> Floats:
        """Return the feature computed from the stage of each face: float32 (n, ...) -> (n, size)."""
        raise NotImplementedError

    @property
    def output(self) -> str | None:
        """The stage of the network that the feature is computed from (str); None if another library computes it."""
        raise NotImplementedError

    @property
    def settings(self) -> tuple[Any, ...]:
        """What features that share a forward pass have in common (tuple)."""
        return self.align, self.view, self.precision, self.device, self.network


def values_of(features: Sequence[Feature], faces: Sequence[Face]) -> Floats:
    """Return the values of several features, side by side.

    Parameters
    ----------
    features, faces
        As for `network_outputs`.

    Returns
    -------
    float32 array (n, d)
        A row for each face.
    """
    outputs = network_outputs(features, faces)
    return np.concatenate([feature.transform_outputs(faces, outputs) for feature in features], axis=1)


def network_outputs(features: Sequence[Feature], faces: Sequence[Face]) -> dict[Face, Any]:
    """Run the network once for all of the features that are stages of it.

    Parameters
    ----------
    features : list of Feature
    faces : list of Face

    Returns
    -------
    dict
        {Face: {(settings, stage): array}}, for `Feature.transform_outputs`.

    Notes
    -----
    A processor computes with OpenVINO, a GPU with torch. On a processor, the values of a face have the same bits whatever the
    other faces and the number of threads are.
    """
    wanted: dict[tuple[Any, ...], dict[str, int]] = {}
    outputs: dict[Face, Any] = {face: {} for face in faces}
    for feature in features:
        if isinstance(feature, NetworkFeature) and feature.output:
            wanted.setdefault(feature.settings, {})[feature.output] = feature.batch
    for settings, stages in wanted.items():
        size = min(stages.values())
        for at in range(0, len(faces), size):
            _run_network(faces[at:at + size], settings, tuple(stages), outputs)
    return outputs


def _run_network(faces: Sequence[Face], settings: tuple[Any, ...], stages: tuple[str, ...], outputs: dict[Face, Any]) -> None:
    """Add the stages of some faces to `outputs`."""
    align, view, precision, device, network = settings
    chips = np.stack([face.chip(align, view) for face in faces])
    if device == CPU:
        found = _load_face_net(precision, network, stages, count_threads())(chips)
    else:
        found = _run_torch(chips, stages, precision, device, network)
    for stage, values in found.items():
        for face, value in zip(faces, values, strict=True):
            outputs[face][settings, stage] = value


@functools.cache
def network_weights(network: Any) -> dict[str, Floats]:
    """Return the weights of DLIB or of a backbone, named by its file or reference: {name: float32 array}."""
    if network == DLIB:
        return dlib_weights(find_model_file(NETWORK_FILE))
    return backbone_weights(content_of(network), path_of(network))


@load_once
def _load_face_net(precision: str, network: Any, stages: tuple[str, ...], threads: int) -> FaceNet:
    from featfer.features.dlibnet.face_net import FaceNet
    ranges = find_ranges(network) if precision == "int8" else None
    return FaceNet(network_weights(network), stages, precision, threads, read_ranges(ranges) if ranges else None)


def _run_torch(chips: Pixels, stages: tuple[str, ...], precision: str, device: str, network: Any) -> dict[str, Floats]:
    import torch
    with torch.inference_mode():
        found = _load_torch_network(precision, device, network)(torch.from_numpy(chips).to(device), stages)
    return {stage: values.cpu().numpy() for stage, values in found.items()}


@functools.cache
def _load_torch_network(precision: str, device: str, network: Any) -> nn.Module:
    import torch

    from featfer.features.dlibnet.torch_net import build_network
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    return build_network(network_weights(network)).to(device, dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch declares it without others
