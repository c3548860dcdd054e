"""The precision in which dlib's network is computed, as users may choose it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from featfer.features.dlibnet.feature import CPU, PRECISIONS, NetworkFeature

if TYPE_CHECKING:
    from featfer.features.base import Feature

AUTO = "auto"
CHOICES = (AUTO, *PRECISIONS)


def find_precision(precision: str, features: Iterable[Feature]) -> str:
    """Return the precision that a choice means for some features.

    Parameters
    ----------
    precision : str
        One of CHOICES.
    features : iterable of Feature

    Returns
    -------
    str
        "auto" means the fastest that all of the features have: on a processor the fastest that it has instructions for, on a
        GPU bf16; float32 where none of the features is computed by the network. Anything else is returned as it is.
    """
    networks = [feature for feature in features if isinstance(feature, NetworkFeature)]
    if precision != AUTO or not networks:
        return "float32" if precision == AUTO else precision
    shared = [one for one in PRECISIONS if all(one in network.precisions for network in networks)]
    if any(network.device != CPU for network in networks):
        return "bf16" if "bf16" in shared else "float32"
    from featfer.features.dlibnet.face_net import fastest_precision
    return fastest_precision(shared)
