"""Trained recognizers on disk: a joblib file, and beside it a card (JSON) that says what it is.

A joblib file is a pickle: loading it runs code from the file. The card's sha256 tells a damaged or swapped file, not a
malicious author: load only what you trained, or trust.
"""

import hashlib
import io
import json
from importlib.resources import files
from pathlib import Path

import joblib

from featfer.affect_recognizer import AffectRecognizer
from featfer.errors import BundleError
from featfer.files import write_text, written_whole
from featfer.recognizer import Recognizer

DEFAULT = "stages"


def save(recognizer, path, card):
    """Write a recognizer to path (.joblib) and its card beside it (.json), each whole.

    card: plain data; bytes and sha256 are added to it. Returns the card as written. Raises BundleError for another name,
    WriteError where the files cannot be written.
    """
    path = bundle_path(path)
    buffer = io.BytesIO()
    joblib.dump(recognizer, buffer, compress=("zlib", 6))
    content = buffer.getvalue()
    card = {**card, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    with written_whole(path) as file:
        file.write(content)
    write_text(path.with_suffix(".json"), json.dumps(card, indent=1) + "\n")
    return card


def load(path=DEFAULT, verify=True):
    """Return the Recognizer or AffectRecognizer in a file, or one that ships with featfer by its name ("stages", "small",
    "svm", "rf", "mlp").

    Loading a joblib file runs code from it: load only files that you trust. verify: refuse a file without a card, or
    whose sha256 is not the card's. Raises BundleError; warns (VersionWarning) where library versions differ.
    """
    path = find_bundle(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path}: cannot be read ({error.strerror})") from None
    if verify:
        _check(path, content)
    try:
        recognizer = joblib.load(io.BytesIO(content))
    except BundleError:
        raise
    except Exception as error:  # a pickle can raise anything
        raise BundleError(f"{path}: cannot be loaded ({type(error).__name__}: {error})") from error
    if not isinstance(recognizer, Recognizer | AffectRecognizer):
        raise BundleError(f"{path}: holds a {type(recognizer).__name__}, not a Recognizer; `featfer train` makes one")
    return recognizer


def load_recognizer(path=DEFAULT, verify=True):
    """Return the Recognizer that `load` does; raise BundleError where it is one of valence and arousal."""
    recognizer = load(path, verify)
    if not isinstance(recognizer, Recognizer):
        raise BundleError(f"{path}: tells valence and arousal, which `featfer predict` prints; here give a model of "
                          "expressions, which `featfer train --clf` and --cnn make")
    return recognizer


def read_card(path):
    """Return the card of a bundle (dict); raise BundleError when there is none."""
    card = find_bundle(path).with_suffix(".json")
    try:
        return dict(json.loads(card.read_text()))
    except FileNotFoundError:
        raise BundleError(f"{card}: no such card; `featfer train` writes it beside the bundle") from None
    except (OSError, TypeError, ValueError) as error:
        raise BundleError(f"{card}: not a readable card ({error})") from None


def find_bundle(path):
    """Return the path of a bundle: the file, or the one that ships under this name."""
    own, shipped = Path(path), shipped_file(f"{path}.joblib")
    if own.is_file():
        return bundle_path(own)
    if shipped:
        return shipped
    names = ", ".join(sorted(p.name.removesuffix(".joblib") for p in files("featfer_models").iterdir()
                             if p.name.endswith(".joblib")))
    raise BundleError(f"{path}: no such file, and none of the models that ship with featfer ({names or 'none here'})")


def bundle_path(path):
    """Return path as a Path; raise BundleError when it does not end in .joblib."""
    path = Path(path)
    if path.suffix != ".joblib":
        raise BundleError(f"{path}: a bundle's name ends in .joblib")
    return path


def shipped_file(name):
    """Return the path of a file that ships with featfer, or None."""
    path = Path(str(files("featfer_models"))) / name
    return path if path.name == str(name) and path.is_file() else None


def _check(path, content):
    expected, found = read_card(path).get("sha256"), hashlib.sha256(content).hexdigest()
    if found != expected:
        raise BundleError(f"{path}: sha256 is {found[:16]}..., its card says {str(expected)[:16]}...: damaged, or not the "
                          "file of this card. If you trust it all the same: featfer.load(path, verify=False), or --no-verify")
