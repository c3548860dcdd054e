"""Features made by their names, or as a fingerprint says."""

import json

from featfer.errors import BundleError, ParameterError
from featfer.faces import PLAIN, check_smallest
from featfer.features import FEATURES
from featfer.features.base import Feature, upgraded
from featfer.utils.fitted_files import PREFIX


def make_features(names, superres=None, smallest=None, **params):
    """Return a list of features by name; each takes those of the params that it knows.

    names: list of str, or one str with commas; "stage:128x8x8" gives what stands behind the colon to the feature
    superres: what enlarges small images first: "srresnet", "srgan", a generator's file, "bicubic" or "lanczos"; None or "none"
    leaves them. Of a generator, precision and device are those in the params
    smallest: side in pixels of the smallest face of interest in photos, as for featfer.faces.find_faces
    Raises ParameterError for an unknown name, a name given twice or a parameter's value that cannot be, MissingError for a
    device that is not there.
    """
    from featfer.superres.enlarging import make_enlargement
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    if not names or len(set(names)) < len(names) or not all(map(_is_known, names)):
        listing = ", ".join(f"{name}:{kind.argument.upper()}" if kind.argument else name for name, kind in FEATURES.items())
        raise ParameterError(f"features {','.join(names)!r}: give each at most once, out of {listing}")
    features = [_make_feature(name, params) for name in names]
    enlargement = make_enlargement(superres, **{k: params[k] for k in ("precision", "device") if k in params})
    check_smallest(smallest)
    for feature in features:
        feature.enlargement, feature.smallest = enlargement, smallest
        feature.check()
    if params.get("view", PLAIN) != PLAIN and not any(hasattr(feature, "view") for feature in features):
        raise ParameterError(f"view {params['view']!r}: {','.join(names)} is not made of the chip and has no views but {PLAIN}")
    return features


def _is_known(text):
    name, colon, _ = text.partition(":")
    return name in FEATURES and (not colon or FEATURES[name].argument is not None)


def _make_feature(text, params):
    name, colon, argument = text.partition(":")
    kind = FEATURES[name]
    known = {k: v for k, v in params.items() if k in kind().get_params()}
    return kind(**known, **({kind.argument: argument} if colon else {}))


def detection_settings(features):
    """Return how faces are looked for as all of some features want it: {"enlarge": ..., "smallest": ...}, for
    `featfer.faces.find_faces`. Raises ParameterError where they differ."""
    wanted = {json.dumps(feature.fingerprint["faces"]): feature for feature in features}
    if len(wanted) > 1:
        raise ParameterError(f"{', '.join(feature.name for feature in features)}: features of images that were enlarged in "
                             "different ways (--superres), or of faces from different sizes on (--smallest-face), cannot "
                             "stand side by side")
    feature = next(iter(wanted.values()), Feature)
    return {"enlarge": feature.enlargement and feature.enlargement.enlarge_small, "smallest": feature.smallest}


def feature_of(fingerprint):
    """Return the feature with this fingerprint; raise BundleError when this version of featfer has it no more."""
    from featfer.superres.enlarging import restore_enlargement
    name = fingerprint["feature"]
    try:
        fingerprint = upgraded(fingerprint)
        feature = FEATURES[name](**fingerprint["params"])
        feature.enlargement = restore_enlargement(fingerprint["faces"].get("superres"))
        feature.smallest = fingerprint["faces"].get("smallest")
        named = [fingerprint["params"].get(param, PREFIX) for param in feature.fitted_params]
        if all(value.startswith(PREFIX) for value in named) and feature.fingerprint == fingerprint:  # no path is looked into
            return feature
    except (AttributeError, KeyError, TypeError, ValueError):  # a name, a parameter or a value that this version does not have
        pass
    raise BundleError(f"feature {name!r} of version {fingerprint['version']} is not what this featfer computes; train "
                      "again, or install the featfer that the card names")
