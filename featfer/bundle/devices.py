"""Where a loaded model computes: torch's devices for its networks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sklearn.base import BaseEstimator

from featfer.cnn import CNN
from featfer.superres import RESAMPLED
from featfer.utils.environment import check_device

if TYPE_CHECKING:
    from featfer.face_model import FaceModel


def use_device(model: FaceModel, device: str) -> bool:
    """Have the networks of a model compute on a device: those of its features, of enlarging and of its classifier.

    Parameters
    ----------
    model : FaceModel
    device : str
        "cpu", "cuda" or "cuda:N".

    Returns
    -------
    bool
        Whether it has any.

    Raises
    ------
    MissingError
        If torch cannot use the device.

    Notes
    -----
    Detectors stay where they are: dlib's device is chosen when it is built. So does dlib's own embedding (backend "dlib").
    """
    check_device(device)
    networks = list(_find_networks(model))
    for network in networks:
        network.device = device
    return bool(networks)


def _find_networks(model: FaceModel) -> Iterator[Any]:
    """Yield what has a device in which it predicts."""
    for feature in model.features:
        if hasattr(feature, "device") and getattr(feature, "backend", "torch") == "torch":
            yield feature
        if feature.enlargement and feature.enlargement.model not in RESAMPLED:
            yield feature.enlargement
    yield from _find_cnns([part for name, part in vars(model).items() if name != "features"])


def _find_cnns(part: Any) -> Iterator[CNN]:
    """Yield the convolutional networks in an estimator, its parts and theirs."""
    if isinstance(part, CNN):
        part._net = None  # it was put on the device that it had
        yield part
    elif isinstance(part, BaseEstimator):
        yield from _find_cnns(vars(part))
    elif isinstance(part, dict | list | tuple):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from _find_cnns(inner)
