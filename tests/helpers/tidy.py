"""Tidy tables of films, as `featfer analyze` writes them, made up."""

import numpy as np
import pandas as pd

from featfer.features.action_units import NAMES
from featfer.labels import FER7

FIRST = ["film", "frame", "time_s", "track", "person", "status", "score", "left", "top", "right", "bottom", "label",
         "confidence", "ambiguity", "novelty"]
POINTS = [f"{axis}{number}" for number in range(1, 69) for axis in "xy"]
COLUMNS = [*FIRST, *FER7.names, *NAMES, "pitch", "yaw", "roll", "eye_left", "eye_right", "AU45", "blink"]


def make_row(film, frame, seconds, box, track=1, person=1, label="happy", share=0.7, points=None, **values):
    """Return the row of a face; the label has the share, the other expressions have the rest."""
    shares = {name: share if name == label else (1 - share) / (len(FER7.names) - 1) for name in FER7.names}
    row = {"film": film, "frame": frame, "time_s": seconds, "track": track, "person": person, "status": "found", "score": 1.0,
           **dict(zip(("left", "top", "right", "bottom"), box, strict=True)), "label": label, "confidence": share,
           "ambiguity": 0.5, **shares, **dict.fromkeys(NAMES, 1.0), "pitch": 0.0, "yaw": 0.0, "roll": 0.0, "eye_left": 0.3,
           "eye_right": 0.3, "AU45": 0.0, "blink": 0, **values}
    return row | ({} if points is None else dict(zip(POINTS, np.ravel(points).tolist(), strict=True)))


def make_faceless_row(film, frame, seconds):
    return {"film": film, "frame": frame, "time_s": seconds, "status": "no-face"}


def make_table(rows):
    """Return the rows as a table with the types of one."""
    rows = list(rows)
    columns = [*COLUMNS, *(POINTS if any("x1" in row for row in rows) else ())]
    frame = pd.DataFrame(rows).reindex(columns=columns)
    numbers = {name: float for name in columns if name not in ("film", "frame", "track", "person", "status", "label", "blink")}
    return frame.astype({"frame": int, "track": "Int64", "person": "Int64", "blink": "Int64", **numbers})
