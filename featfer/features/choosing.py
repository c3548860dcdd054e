"""Features as a user may give them, and in words."""

from __future__ import annotations

from typing import Any, TypeAlias

from featfer.errors import ParameterError
from featfer.faces import PLAIN
from featfer.features.base import Feature
from featfer.features.making import make_features

Features: TypeAlias = str | Feature | list[Feature] | list[str] | tuple[str | Feature, ...]
"""Names of features ("embedding,hog", or a list), or what `featfer.make_features` returns."""


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
    if isinstance(given, (str, Feature)):
        return make_features(given) if isinstance(given, str) else [given]
    if isinstance(given, list) and all(isinstance(feature, Feature) for feature in given):
        return list[Feature](given)
    if not isinstance(given, (list, tuple)) or not all(isinstance(feature, (str, Feature)) for feature in given):
        raise ParameterError(f"features {given!r:.80}: give names, such as 'embedding' or ['stage:128x8x8', 'hog'], or what "
                             "featfer.make_features returns")
    if all(isinstance(feature, str) for feature in given):
        return make_features(list(given))
    return [feature for one in given for feature in to_features(one)]


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
    views: dict[str, list[str]] = {}
    for feature in features:
        argument = f":{getattr(feature, feature.argument)}" if feature.argument else ""
        views.setdefault(f"{feature.name}{argument}", []).append(getattr(feature, "view", PLAIN))
    return ", ".join(name if seen == [PLAIN] else f"{name} ({', '.join(seen)})" for name, seen in views.items())
