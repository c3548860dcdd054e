"""A trained model in, a file that can be accepted from a stranger out: read again and compared before it is written."""

from importlib.metadata import version
from pathlib import Path

import numpy as np

from featfer.bundle.golden import read_golden
from featfer.bundle.persist import load, read_card
from featfer.bundle.safe import FORMS, read_safe
from featfer.errors import BundleError, ParameterError
from featfer.exporting.checking import some_faces
from featfer.exporting.onnx import FACES, FEATURES, onnx_model, run_onnx, sample
from featfer.utils.environment import find_versions
from featfer.utils.outputs import EXPORTED, identify_files
from featfer.utils.provenance import check_with_card, write_with_card

ONNX = ".onnx"
TOLERANCES = {ONNX: 1e-4, **dict.fromkeys(FORMS, 1e-6)}  # in a probability, by the ending of the file's name
HINT = ("Trees may answer so, as they cut between numbers that differ in their last digit, and those of two engines do: "
        "--tolerance allows more")


def export(model, out, takes=FACES, photos=(), tolerance=None, verify=True):
    """Write a model in another form, with its card beside it; return the card as written.

    model: a file, or the name of one that ships with featfer; verify: as for featfer.load
    out: a name that ends in .skops or .safetensors, which featfer.load reads without running code, or .onnx for other engines
    takes: what an ONNX graph begins with, "faces" (pictures of faces, as far as the model's features can be computed there) or
    "features" (their values)
    photos: file names of images; the answers to their faces, and to the card's golden rows, are held against the original's.
    Without any, two photos that come with featfer's libraries are taken
    tolerance: the largest difference allowed, None for that in TOLERANCES

    Raises ParameterError for what has no such form, BundleError where the answers differ by more; nothing is written then.
    """
    out = Path(out)
    if out.suffix not in TOLERANCES:
        raise ParameterError(f"{out}: an exported model's name ends in {', '.join(TOLERANCES)}")
    check_with_card(out, EXPORTED[out.suffix], identify_files([model, *photos]))
    recognizer = load(model, verify)
    card = read_card(model) if verify else {}
    is_onnx = out.suffix == ONNX
    content = onnx_model(recognizer, takes) if is_onnx else FORMS[out.suffix].write(recognizer)
    golden = read_golden(recognizer, card, model)
    given, expected = _asked(recognizer, golden, takes if is_onnx else FEATURES, some_faces(photos))
    found = run_onnx(content, given) if is_onnx else read_safe(content, out.suffix).predict_rows(given)
    checked = {"rows": len(given), "difference": float(np.abs(found - expected).max()),
               "allowed": tolerance or TOLERANCES[out.suffix]}
    if not checked["difference"] <= checked["allowed"]:
        raise BundleError(f"{out}: not written: an answer differs by {checked['difference']:.2g} from the model's (allowed: "
                          f"{checked['allowed']:.2g}). {HINT if is_onnx else ''}".rstrip())
    about = {"form": out.suffix[1:], **({"takes": takes} if is_onnx else {}), "of": card.get("sha256"), "checked": checked,
             "versions": {**find_versions(), out.suffix[1:]: version(out.suffix[1:])}}
    return write_with_card(out, content, {**card, "export": about}, EXPORTED[out.suffix])


def _asked(recognizer, golden, takes, faces):
    """Return (rows of what the exported file takes, float (n, m) that the recognizer answers to them)."""
    rows = sample(recognizer, FEATURES, faces)
    if takes == FACES:
        return sample(recognizer, takes, faces), recognizer.predict_rows(rows)
    rows = rows if golden is None else np.concatenate([rows, golden[0]])
    return rows, recognizer.predict_rows(rows)
