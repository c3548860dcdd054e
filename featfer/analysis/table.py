"""The tidy table of a film: a row for each face in each frame, and one for a frame without a face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from featfer.expression import UNSURE, compute_ambiguity
from featfer.features.action_units import NAMES
from featfer.features.measures import EYES, POINTS, POSE
from featfer.prediction.formats import BOX, FOUND, NO_FACE
from featfer.utils.cells import replace_bytes
from featfer.utils.environment import import_extra

if TYPE_CHECKING:
    import pandas as pd

    from featfer.analysis.parts import Arrays

FOLLOWED = "followed"  # status of a face that the detector misses, but the optical flow follows
FIRST = ("film", "frame", "time_s", "track", "person", "status", "score", *BOX, "label",
         "confidence", "ambiguity", "novelty")
BLINKS = "AU45", "blink"
DECIMALS = {"time_s": 6, "score": 4, "confidence": 6, "ambiguity": 4, "novelty": 4, "AU45": 2, "eye_left": 4, "eye_right": 4,
            **dict.fromkeys((*BOX, *NAMES, *POINTS, *POSE), 1)}
USUAL_DECIMALS = 6  # of probabilities, valence and arousal
WHOLE = ("frame", "track", "person", "blink")
TEXTS = ("film", "status", "label")


def list_columns(labels: Sequence[str], outputs: Sequence[str] = (), with_points: bool = False) -> list[str]:
    """List the columns of a table.

    Parameters
    ----------
    labels : sequence of str
        The expressions.
    outputs : sequence of str
        Of the model of affect: valence, arousal or both.
    with_points : bool
        Whether the landmarks are among them.

    Returns
    -------
    list of str
    """
    return [*FIRST, *labels, *outputs, *NAMES, *POSE, *EYES, *BLINKS, *(POINTS if with_points else ())]


def make_frame(film: str, arrays: Arrays, columns: Sequence[str], labels: Sequence[str], outputs: Sequence[str],
               reject: float = 0.0) -> pd.DataFrame:
    """Make the rows of one part of a film.

    Parameters
    ----------
    film : str
        Its name.
    arrays : dict of ndarray
        Of the part, with `track`, `person` (0: unknown), `closure` and `blink` of each face as they are at the end.
    columns, labels, outputs
        As for `list_columns`, which returns `columns`.
    reject : float
        A face whose likeliest expression has a lower probability has the label UNSURE.

    Returns
    -------
    pandas.DataFrame
    """
    import pandas as pd

    numbers, seconds, row = arrays["numbers"], arrays["seconds"], arrays.get("row", np.empty(0, int))
    empty = np.setdiff1d(np.arange(len(numbers)), row)
    values = _list_values(arrays, labels, outputs, reject) if len(row) else {}
    order = np.concatenate([row, empty]).astype(int)
    filled = {name: [*values.get(name, ()), *[None if name in TEXTS else np.nan] * len(empty)] for name in columns[3:]}
    filled |= {"film": [replace_bytes(film)] * len(order), "frame": numbers[order], "time_s": seconds[order],
               "status": [*values.get("status", ()), *[NO_FACE] * len(empty)]}
    frame = pd.DataFrame({name: _to_type(name, filled[name]) for name in columns})
    return frame.sort_values(["frame", "track"], kind="stable", ignore_index=True)


def make_schema(columns: Sequence[str]) -> Any:
    """Return the pyarrow.Schema of a table with these columns."""
    pa = import_extra("pyarrow", "video")
    kinds = {**dict.fromkeys(WHOLE, pa.int64()), **dict.fromkeys(TEXTS, pa.string())}
    return pa.schema([(name, kinds.get(name, pa.float64())) for name in columns])


def _list_values(arrays: Arrays, labels: Sequence[str], outputs: Sequence[str], reject: float) -> dict[str, Any]:
    """Return {column: values of each face}."""
    probabilities, left, right = arrays["probabilities"], arrays["eyes"][:, 0], arrays["eyes"][:, 1]
    confidence = probabilities.max(axis=1)
    label = [UNSURE if sure < reject else labels[at]
             for at, sure in zip(probabilities.argmax(axis=1), confidence, strict=True)]
    values = {"track": arrays["track"], "person": np.where(arrays["person"] > 0, arrays["person"], np.nan),
              "status": [FOLLOWED if missed else FOUND for missed in np.isnan(arrays["score"])], "score": arrays["score"],
              "label": label, "confidence": confidence, "ambiguity": [compute_ambiguity(row) for row in probabilities],
              "novelty": arrays["novelty"], "eye_left": left, "eye_right": right, "AU45": arrays["closure"],
              "blink": arrays["blink"].astype(int)}
    width, height = arrays["size"].T
    ends = width, height, width, height
    values |= {name: side.clip(0, end) for name, side, end in zip(BOX, arrays["box"].T, ends, strict=True)}
    blocks = [(labels, probabilities), (NAMES, arrays["units"]), (POSE, arrays["pose"]),
              *([(outputs, arrays["affect"])] if outputs else [])]
    for names, block in blocks:
        values |= {name: block[:, at] for at, name in enumerate(names)}
    return values | dict(zip(POINTS, arrays["points"].reshape(len(label), -1).T, strict=True))


def _to_type(name: str, values: Sequence[Any]) -> pd.Series:
    """Return the values of a column with its type, rounded; whole numbers may be missing."""
    import pandas as pd
    if name in TEXTS:
        return pd.Series(values, dtype=str)
    series = pd.Series(np.asarray(values, float))
    if name in WHOLE:
        return series.astype("int64" if name == "frame" else "Int64")
    return series.round(DECIMALS.get(name, USUAL_DECIMALS))
