"""Features: faces in, vectors out. To add one: a file, and a line in FEATURES."""

from featfer.errors import BundleError, ParameterError
from featfer.features.base import Feature
from featfer.features.embedding import BACKENDS, PRECISIONS, Embedding
from featfer.features.landmarks import Landmarks

FEATURES = {feature.name: feature for feature in (Embedding, Landmarks)}

__all__ = ["BACKENDS", "FEATURES", "PRECISIONS", "Embedding", "Feature", "Landmarks", "feature_of",
           "make_features"]


def make_features(names, **params):
    """Return a list of features by name; each takes those of the params that it knows.

    names: list of str, or one str with commas. Raises ParameterError for an unknown name, a name given twice or a
    parameter's value that cannot be, MissingError for a device that is not there.
    """
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    unknown = [name for name in names if name not in FEATURES]
    if unknown or not names or len(set(names)) < len(names):
        raise ParameterError(f"features {','.join(names)!r}: give each at most once, out of {', '.join(FEATURES)}")
    features = [FEATURES[name](**{k: v for k, v in params.items() if k in FEATURES[name]().get_params()})
                for name in names]
    for feature in features:
        feature.check()
    return features


def feature_of(fingerprint):
    """Return the feature with this fingerprint; raise BundleError when this version of featfer has it no more."""
    name = fingerprint["feature"]
    try:
        feature = FEATURES[name](**fingerprint["params"])
        if feature.fingerprint == fingerprint:
            return feature
    except (KeyError, TypeError, ValueError):  # a name, a parameter or a value that this version does not have
        pass
    raise BundleError(f"feature {name!r} of version {fingerprint['version']} is not what this featfer computes; train "
                      "again, or install the featfer that the card names")
