"""dlib's face network as a source of features: one forward pass gives several of them."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.errors import ParameterError
from featfer.faces.dlib_models import find_model_file
from featfer.features.base import ChipFeature
from featfer.features.dlibnet.numpy_net import NumpyFaceNet
from featfer.features.dlibnet.weights import backbone_weights, dlib_weights
from featfer.utils.environment import check_device
from featfer.utils.fitted_files import content_of, path_of

if TYPE_CHECKING:
    from torch import nn

    from featfer.faces.face import Face
    from featfer.features.base import Feature
    from featfer.typing import Floats, Path, Pixels

NETWORK_FILE = "dlib_face_recognition_resnet_model_v1.dat"
DLIB = "dlib"  # the network as dlib published it
PRECISIONS = ("float32", "bf16")
ENGINES = ("numpy", "torch")
FEW = 16   # images for which NumPy is done before torch is loaded
LEAST = 4  # chips at a time: with fewer, torch computes in another way, and the last bits differ


class NetworkFeature(ChipFeature):
    """A feature that is a stage of dlib's network. Features that differ only in their stage share a forward pass.

    Subclasses implement `output` and `transform_stage`. `compute` computes with torch; `network_outputs` can use NumPy.

    Parameters
    ----------
    align, view, superres, smallest
        As for `ChipFeature`.
    precision : {"float32", "bf16"}
        bf16 is about twice as fast.
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
        if self.precision not in PRECISIONS:
            raise ParameterError(f"{self.name}: precision {self.precision!r} is none of {', '.join(map(repr, PRECISIONS))}")
        if not (isinstance(self.batch, Integral) and self.batch > 0):
            raise ParameterError(f"{self.name}: batch {self.batch!r} is not a whole number above 0")
        check_device(self.device)

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


def engine_for(count: int | None) -> str:
    """Return the faster engine for a number of images: "numpy" for at most FEW, "torch" for more or None (unknown)."""
    return "numpy" if count is not None and count <= FEW else "torch"


def check_engine(engine: str) -> None:
    """Raise ParameterError for an unknown engine."""
    if engine not in ENGINES:
        raise ParameterError(f"engine {engine!r} is none of {', '.join(map(repr, ENGINES))}")


def values_of(features: Sequence[Feature], faces: Sequence[Face], engine: str = "torch") -> Floats:
    """Return the values of several features, side by side.

    Parameters
    ----------
    features, faces, engine
        As for `network_outputs`.

    Returns
    -------
    float32 array (n, d)
        A row for each face.
    """
    outputs = network_outputs(features, faces, engine)
    return np.concatenate([feature.transform_outputs(faces, outputs) for feature in features], axis=1)


def network_outputs(features: Sequence[Feature], faces: Sequence[Face], engine: str = "torch") -> dict[Face, Any]:
    """Run the network once for all of the features that are stages of it.

    Parameters
    ----------
    features : list of Feature
    faces : list of Face
    engine : {"torch", "numpy"}
        What computes the network in float32 on the CPU. NumPy is there at once and takes 6 to 9 ms a chip on one core; torch
        takes 2 to 3 ms, after two seconds to load it. Their values differ by up to 1e-6 of the largest. Other precisions and
        devices always use torch.

    Returns
    -------
    dict
        {Face: {(settings, stage): array}}, for `Feature.transform_outputs`.

    Notes
    -----
    The values of a face depend on its chip, the engine, the processor and the number of threads, but on no other face: NumPy
    computes one chip after the other, and torch at least LEAST at a time.
    """
    check_engine(engine)
    wanted: dict[tuple[Any, ...], dict[str, int]] = {}
    outputs: dict[Face, Any] = {face: {} for face in faces}
    for feature in features:
        if isinstance(feature, NetworkFeature) and feature.output:
            wanted.setdefault(feature.settings, {})[feature.output] = feature.batch
    for settings, stages in wanted.items():
        size = min(stages.values())
        for at in range(0, len(faces), size):
            _run_network(faces[at:at + size], settings, tuple(stages), engine, outputs)
    return outputs


def load_torch(features: Iterable[Feature]) -> None:
    """Import torch if one of the features can use it; call this before limiting the number of threads."""
    if any(isinstance(feature, NetworkFeature) for feature in features):
        import torch  # noqa: F401


def _run_network(faces: Sequence[Face], settings: tuple[Any, ...], stages: tuple[str, ...], engine: str,
                 outputs: dict[Face, Any]) -> None:
    """Add the stages of some faces to `outputs`."""
    align, view, precision, device, network = settings
    chips = np.stack([face.chip(align, view) for face in faces])
    if engine == "numpy" and (precision, device) == ("float32", "cpu"):
        found = _load_numpy_network(network)(chips, stages)
    else:
        found = _run_torch(chips, stages, precision, device, network)
    for stage, values in found.items():
        for face, value in zip(faces, values, strict=True):
            outputs[face][settings, stage] = value


def _run_torch(chips: Pixels, stages: tuple[str, ...], precision: str, device: str, network: Any) -> dict[str, Floats]:
    import torch
    enough = np.pad(chips, ((0, max(0, LEAST - len(chips))), (0, 0), (0, 0), (0, 0)))
    with torch.inference_mode():
        found = _load_torch_network(precision, device, network)(torch.from_numpy(enough).to(device), stages)
    return {stage: values[:len(chips)].cpu().numpy() for stage, values in found.items()}


@functools.cache
def network_weights(network: Path) -> dict[str, Floats]:
    """Return the weights of DLIB or of a backbone, named by its file or reference: {name: float32 array}."""
    if network == DLIB:
        return dlib_weights(find_model_file(NETWORK_FILE))
    return backbone_weights(content_of(network), path_of(network))


@functools.cache
def _load_numpy_network(network: Any) -> NumpyFaceNet:
    return NumpyFaceNet(network_weights(network))


@functools.cache
def _load_torch_network(precision: str, device: str, network: Path) -> nn.Module:
    import torch

    from featfer.features.dlibnet.torch_net import load_backbone, load_network
    is_dlib = network == DLIB
    net = load_network(find_model_file(NETWORK_FILE)) if is_dlib else load_backbone(content_of(network), path_of(network))
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    return net.to(device, dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch declares it without others
