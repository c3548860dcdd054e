"""Where, and how exactly, a loaded model computes: the device of its networks, the precision of dlib's."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from featfer.errors import ParameterError
from featfer.features.dlibnet.feature import CPU, NetworkFeature
from featfer.features.precision import AUTO, CHOICES, find_precision
from featfer.superres import RESAMPLED
from featfer.utils.environment import check_device

if TYPE_CHECKING:
    from featfer.cnn import CNN
    from featfer.face_model import FaceModel
    from featfer.typing import Path

logger = logging.getLogger(__name__)


def adapt(model: FaceModel, path: Path, device: str | None = None, precision: str | None = None) -> FaceModel:
    """Have a loaded model compute on a device and in a precision; say so where that changes nothing.

    Parameters
    ----------
    model : FaceModel
    path : path
        Of the model, for messages.
    device, precision : str, optional
        As for `use_device` and `use_precision`. Default: as it was saved.

    Returns
    -------
    FaceModel
        The same.

    Raises
    ------
    MissingError
        If torch cannot use the device.
    ParameterError
        For a precision that there is not, or that the model's features cannot have on the device.
    """
    if device is not None and not use_device(model, device) and device != CPU:
        logger.warning("%s: torch computes no part of this model, so device %s changes nothing", path, device)
    if precision is not None and not use_precision(model, precision) and precision not in (AUTO, "float32"):
        logger.warning("%s: dlib's network computes no part of this model, so precision %s changes nothing", path, precision)
    for feature in _find_network_features(model):
        feature.check_precision()
    return model


def use_precision(model: FaceModel, precision: str) -> bool:
    """Have dlib's network, or a backbone made from it, compute the features of a model in a precision.

    Parameters
    ----------
    model : FaceModel
    precision : str
        One of `featfer.features.precision.CHOICES`; "auto" is the fastest that all of its features have on their device.

    Returns
    -------
    bool
        Whether the network computes any of its features.

    Raises
    ------
    ParameterError
        For a precision that there is not.

    Notes
    -----
    Enlarging, and networks for classifiers, stay as they were trained. So does dlib's own embedding (backend "dlib").
    """
    if precision not in CHOICES:
        raise ParameterError(f"precision {precision!r} is none of {', '.join(CHOICES)}")
    features = list(_find_network_features(model))
    found = find_precision(precision, features)
    for feature in features:
        feature.precision = found
    return bool(features)


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


def _find_network_features(model: FaceModel) -> Iterator[NetworkFeature]:
    """Yield the features that featfer computes by dlib's network or a backbone."""
    yield from (feature for feature in model.features if isinstance(feature, NetworkFeature) and feature.output)


def _find_networks(model: FaceModel) -> Iterator[Any]:
    """Yield what has a device in which it predicts."""
    yield from _find_network_features(model)
    for feature in model.features:
        if feature.enlargement and feature.enlargement.model not in RESAMPLED:
            yield feature.enlargement
    yield from _find_cnns([part for name, part in vars(model).items() if name != "features"])


def _find_cnns(part: Any) -> Iterator[CNN]:
    """Yield the convolutional networks in an estimator, its parts and theirs."""
    if getattr(part, "predicts_on_device", False):
        part._net = None  # it was put on the device that it had
        yield part
    elif hasattr(part, "get_params"):
        yield from _find_cnns(vars(part))
    elif isinstance(part, dict | list | tuple):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from _find_cnns(inner)
