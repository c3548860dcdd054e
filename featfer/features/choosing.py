"""Features as a user may give them, and in words."""

from __future__ import annotations

from typing import Any, TypeAlias

from featfer.faces import PLAIN
from featfer.features import FEATURES
from featfer.features.action_units import NAMES
from featfer.features.base import Feature
from featfer.features.making import make_features
from featfer.typing import Fingerprint
from featfer.utils.requiring import require

Features: TypeAlias = str | Feature | list[Feature] | list[str] | tuple[str | Feature, ...]
"""Names of features ("embedding,hog", or a list), or what `featfer.make_features` returns."""


WAY_OUT = "names, such as 'embedding' or ['stage:128x8x8', 'hog'], or what featfer.make_features returns"


def to_features(given: Features | Any) -> list[Feature]:
    """Return features as a list of Feature, whichever form they were given in.

    Parameters
    ----------
    given : str, Feature, or list of them
        Names are as for `featfer.make_features`, and make features with their default parameters.

    Returns
    -------
    list of Feature

    Raises
    ------
    ParameterError
        For an unknown name, or what is neither name nor Feature.
    """
    if isinstance(given, str):
        return make_features(given)
    several = [given] if isinstance(given, Feature) else given
    for one in several if isinstance(several, (list, tuple)) else [several]:
        require(one, (str, Feature), "features", WAY_OUT)
    names = [one for one in several if isinstance(one, str)]
    if names and len(names) == len(several):
        return make_features(names)
    return [feature for one in several for feature in ([one] if isinstance(one, Feature) else make_features(one))]


def describe_features(features: list[Feature]) -> str:
    """Describe features by their names, with the views of one feature side by side.

    Parameters
    ----------
    features : list of Feature

    Returns
    -------
    str
        Such as "stage:128x8x8 (plain, flip), geometry".
    """
    return _describe([(feature.name, feature.get_params()) for feature in features])


def describe_fingerprints(fingerprints: list[Fingerprint]) -> str:
    """Describe the features with these fingerprints as `describe_features` does."""
    return _describe([(fingerprint["feature"], fingerprint["params"]) for fingerprint in fingerprints])


def _describe(features: list[tuple[str, dict[str, Any]]]) -> str:
    views: dict[str, list[str]] = {}
    for name, params in features:
        argument = FEATURES[name].argument if name in FEATURES else None
        views.setdefault(f"{name}:{params.get(argument)}" if argument else name, []).append(params.get("view", PLAIN))
    return ", ".join(name if seen == [PLAIN] else f"{name} ({', '.join(seen)})" for name, seen in views.items())


def name_columns(features: list[Feature]) -> list[str]:
    """Name the columns of some features side by side.

    Parameters
    ----------
    features : list of Feature

    Returns
    -------
    list of str
        Those of action units and landmarks as everywhere, such as "AU12" and "x31"; others by number, such as "embedding_0" or
        "stage_flip_0" for a view.
    """
    return [name for feature in features for name in _name_columns(feature)]


def _name_columns(feature: Feature) -> list[str]:
    if feature.name == "action-units":
        return list(NAMES)
    if feature.name == "landmarks":
        return [f"{axis}{number}" for number in range(1, feature.size // 2 + 1) for axis in "xy"]
    view = getattr(feature, "view", PLAIN)
    return [f"{feature.name}{'' if view == PLAIN else f'_{view}'}_{number}" for number in range(feature.size)]
