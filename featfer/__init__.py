"""featfer: facial expression recognition with classical features and shallow classifiers.

    recognizer = featfer.load()
    for face in recognizer.predict("photo.jpg")[0]:
        print(face.label, face.box, face.blend())
"""

import importlib
from importlib.metadata import version

from featfer import _compat
from featfer.utils import forking  # noqa: F401 - keeps forked child processes from waiting for threads of their parent

_HOMES = {
    "load": "bundle.persist", "save": "bundle.persist", "read_card": "bundle.persist", "export": "exporting",
    "Recognizer": "recognizer", "Expression": "expression", "VersionWarning": "face_model",
    "extract": "extraction.run", "Store": "store.store", "FeatureTable": "store.table", "load_table": "store.table",
    "open_table": "store.opening", "train": "training.classifier", "evaluate": "evaluation.scoring",
    "analyze": "analysis.analyzing", "summarize": "studies.summary", "synchrony": "studies.synchrony",
    "make_features": "features", "make_classifier": "classifiers", "find_faces": "faces", "read_image": "images.pixels",
    "FeatferError": "errors", "FER7": "labels",
    "ImageLoader": "images.loader", "StoredFeatures": "extraction.stored", "Enlargement": "superres", **dict.fromkeys((
        "FaceDetector", "ActionUnits", "BoVW", "Crop", "Embedding", "Gabor", "Geometry", "Hog", "LBP", "Landmarks", "Pixels",
        "Stage"), "features"),
}

_compat.install()

__version__ = version("featfer")
__all__ = ["__version__", *_HOMES]


def __getattr__(name):
    """Import a public name when it is first used, so that `import featfer` loads no heavy library."""
    if name not in _HOMES:
        raise AttributeError(f"module 'featfer' has no attribute {name!r}")
    return getattr(importlib.import_module(f"featfer.{_HOMES[name]}"), name)


def __dir__():
    return __all__
