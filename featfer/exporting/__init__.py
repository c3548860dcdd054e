"""Exporting a trained model to a file that strangers can accept; it is compared with the model before it is written."""

from collections.abc import Sequence
from importlib.metadata import version
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from featfer.affect.recognizer import AffectRecognizer
from featfer.bundle.golden import read_golden
from featfer.bundle.persist import load, read_card
from featfer.bundle.safe import FORMS, read_safe
from featfer.errors import BundleError, ParameterError
from featfer.exporting.checking import find_test_faces
from featfer.exporting.onnx import FACES, FEATURES, make_inputs, make_onnx_model, run_onnx
from featfer.faces.face import Face
from featfer.recognizer import Recognizer
from featfer.typing import Floats
from featfer.typing import Path as AnyPath
from featfer.utils.environment import find_versions
from featfer.utils.outputs import EXPORTED, identify_files
from featfer.utils.progress import bar
from featfer.utils.provenance import check_with_card, write_with_card
from featfer.utils.requiring import require, require_path

ONNX = ".onnx"
TOLERANCES = {ONNX: 1e-4, **dict.fromkeys(FORMS, 1e-6)}  # in a probability, by the ending of the file's name
HINT = ("Trees may answer so, as they cut between numbers that differ in their last digit, and those of two engines do: "
        "--tolerance allows more")


def export(model: str, out: AnyPath, takes: str = FACES, photos: Sequence[str] = (), tolerance: float | None = None,
           verify: bool = True) -> dict[str, Any]:
    """Write a model in another form, with its card beside it. The exported predictions are compared with the model's.

    Parameters
    ----------
    model : str
        A file, or the name of a model that ships.
    out : str or Path
        A name that ends in .skops or .safetensors, which featfer.load reads without running code, or in .onnx.
    takes : str
        The input of an ONNX graph: "faces" (pictures of faces) or "features".
    photos : list of str
        Images whose faces are compared, beside the golden rows of the card; by default two photos that come with libraries.
    tolerance, verify : float, bool
        The largest difference allowed, by default that in TOLERANCES; as for featfer.load.

    Returns
    -------
    dict
        The card as written.

    Raises
    ------
    ParameterError, BundleError
        If the model has no such form; if the predictions differ by more, and then nothing is written.
    """
    target, photos = _check_arguments(out, tolerance), [photos] if isinstance(photos, (str, Path)) else photos
    suffix = target.suffix
    check_with_card(target, EXPORTED[suffix], identify_files([model, *photos]))
    recognizer, card = load(model, verify), read_card(model) if verify else {}
    is_onnx, golden = suffix == ONNX, read_golden(recognizer, card, model)
    content, found, expected = _make_and_ask(recognizer, golden, takes if is_onnx else FEATURES, photos, suffix)
    checked = _check(found, expected, target, tolerance)
    about = {"form": suffix[1:], **({"takes": takes} if is_onnx else {}), "of": card.get("sha256"), "checked": checked,
             "versions": {**find_versions(), suffix[1:]: version(suffix[1:])}}
    return write_with_card(target, content, {**card, "export": about}, EXPORTED[suffix])


def _make_and_ask(recognizer: Recognizer | AffectRecognizer, golden: tuple[Floats, Floats] | None, takes: str,
                  photos: Sequence[str], suffix: str) -> tuple[bytes, Floats, Floats]:
    """Return the content of the exported file, its predictions for test rows, and the recognizer's."""
    is_onnx = suffix == ONNX
    with bar(total=3, desc="exporting", unit=" steps", delay=1) as shown:
        content = make_onnx_model(recognizer, takes) if is_onnx else FORMS[suffix].write(recognizer)
        shown.update()
        rows, expected = _make_test_rows(recognizer, golden, takes, find_test_faces(photos))
        shown.update()
        found = run_onnx(content, rows) if is_onnx else read_safe(content, suffix).predict_rows(rows)
        shown.update()
    return content, found, expected


def _check_arguments(out: AnyPath, tolerance: float | None) -> Path:
    """Return the name of the exported file as a Path; raise ParameterError for what cannot be used."""
    require_path(out, "out", "the name of a file")
    require(tolerance, (Real, type(None)), "tolerance", "the largest difference of a probability, such as 1e-4")
    if Path(out).suffix not in TOLERANCES:
        raise ParameterError(f"{out}: an exported model's name ends in {', '.join(TOLERANCES)}")
    return Path(out)


def _check(found: Floats, expected: Floats, out: Path, tolerance: float | None) -> dict[str, Any]:
    """Return how much two predictions differ, for the card; raise BundleError if it is more than allowed."""
    checked = {"rows": len(found), "difference": float(np.abs(found - expected).max()),
               "allowed": tolerance or TOLERANCES[out.suffix]}
    if not checked["difference"] <= checked["allowed"]:
        raise BundleError(f"{out}: not written: an answer differs by {checked['difference']:.2g} from the model's (allowed: "
                          f"{checked['allowed']:.2g}). {HINT if out.suffix == ONNX else ''}".rstrip())
    return checked


def _make_test_rows(recognizer: Recognizer | AffectRecognizer, golden: tuple[Floats, Floats] | None, takes: str,
                    faces: list[Face]) -> tuple[Any, Floats]:
    """Return rows of input for the exported file, and the recognizer's predictions for them, float (n, m)."""
    rows = make_inputs(recognizer, FEATURES, faces)
    if takes == FACES:
        return make_inputs(recognizer, takes, faces), recognizer.predict_rows(rows)
    rows = rows if golden is None else np.concatenate([rows, golden[0]])
    return rows, recognizer.predict_rows(rows)
