"""Golden rows: a few real feature rows in a model's card, with the predictions for them when it was saved.

If other versions of the libraries give other predictions, the model is no longer the one that was measured.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featfer.errors import BundleError
from featfer.face_model import FaceModel
from featfer.typing import Floats, Path

ROWS = 5
LEVELS = (127, 31, 7)  # quantisation steps from 0 to the largest value of a row; wide rows use coarser ones
MOST_TEXT = 30_000     # characters of the rows in a card
TOLERANCE = 1e-4       # of a probability: well above the differences between processors


def make_golden(recognizer: FaceModel, features: Floats) -> dict[str, Any]:
    """Choose rows of a feature matrix, evenly spread, and predict them.

    The rows are quantised before predicting, so that they take little room in the card.

    Parameters
    ----------
    recognizer : Recognizer or AffectRecognizer
    features : ndarray of float, shape (n, d)
        Rows with nan are not chosen.

    Returns
    -------
    dict
        steps, codes and answers, as plain data.
    """
    readable = np.flatnonzero(~np.isnan(features[:, 0]))
    chosen = readable[np.linspace(0, len(readable) - 1, min(ROWS, len(readable))).astype(int)]
    rows = features[chosen].astype(np.float32)
    for levels in LEVELS:
        packed = _pack(rows, levels)
        if len(packed["codes"]) <= MOST_TEXT:
            break
    return {**packed, "answers": recognizer.predict_rows(_unpack(packed, rows.shape[1])).round(6).tolist()}


def read_golden(recognizer: FaceModel, card: Mapping[str, Any],
                path: Path) -> tuple[NDArray[np.float32], NDArray[np.float64]] | None:
    """Read the golden rows of a card.

    Parameters
    ----------
    recognizer : Recognizer or AffectRecognizer
    card : dict
    path : path
        Of the model, for the error.

    Returns
    -------
    tuple (ndarray of float32, shape (n, d), ndarray of float64, shape (n, m)) or None
        The rows and their predictions; None for older cards without golden rows.

    Raises
    ------
    BundleError
        When the rows do not belong to the model.
    """
    golden = card.get("golden")
    if golden is None:
        return None
    try:
        rows = _unpack(golden, sum(feature.size for feature in recognizer.features))
        predictions = np.array(golden["answers"], float)
        if predictions.shape != (len(rows), len(recognizer.output_names)):
            raise ValueError(f"answers of shape {predictions.shape} to {len(rows)} rows")
        return rows, predictions
    except (AttributeError, binascii.Error, KeyError, TypeError, ValueError, zlib.error) as error:
        raise BundleError(f"{path}: the golden rows of its card are not for this model ({error})") from None


def check_golden(recognizer: FaceModel, card: Mapping[str, Any], path: Path) -> dict[str, Any] | None:
    """Compare a recognizer's predictions for its golden rows with those in its card.

    Parameters
    ----------
    recognizer : Recognizer or AffectRecognizer
    card : dict
    path : path
        Of the model, for the error.

    Returns
    -------
    dict or None
        rows, their number, and difference, the largest; None when the card has no golden rows.

    Raises
    ------
    BundleError
        When the difference is above TOLERANCE.
    """
    golden = read_golden(recognizer, card, path)
    if golden is None:
        return None
    rows, predictions = golden
    difference = float(np.abs(recognizer.predict_rows(rows) - predictions).max(initial=0))
    if not difference <= TOLERANCE:
        under = f"saved under {', '.join(recognizer.differing)}; " if recognizer.differing else ""
        raise BundleError(f"{path}: {under}its answers to the card's golden rows are off by up to {difference:.2g} (allowed: "
                          f"{TOLERANCE}): it is not the model that was measured. Install the versions that its card names "
                          "(`featfer info`) or train it again; featfer.load(path, verify=False), or --no-verify, takes it so")
    return {"rows": len(rows), "difference": difference}


def _pack(rows: Floats, levels: int) -> dict[str, Any]:
    """Quantise rows to int8 and return steps and compressed codes as plain data."""
    steps = np.abs(rows).max(axis=1, initial=0) / levels
    steps = np.where(steps > 0, steps, 1).astype(np.float32)
    codes = np.round(rows / steps[:, None]).astype(np.int8)
    return {"steps": steps.tolist(), "codes": base64.b85encode(zlib.compress(codes.tobytes(), 9)).decode()}


def _unpack(packed: Mapping[str, Any], width: int) -> NDArray[np.float32]:
    steps = np.array(packed["steps"], np.float32).reshape(-1, 1)
    size = len(steps) * width
    codes = zlib.decompressobj().decompress(base64.b85decode(packed["codes"]), size + 1)  # never unpacks more than that
    if len(codes) != size:
        raise ValueError(f"not {len(steps)} rows of {width} columns")
    return np.frombuffer(codes, np.int8).reshape(len(steps), width) * steps
