"""Golden rows: a few real inputs in a model's card, with the answers that were given when it was saved.

Where other versions of the libraries give other answers, the model is no longer the one that was measured; these say so.
"""

import base64
import binascii
import zlib

import numpy as np

from featfer.errors import BundleError

ROWS = 5
LEVELS = (127, 31, 7)  # steps from 0 to the largest value of a row, finest first: wide rows are kept in coarser ones
MOST_TEXT = 30_000     # characters that the rows may take in a card
TOLERANCE = 1e-4       # in a probability: well above the last digits that differ from one processor to another


def make_golden(recognizer, features):
    """Return golden rows as plain data: ROWS of a feature matrix (n, d), spread over those without nan, with the answers.

    The rows are rounded to whole steps before they are answered, so that they take little room.
    """
    readable = np.flatnonzero(~np.isnan(features[:, 0]))
    chosen = readable[np.linspace(0, len(readable) - 1, min(ROWS, len(readable))).astype(int)]
    rows = features[chosen].astype(np.float32)
    kept = next((kept for kept in (_packed(rows, levels) for levels in LEVELS) if len(kept["codes"]) <= MOST_TEXT),
                _packed(rows, LEVELS[-1]))
    return {**kept, "answers": recognizer.predict_rows(_unpacked(kept, rows.shape[1])).round(6).tolist()}


def read_golden(recognizer, card, path):
    """Return (rows float32 (n, d), answers float (n, m)) of a recognizer's card; None where it has none, as those of before.

    path: of the recognizer, for the error. Raises BundleError where the rows are not for it.
    """
    golden = card.get("golden")
    if golden is None:
        return None
    try:
        rows = _unpacked(golden, sum(feature.size for feature in recognizer.features))
        answers = np.array(golden["answers"], float)
        if answers.shape != (len(rows), len(recognizer.output_names)):
            raise ValueError(f"answers of shape {answers.shape} to {len(rows)} rows")
        return rows, answers
    except (AttributeError, binascii.Error, KeyError, TypeError, ValueError, zlib.error) as error:
        raise BundleError(f"{path}: the golden rows of its card are not for this model ({error})") from None


def check_golden(recognizer, card, path):
    """Compare a recognizer's answers to its card's golden rows with those of when it was saved; path: for the error.

    Returns {"rows": how many, "difference": the largest}, None where the card has none; raises BundleError above TOLERANCE.
    """
    golden = read_golden(recognizer, card, path)
    if golden is None:
        return None
    rows, answers = golden
    difference = float(np.abs(recognizer.predict_rows(rows) - answers).max(initial=0))
    if not difference <= TOLERANCE:
        under = f"saved under {', '.join(recognizer.differing)}; " if recognizer.differing else ""
        raise BundleError(f"{path}: {under}its answers to the card's golden rows are off by up to {difference:.2g} (allowed: "
                          f"{TOLERANCE}): it is not the model that was measured. Install the versions that its card names "
                          "(`featfer info`) or train it again; featfer.load(path, verify=False), or --no-verify, takes it so")
    return {"rows": len(rows), "difference": difference}


def _packed(rows, levels):
    steps = np.abs(rows).max(axis=1, initial=0) / levels
    steps = np.where(steps > 0, steps, 1).astype(np.float32)
    codes = np.round(rows / steps[:, None]).astype(np.int8)
    return {"steps": steps.tolist(), "codes": base64.b85encode(zlib.compress(codes.tobytes(), 9)).decode()}


def _unpacked(kept, width):
    steps = np.array(kept["steps"], np.float32).reshape(-1, 1)
    size = len(steps) * width
    codes = zlib.decompressobj().decompress(base64.b85decode(kept["codes"]), size + 1)  # never more, whatever it unpacks to
    if len(codes) != size:
        raise ValueError(f"not {len(steps)} rows of {width} columns")
    return np.frombuffer(codes, np.int8).reshape(len(steps), width) * steps
