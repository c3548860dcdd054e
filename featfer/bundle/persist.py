"""Trained recognizers on disk: a joblib file, and next to it a card (JSON) that describes it.

A joblib file is a pickle: loading it runs code from the file. The card's sha256 detects a damaged or swapped file, but not a
malicious author: load only files that you trained or trust. The safe forms (`featfer.bundle.safe`), made by `featfer export`,
run no code when they are read. Joblib files are not compressed: their arrays are mapped, each page read when it is used.
"""

from __future__ import annotations

import hashlib
import io
import logging
import mmap
import pathlib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib.resources import files
from typing import Any

from featfer.bundle.card import check_names, check_saved, describe_data, make_card, read_prior
from featfer.bundle.devices import adapt
from featfer.bundle.golden import check_golden
from featfer.bundle.safe import FORMS, read_safe
from featfer.bundle.safe.skops import MOST_BYTES
from featfer.errors import BundleError, MissingError
from featfer.face_model import FaceModel
from featfer.labels import find_labels
from featfer.recognizer import Recognizer
from featfer.typing import Path
from featfer.utils.cards import CARD, Card, read_card_file
from featfer.utils.joblib_files import is_mappable, read_mapped
from featfer.utils.outputs import BUNDLE
from featfer.utils.provenance import card_path, write_with_card
from featfer.utils.requiring import require_path
from featfer.utils.shipped import find_shipped_file

DEFAULT = "photos"
EARLIER_NAMES = {"stages": "fer2013"}  # of models that ship
TRUSTED = ".joblib"  # runs code when it is loaded
FOREIGN = ".onnx"    # for other engines; it has a card too
logger = logging.getLogger(__name__)


