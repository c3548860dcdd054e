"""Features: faces in, vectors out. To add one: a file, and a line in FEATURES."""

from typing import Any

from featfer.utils.registry import Registry

# Subclasses of Feature; the names here are their attribute `name`.
FEATURES = Registry({
    "embedding": "featfer.features.embedding:Embedding",
    "stage": "featfer.features.stage:Stage",
    "landmarks": "featfer.features.landmarks:Landmarks",
    "geometry": "featfer.features.geometry:Geometry",
    "action-units": "featfer.features.action_units:ActionUnits",
    "hog": "featfer.features.hog:Hog",
    "lbp": "featfer.features.lbp:LBP",
    "gabor": "featfer.features.gabor:Gabor",
    "pixels": "featfer.features.pixels:Pixels",
    "bovw": "featfer.features.bovw:BoVW",
    "crop": "featfer.features.crop:Crop",
})
_NAMES = Registry({
    "ActionUnits": "featfer.features.action_units:ActionUnits",
    "BoVW": "featfer.features.bovw:BoVW",
    "Crop": "featfer.features.crop:Crop",
    "Embedding": "featfer.features.embedding:Embedding",
    "Feature": "featfer.features.base:Feature",
    "FaceDetector": "featfer.features.finding:FaceDetector",
    "Gabor": "featfer.features.gabor:Gabor",
    "Geometry": "featfer.features.geometry:Geometry",
    "Hog": "featfer.features.hog:Hog",
    "LBP": "featfer.features.lbp:LBP",
    "Landmarks": "featfer.features.landmarks:Landmarks",
    "Pixels": "featfer.features.pixels:Pixels",
    "Stage": "featfer.features.stage:Stage",
    "find_detection_settings": "featfer.features.making:find_detection_settings",
    "restore_feature": "featfer.features.making:restore_feature",
    "make_features": "featfer.features.making:make_features",
    "network_outputs": "featfer.features.dlibnet.feature:network_outputs",
    "values_of": "featfer.features.dlibnet.feature:values_of",
})

__all__ = ["FEATURES", *_NAMES]


def __getattr__(name: str) -> Any:
    return _NAMES.attribute(__name__, name)
