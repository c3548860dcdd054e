"""featfer: facial expression recognition with classical features and shallow classifiers.

    recognizer = featfer.load()
    for face in recognizer.predict("photo.jpg")[0]:
        print(face.label, face.box, face.blend())

Use a model: `load`, `Recognizer` (`predict`, `predict_frame`, `predict_proba`), `Expression`, `read_card`, `save`, `export`.
Train one: `extract` features into a `Store`, `open_table` or `load_table` gives a `FeatureTable`, `train`, `evaluate`; or
`Recognizer("svm", "embedding", "fer7").fit(images, labels)`, with `make_features` and `make_classifier`.
Films: `analyze`, `summarize`, `synchrony`. Single steps: `read_image`, `find_faces`. What goes wrong is a `FeatferError`.
In scikit-learn: `ImageLoader`, `FaceDetector` and `StoredFeatures`; the features `Stage`, `Embedding`, `Landmarks`, `Geometry`,
`ActionUnits`, `Hog`, `LBP`, `Gabor`, `Pixels`, `BoVW` and `Crop`, with an `Enlargement` for small images.
"""

import importlib
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from featfer import _compat
from featfer.utils import forking  # noqa: F401 - keeps forked child processes from waiting for threads of their parent

if TYPE_CHECKING:  # type checkers and editors do not see what `__getattr__` gives
    from featfer.analysis.analyzing import analyze as analyze
    from featfer.bundle.persist import load as load
    from featfer.bundle.persist import read_card as read_card
    from featfer.bundle.persist import save as save
    from featfer.classifiers import make_classifier as make_classifier
    from featfer.errors import FeatferError as FeatferError
    from featfer.evaluation.scoring import evaluate as evaluate
    from featfer.exporting import export as export
    from featfer.expression import Expression as Expression
    from featfer.extraction.run import extract as extract
    from featfer.extraction.stored import StoredFeatures as StoredFeatures
    from featfer.face_model import VersionWarning as VersionWarning
    from featfer.faces.detect import find_faces as find_faces
    from featfer.features.action_units import ActionUnits as ActionUnits
    from featfer.features.bovw import BoVW as BoVW
    from featfer.features.crop import Crop as Crop
    from featfer.features.embedding import Embedding as Embedding
    from featfer.features.finding import FaceDetector as FaceDetector
    from featfer.features.gabor import Gabor as Gabor
    from featfer.features.geometry import Geometry as Geometry
    from featfer.features.hog import Hog as Hog
    from featfer.features.landmarks import Landmarks as Landmarks
    from featfer.features.lbp import LBP as LBP
    from featfer.features.making import make_features as make_features
    from featfer.features.pixels import Pixels as Pixels
    from featfer.features.stage import Stage as Stage
    from featfer.images.loader import ImageLoader as ImageLoader
    from featfer.images.pixels import read_image as read_image
    from featfer.labels import FER7 as FER7
    from featfer.recognizer import Recognizer as Recognizer
    from featfer.store.opening import open_table as open_table
    from featfer.store.store import Store as Store
    from featfer.store.table import FeatureTable as FeatureTable
    from featfer.store.table import load_table as load_table
    from featfer.studies.summary import summarize as summarize
    from featfer.studies.synchrony import synchrony as synchrony
    from featfer.superres.enlarging import Enlargement as Enlargement
    from featfer.training.classifier import train as train

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


if not TYPE_CHECKING:  # with it, type checkers would take any name for one that is there
    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used, so that `import featfer` loads no heavy library."""
        if name not in _HOMES:
            raise AttributeError(f"module 'featfer' has no attribute {name!r}")
        return getattr(importlib.import_module(f"featfer.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