def save(recognizer: FaceModel, path: Path, card: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Save a recognizer and its card; each file is written completely or not at all.

    Parameters
    ----------
    recognizer : Recognizer or AffectRecognizer
    path : path
        Ends in .joblib; the card has the same name with .json.
    card : dict, optional
        Plain data, as `featfer.train` returns it; by default what is known of the recognizer itself.

    Returns
    -------
    dict
        The card as written, with bytes and sha256.

    Raises
    ------
    BundleError, ParameterError
        For another file name extension; for a recognizer that is not trained, or what is none.
    WriteError
        When the files cannot be written.
    """
    file = check_bundle_path(path)
    card = make_card(recognizer) if card is None and isinstance(recognizer, FaceModel) else card
    check_saved(recognizer, card)
    import joblib
    buffer = io.BytesIO()
    joblib.dump(recognizer, buffer)
    return write_with_card(file, buffer.getvalue(), dict(card or {}), BUNDLE)


def load(path: Path = DEFAULT, verify: bool = True, device: str | None = None,
         precision: str | None = None) -> Recognizer | Any:
    """Load a recognizer from a file, or one that ships with featfer.

    Loading a joblib file runs code from it: load only files that you trust. A .skops or .safetensors file runs none.

    Parameters
    ----------
    path : path
        A file, or a shipped model: "photos", "fer2013", "small", "svm", "rf" or "mlp".
    verify : bool
        Refuse a file without a card, with another sha256 than the card's, or, under other library versions, with other
        predictions for the card's golden rows.
    device : str, optional
        Where its networks compute, as for `featfer.bundle.devices.use_device`. Default: as it was saved.
    precision : str, optional
        Of dlib's network: "float32", "bf16", "int8" or "auto", as for `featfer.bundle.devices.use_precision`. Default: its own.

    Returns
    -------
    Recognizer or AffectRecognizer

    Raises
    ------
    BundleError
        When it cannot be loaded or is refused. VersionWarning, a warning, when library versions differ.
    """
    path = find_bundle(path)
    logger.info("loading the model %s", path)
    content = _read_content(path)
    card = _read_checked_card(path, content) if verify else {}
    recognizer = _load_content(path, content)
    if verify:
        check_names(recognizer, card, path)
    if isinstance(recognizer, Recognizer) and recognizer.prior is None:
        recognizer.prior = read_prior(recognizer, card, path)  # bundles of earlier versions do not hold it
    recognizer.trained_on = recognizer.trained_on or describe_data(card)
    if verify and recognizer.differing:
        check_golden(recognizer, card, path)
    return adapt(recognizer, path, device, precision)


def _read_content(path: pathlib.Path) -> mmap.mmap | bytes:
    """Return the content of a file; that of a joblib file is mapped, each page read when it is used."""
    if path.suffix == FOREIGN:
        raise BundleError(f"{path}: an ONNX file is for other engines, such as onnxruntime; here give the model it was made of")
    try:
        if path.suffix in FORMS and path.stat().st_size > MOST_BYTES:
            raise BundleError(f"{path}: larger than {MOST_BYTES:,} bytes, which no recognizer is")
        with path.open("rb") as file:
            if path.suffix == TRUSTED and path.stat().st_size:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)  # what is written to arrays stays out of the file
            return file.read()
    except OSError as error:
        raise BundleError(f"{path}: cannot be read ({error.strerror})") from None


def _load_content(path: pathlib.Path, content: mmap.mmap | bytes) -> FaceModel:
    """Return the model in the content of a file, by joblib or, for the safe forms, without running code."""
    try:
        recognizer = _unpickle(content) if path.suffix == TRUSTED else read_safe(bytes(content), path.suffix)
    except MissingError:
        raise
    except BundleError as error:
        raise BundleError(f"{path}: {error}") from None
    except Exception as error:  # a pickle can raise anything
        raise BundleError(f"{path}: cannot be loaded ({type(error).__name__}: {error!s:.200})") from error
    if not isinstance(recognizer, FaceModel):
        raise BundleError(f"{path}: holds a {type(recognizer).__name__}, not a Recognizer; `featfer train` makes one")
    return recognizer


def _unpickle(content: mmap.mmap | bytes) -> Any:
    if isinstance(content, mmap.mmap) and is_mappable(content):
        return read_mapped(content)
    import joblib
    return joblib.load(io.BytesIO(content))  # compressed, as earlier versions wrote it


def load_recognizer(path: Path = DEFAULT, verify: bool = True, labels: Path | None = None,
                    prior: Mapping[str, float] | str | None = None, device: str | None = None,
                    precision: str | None = None) -> Recognizer:
    """Load a recognizer of expressions.

    Parameters
    ----------
    path, verify
        As for `load`.
    labels : str or path, optional
        The label set to predict in, as for `featfer.labels.find_labels`.
    prior : dict or str, optional
        The shares of the labels where the model is used, as for `featfer.recognizer.Recognizer.with_prior`.
    device, precision : str, optional
        As for `load`.

    Returns
    -------
    Recognizer

    Raises
    ------
    BundleError
        When it is a model of valence and arousal.
    ParameterError
        When its labels have no mapping to `labels`, or the prior is none.
    """
    recognizer = load(path, verify, device, precision)
    if not isinstance(recognizer, Recognizer):
        raise BundleError(f"{path}: tells valence and arousal, which `featfer predict` prints; here give a model of "
                          "expressions, which `featfer train --clf` and --cnn make")
    recognizer = recognizer.relabel(find_labels(labels)) if labels else recognizer
    return recognizer if prior is None else recognizer.with_prior(prior)


def check(path: Path) -> dict[str, Any] | None:
    """Load a model and compare its predictions for the golden rows with those in its card.

    Parameters
    ----------
    path : path

    Returns
    -------
    dict or None
        As from `featfer.bundle.golden.check_golden`.

    Raises
    ------
    BundleError
        When they differ.
    """
    return check_golden(load(path), read_card(path), path)


def read_card(path: Path) -> Card:
    """Read the card of a model.

    Parameters
    ----------
    path : path

    Returns
    -------
    featfer.utils.cards.Card

    Raises
    ------
    BundleError
        When there is none, or it is invalid.
    """
    card = card_path(find_bundle(path))
    try:
        return read_card_file(card, CARD)
    except FileNotFoundError:
        raise BundleError(f"{card}: no such card; `featfer train` writes it beside the bundle") from None


def find_bundle(path: Path) -> pathlib.Path:
    """Find a model: a file, or one that ships with featfer.

    Parameters
    ----------
    path : path or str

    Returns
    -------
    pathlib.Path

    Raises
    ------
    BundleError
        When there is no such model.
    """
    require_path(path, "model", f"the name of a file, or of a model that ships with featfer, such as {DEFAULT!r}")
    own, shipped = pathlib.Path(path), find_shipped_file(f"{EARLIER_NAMES.get(str(path), path)}.joblib")
    if own.is_file():
        return check_bundle_path(own, (TRUSTED, *FORMS, FOREIGN))
    if shipped:
        return shipped
    names = sorted(p.name.removesuffix(".joblib") for p in files("featfer_models").iterdir() if p.name.endswith(".joblib"))
    meant = "".join(f"; did you mean {name!r}?" for name in get_close_matches(str(path), names, 1))
    raise BundleError(f"{path}: no such file, and none of the models that ship with featfer ({', '.join(names) or 'none here'})"
                      f"{meant}")


def check_bundle_path(path: Path, endings: Sequence[str] = (TRUSTED,)) -> pathlib.Path:
    """Check the file name extension of a model.

    Parameters
    ----------
    path : path
    endings : tuple of str
        Allowed extensions.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    BundleError
    """
    require_path(path, "bundle", "the name of a file")
    file = pathlib.Path(path)
    if file.suffix not in endings:
        raise BundleError(f"{file}: a bundle's name ends in {' or '.join(endings)}")
    return file


def _read_checked_card(path: pathlib.Path, content: mmap.mmap | bytes) -> Card:
    """Return the card of a file; raise BundleError when its sha256 is not that of the content."""
    card, found = read_card(path), hashlib.sha256(content).hexdigest()
    if found != card.get("sha256"):
        raise BundleError(f"{path}: sha256 is {found[:16]}..., its card says {str(card.get('sha256'))[:16]}...: damaged, or "
                          "not the file of this card. If you trust it all the same: featfer.load(path, verify=False), or "
                          "--no-verify")
    return card
