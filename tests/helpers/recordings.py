"""Tables as `featfer analyze` writes them, made up: films with persons whose expressions begin and end at known times."""

import numpy as np
import pandas as pd

EXPRESSIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
UNITS = ("AU1", "AU2", "AU4", "AU5", "AU6/7", "AU9", "AU12", "AU15", "AU20", "AU23/24", "AU25", "AU26", "AU27")
HEAD = ("film", "frame", "time_s", "track", "person", "status", "score", "left", "top", "right", "bottom", "label",
        "confidence", "ambiguity", "novelty")
TAIL = (*UNITS, "pitch", "yaw", "roll", "eye_left", "eye_right", "AU45", "blink")


def make_recording(film="a.mp4", times=None, persons=None, units=None, affect=False, expressions=EXPRESSIONS):
    """Make the table of a film.

    Parameters
    ----------
    film : str
    times : sequence of float, optional
        Of the frames, in seconds; 10 s at 25 frames/s if not given.
    persons : dict, optional
        By number (None for a face without a person) {"events": [(expression, onset, offset, probability)], "seen": [(start,
        end)], "level": {expression: probability outside events}, "units": {name: value}, "blinks": [(start, end)],
        "head": (pitch, yaw, roll) in degrees/s}; what is left is neutral.
    affect : bool
        Whether to have valence and arousal.
    """
    times = np.arange(250) / 25 if times is None else np.asarray(times, float)
    persons = {1: {}} if persons is None else persons
    rows = []
    for frame, time in enumerate(times):
        seen = [_make_row(film, frame, time, person, of, affect, expressions) for person, of in persons.items()
                if any(start <= time < end for start, end in of.get("seen", [(0, np.inf)]))]
        rows += seen or [{"film": film, "frame": frame, "time_s": time, "status": "no-face"}]
    columns = [*HEAD, *expressions, *(("valence", "arousal") if affect else ()), *TAIL]
    table = pd.DataFrame(rows).reindex(columns=columns)
    return table.astype({"track": "Int64", "person": "Int64", "blink": float})


def _make_row(film, frame, time, person, of, affect, expressions):
    blend = dict.fromkeys(expressions, 0.0) | of.get("level", {})
    for name, onset, offset, probability in of.get("events", []):
        if onset <= time < offset:
            blend = dict.fromkeys(expressions, 0.0) | {name: probability}
    blend["neutral"] += 1 - sum(blend.values())
    label = max(blend, key=blend.get)
    pitch, yaw, roll = (speed * time for speed in of.get("head", (0, 0, 0)))
    is_blink = any(start <= time < end for start, end in of.get("blinks", []))
    row = {"film": film, "frame": frame, "time_s": time, "track": person or 9, "person": person, "status": "found",
           "score": 1.0, "left": 10.0, "top": 10.0, "right": 110.0, "bottom": 110.0, "label": label, "confidence": blend[label],
           "ambiguity": 0.1, "novelty": 0.5, **blend, **dict.fromkeys(UNITS, 0.0), **of.get("units", {}), "pitch": pitch,
           "yaw": yaw, "roll": roll, "eye_left": 0.3, "eye_right": 0.3, "AU45": 5.0 * is_blink, "blink": float(is_blink)}
    return row | ({"valence": blend.get("happy", 0) - blend.get("sad", 0), "arousal": 0.1} if affect else {})
