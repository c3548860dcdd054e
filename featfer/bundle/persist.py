"""Trained recognizers on disk: a joblib file, and beside it a card (JSON) that says what it is.

A joblib file is a pickle: loading it runs code from the file. The card's sha256 tells a damaged or swapped file, not a
malicious author: load only what you trained, or trust. The plain forms (featfer.bundle.safe), which `featfer export` makes of
it, run no code when they are read.
"""

import hashlib
import io
from importlib.resources import files
from pathlib import Path

import joblib

from featfer.bundle.golden import check_golden
from featfer.bundle.safe import FORMS, read_plain
from featfer.bundle.safe.skops import MOST_BYTES
from featfer.errors import BundleError, MissingError
from featfer.labels import find_labels
from featfer.recognizer import FaceModel, Recognizer
from featfer.utils.cards import CARD, read_card_file
from featfer.utils.outputs import BUNDLE
from featfer.utils.provenance import card_path, write_with_card
from featfer.utils.shipped import shipped_file

DEFAULT = "stages"
TRUSTED = ".joblib"  # the form that runs code
FOREIGN = ".onnx"    # the form that other engines run; it has a card too


def save(recognizer, path, card):
    """Write a recognizer to path (.joblib) and its card beside it (.json), each whole.

    card: plain data; bytes and sha256 are added to it. Returns the card as written. Raises BundleError for another name,
    WriteError where the files cannot be written.
    """
    path = bundle_path(path)
    buffer = io.BytesIO()
    joblib.dump(recognizer, buffer, compress=("zlib", 6))
    return write_with_card(path, buffer.getvalue(), card, BUNDLE)


def load(path=DEFAULT, verify=True):
    """Return the Recognizer or AffectRecognizer in a file, or one that ships with featfer by its name ("stages", "small",
    "svm", "rf", "mlp").

    Loading a joblib file runs code from it: load only files that you trust. A .skops or .safetensors file of `featfer export`
    runs none. verify: refuse a file without a card, or whose sha256 is not the card's, or, where library versions differ, whose
    answers to the card's golden rows are others today. Raises BundleError; warns (VersionWarning) where versions differ.
    """
    path = find_bundle(path)
    if path.suffix == FOREIGN:
        raise BundleError(f"{path}: an ONNX file is for other engines, such as onnxruntime; here give the model it was made of")
    try:
        if path.suffix in FORMS and path.stat().st_size > MOST_BYTES:
            raise BundleError(f"{path}: larger than {MOST_BYTES:,} bytes, which no recognizer is")
        content = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path}: cannot be read ({error.strerror})") from None
    card = _checked_card(path, content) if verify else {}
    try:
        recognizer = joblib.load(io.BytesIO(content)) if path.suffix == TRUSTED else read_plain(content, path.suffix)
    except MissingError:
        raise
    except BundleError as error:
        raise BundleError(f"{path}: {error}") from None
    except Exception as error:  # a pickle can raise anything
        raise BundleError(f"{path}: cannot be loaded ({type(error).__name__}: {error!s:.200})") from error
    if not isinstance(recognizer, FaceModel):
        raise BundleError(f"{path}: holds a {type(recognizer).__name__}, not a Recognizer; `featfer train` makes one")
    if verify:
        _check_names(recognizer, card, path)
    if verify and recognizer.differing:
        check_golden(recognizer, card, path)
    return recognizer


def load_recognizer(path=DEFAULT, verify=True, labels=None):
    """Return the Recognizer that `load` does; raise BundleError where it is one of valence and arousal.

    labels: those that it is to answer in, as featfer.labels.find_labels takes them; raises ParameterError where there is no map
    to them.
    """
    recognizer = load(path, verify)
    if not isinstance(recognizer, Recognizer):
        raise BundleError(f"{path}: tells valence and arousal, which `featfer predict` prints; here give a model of "
                          "expressions, which `featfer train --clf` and --cnn make")
    return recognizer.relabel(find_labels(labels)) if labels else recognizer


def check(path):
    """Load a bundle, and compare its answers to its card's golden rows with those of when it was saved.

    Returns {"rows": how many, "difference": the largest}, None where the card has none; raises BundleError where they differ.
    """
    return check_golden(load(path), read_card(path), path)


def read_card(path):
    """Return the card of a bundle (featfer.utils.cards.Card); raise BundleError when there is none, or it is not as cards
    are."""
    card = card_path(find_bundle(path))
    try:
        return read_card_file(card, CARD)
    except FileNotFoundError:
        raise BundleError(f"{card}: no such card; `featfer train` writes it beside the bundle") from None


def find_bundle(path):
    """Return the path of a model: the file, or the one that ships under this name."""
    own, shipped = Path(path), shipped_file(f"{path}.joblib")
    if own.is_file():
        return bundle_path(own, (TRUSTED, *FORMS, FOREIGN))
    if shipped:
        return shipped
    names = ", ".join(sorted(p.name.removesuffix(".joblib") for p in files("featfer_models").iterdir()
                             if p.name.endswith(".joblib")))
    raise BundleError(f"{path}: no such file, and none of the models that ship with featfer ({names or 'none here'})")


def bundle_path(path, endings=(TRUSTED,)):
    """Return path as a Path; raise BundleError when it ends in none of some endings."""
    path = Path(path)
    if path.suffix not in endings:
        raise BundleError(f"{path}: a bundle's name ends in {' or '.join(endings)}")
    return path


def _check_names(recognizer, card, path):
    """Raise BundleError where a card names other labels, or outputs, than its recognizer answers in."""
    named = card.get("labels", {}).get("names") if isinstance(recognizer, Recognizer) else card.get("outputs")
    if named is not None and named != list(recognizer.output_names):
        raise BundleError(f"{path}: its card names {', '.join(named):.200}; the model answers in "
                          f"{', '.join(recognizer.output_names):.200}: it is not the card of this model")


def _checked_card(path, content):
    """Return the card of a file; raise BundleError where it is not the card of this content."""
    card, found = read_card(path), hashlib.sha256(content).hexdigest()
    if found != card.get("sha256"):
        raise BundleError(f"{path}: sha256 is {found[:16]}..., its card says {str(card.get('sha256'))[:16]}...: damaged, or "
                          "not the file of this card. If you trust it all the same: featfer.load(path, verify=False), or "
                          "--no-verify")
    return card
