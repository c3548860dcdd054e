"""Making features by name, or from a fingerprint."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from featfer.errors import BundleError, ParameterError
from featfer.faces import PLAIN
from featfer.features import FEATURES
from featfer.features.base import Feature, upgraded
from featfer.features.embedding import FORMER
from featfer.features.finding import enlarge_small_by
from featfer.features.precision import AUTO, find_precision
from featfer.utils.fitted_files import PREFIX
from featfer.utils.requiring import require

if TYPE_CHECKING:
    from collections.abc import Iterable

    from featfer.superres.enlarging import Enlargement
    from featfer.typing import Fingerprint, Path


def make_features(names: str | Iterable[str], superres: Path | Enlargement | None = None, smallest: float | None = None,
                  **params: Any) -> list[Feature]:
    """Make features by name. Each takes those of the parameters that it has.

    Parameters
    ----------
    names : str or list of str
        Names in FEATURES; a str has them separated by commas. "stage:128x8x8" passes what follows the colon to the feature.
    superres : str, optional
        What enlarges small images first: "srresnet", "srgan", the file of a generator, "bicubic" or "lanczos". A generator uses
        the precision and device in `params`; with int8, which it has not, it computes in float32.
    smallest : int, optional
        Side of the smallest face to find in photos, in pixels.
    **params
        Parameters of the features, such as align, view, network, backend, precision, device. Precision "auto" is the fastest
        that all of the features have here (`featfer.features.precision.find_precision`); they are made with its name.

    Returns
    -------
    list of Feature

    Raises
    ------
    ParameterError, MissingError
        If a name is unknown or given twice, or a value is not valid; if the device is missing.
    """
    names = _list_names(names, params)
    if not names or len(set(names)) < len(names) or not all(map(_is_known, names)):
        listing = ", ".join(f"{name}:{kind.argument.upper()}" if kind.argument else name for name, kind in FEATURES.items())
        raise ParameterError(f"features {','.join(names)!r}: give each at most once, out of {listing}")
    features = [_make_feature(name, params) for name in names]
    if params.get("precision") == AUTO:
        return make_features(names, superres, smallest, **{**params, "precision": find_precision(AUTO, features)})
    enlargement = _make_enlargement(superres, params)
    for feature in features:
        feature.set_params(superres=enlargement, smallest=smallest).check()
    if params.get("view", PLAIN) != PLAIN and not any(hasattr(feature, "view") for feature in features):
        raise ParameterError(f"view {params['view']!r}: {','.join(names)} is not made of the chip and has no views but {PLAIN}")
    return features


def _list_names(names: Any, params: dict[str, Any]) -> list[str]:
    """Return names of features as a list; raise ParameterError for what is no name, or a parameter that no feature has."""
    for name in names if isinstance(names, (list, tuple)) else [names]:
        require(name, str, "features", "names, such as 'embedding' or ['stage:128x8x8', 'hog']")
    for name in params:
        if not any(name in kind().get_params() for kind in FEATURES.values()):
            raise ParameterError(f"features: none of {', '.join(FEATURES)} has a parameter {name!r}")
    return [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)


def _is_known(text: str) -> bool:
    name, colon, _ = text.partition(":")
    return name in FEATURES and (not colon or FEATURES[name].argument is not None)


def _make_feature(text: str, params: dict[str, Any]) -> Feature:
    name, colon, argument = text.partition(":")
    kind = FEATURES[name]
    known = {k: v for k, v in params.items() if k in kind().get_params()}
    return kind(**known, **({kind.argument: argument} if colon else {}))


def _make_enlargement(superres: Path | Enlargement | None, params: dict[str, Any]) -> Enlargement | None:
    from featfer.superres.enlarging import make_enlargement
    settings = {name: params[name] for name in ("precision", "device") if name in params}
    return make_enlargement(superres, **settings | ({"precision": "float32"} if settings.get("precision") == "int8" else {}))


def find_detection_settings(features: Iterable[Feature]) -> dict[str, Any]:
    """Return the arguments of `featfer.faces.find_faces` that some features need.

    Parameters
    ----------
    features : list of Feature

    Returns
    -------
    dict
        {"enlarge": function or None, "smallest": int or None}

    Raises
    ------
    ParameterError
        If the features need different ones.
    """
    wanted = {json.dumps(feature.fingerprint["faces"]): feature for feature in features}
    if len(wanted) > 1:
        raise ParameterError(f"{', '.join(feature.name for feature in features)}: features of images that were enlarged in "
                             "different ways (--superres), or of faces from different sizes on (--smallest-face), cannot "
                             "stand side by side")
    feature = next(iter(wanted.values()), Feature())
    return {"enlarge": enlarge_small_by(feature.superres), "smallest": feature.smallest}


def restore_feature(fingerprint: Fingerprint) -> Feature:
    """Make the feature that has a fingerprint.

    Parameters
    ----------
    fingerprint : dict

    Returns
    -------
    Feature

    Raises
    ------
    BundleError
        If this version of featfer computes the feature differently.
    """
    from featfer.superres.enlarging import restore_enlargement
    name = fingerprint["feature"]
    try:
        fingerprint = upgraded(fingerprint)
        faces = fingerprint["faces"]
        params = {key: FORMER.get(value, value) if key == "backend" else value for key, value in fingerprint["params"].items()}
        feature = FEATURES[name](**params, superres=restore_enlargement(faces.get("superres")),
                                 smallest=faces.get("smallest"))
        named = [fingerprint["params"].get(param, PREFIX) for param in feature.fitted_params]
        if all(value.startswith(PREFIX) for value in named) and feature.fingerprint == fingerprint:  # no path is opened
            return feature
    except (AttributeError, KeyError, TypeError, ValueError):  # a name, a parameter or a value that this version does not have
        pass
    raise BundleError(f"feature {name!r} of version {fingerprint['version']} is not what this featfer computes; train "
                      "again, or install the featfer that the card names")
