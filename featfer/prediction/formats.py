"""Tables of faces in the columns of OpenFace and py-feat, so that scripts made for those read them.

Rows come from the tidy table: {column: value}, with film, frame, time_s, track, person, status, score, left, top, right,
bottom, label, the probabilities by name, action units from 0 to 5, pitch, yaw and roll in degrees, AU45, blink, and the
landmarks x1, y1 to x68, y68 in pixels. Columns that the tidy table lacks are left out, and so is what featfer does not measure:
nothing is made up.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any

from featfer.expression import NO_FACE

TIDY = "tidy"
FORMATS = (TIDY, "openface", "pyfeat")
FOUND = "found"  # status of a face that the detector found
# The units that stand for one unit of FACS in both programs. AU6/7 and AU23/24 are two units in one and therefore left out.
UNITS = ("AU1", "AU2", "AU4", "AU5", "AU9", "AU12", "AU15", "AU20", "AU25", "AU26")
CLOSED = "AU45"
MOST = 5  # the highest intensity of an action unit in the tidy table, which is 1 in py-feat's
EXPRESSIONS = {"angry": "anger", "disgust": "disgust", "fear": "fear", "happy": "happiness", "sad": "sadness",
               "surprise": "surprise", "neutral": "neutral"}  # in the order of py-feat
BOX = ("left", "top", "right", "bottom")
POSE = ("pose_Rx", "pose_Ry", "pose_Rz")
FIRST = ("frame", "face_id", "timestamp", "confidence", "success")
FACE_BOX = ("FaceRectX", "FaceRectY", "FaceRectWidth", "FaceRectHeight", "FaceScore")
POINTS = range(1, 69)
# Columns of the tidy table before the probabilities of expressions, and after them.
BEFORE_EXPRESSIONS = {"film", "frame", "time_s", "track", "person", "status", "score", *BOX, "label", "confidence", "ambiguity",
                      "novelty"}
AFTER_EXPRESSIONS = re.compile(r"AU\d+(/\d+)?|valence|arousal|pitch|yaw|roll|eye_left|eye_right|blink|[xy]\d+")


def list_columns(name: str, tidy_columns: Iterable[str]) -> list[str]:
    """List the columns of a format, as far as a tidy table has what they need.

    Parameters
    ----------
    name : str
        One of FORMATS.
    tidy_columns : iterable of str
        The columns of the tidy table.

    Returns
    -------
    list of str
        In order. The tidy format has the tidy columns.
    """
    columns = list(tidy_columns)
    if name == "tidy":
        return columns
    return (_list_openface if name == "openface" else _list_pyfeat)(columns)


def convert_row(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a row of the tidy table.

    Parameters
    ----------
    name : str
        One of FORMATS.
    row : dict
        {tidy column: value}; None or nan is an empty cell.

    Returns
    -------
    dict
        {column: value}; those of `list_columns` that are missing are empty.

    Notes
    -----
    openface: as FeatureExtraction of OpenFace 2.2 writes it (Baltrusaitis et al. 2018; the page "Output Format" of its wiki,
    and RecorderCSV.cpp for the header). frame is counted from 1. face_id is the number of the person, else of the track, from
    0. success is 0 in a frame without a face, whose numbers are then 0 as well, else 1. confidence is 1 where the detector
    found the face and else 0, because featfer knows no probability of it: scripts that keep confident rows keep detected faces.
    pose_Rx, pose_Ry and pose_Rz are radians, positive for looking down, turning to the image's left and tilting clockwise in
    the image, about axes to the right, down and away from the camera, with R = Rx Ry Rz (RotationHelpers.h). AU01_r and so on
    are from 0 to 5; AU45_r says how far the eyes are closed, AU45_c whether the frame is within a blink. The last column,
    input, names the film.

    pyfeat: as a Fex of py-feat from 0.6 on (Cheong et al. 2023). Intensities are from 0 to 1. AU43, closed eyes, is AU45 of the
    tidy table. Pitch, Roll and Yaw are radians, as in 2.0: positive for looking up, tilting to the person's right and turning
    to the person's right. Identity is Person_0 for person 1. Cells of a frame without a face are empty. Columns of featfer come
    last: time_s (approx_time has full seconds only), track, label and status.
    """
    if name == "tidy":
        return dict(row)
    row = {column: value for column, value in row.items() if not _is_empty(value)}
    return _convert_to_openface(row) if name == "openface" else _convert_to_pyfeat(row)


def list_expressions(tidy_columns: Iterable[str]) -> list[str]:
    """List the columns of a tidy table that are probabilities of expressions, as its model names them.

    Parameters
    ----------
    tidy_columns : iterable of str

    Returns
    -------
    list of str
        Those between `novelty` and affect, action units, head or eyes; further columns may stand at the end.
    """
    columns = list(tidy_columns)
    start = max((at for at, name in enumerate(columns, 1) if name in BEFORE_EXPRESSIONS), default=0)
    return list(takewhile(lambda name: not AFTER_EXPRESSIONS.fullmatch(name), columns[start:]))


def _is_empty(value: Any) -> bool:
    return value is None or value == "" if isinstance(value, str | None) else str(value) in ("nan", "<NA>")  # pandas' NA


def _list_openface(columns: Sequence[str]) -> list[str]:
    pose = POSE if "pitch" in columns else ()
    intensities = [f"{_name_unit(unit)}_r" for unit in (*UNITS, CLOSED) if unit in columns]
    blink = ["AU45_c"] if "blink" in columns else []
    return [*FIRST, *pose, *_list_points(columns), *intensities, *blink, "input"]


def _list_pyfeat(columns: Sequence[str]) -> list[str]:
    pose = ["Pitch", "Roll", "Yaw"] if "pitch" in columns else []
    units = [_name_unit(unit) for unit in UNITS if unit in columns] + (["AU43"] if CLOSED in columns else [])
    names = list_expressions(columns)
    known = [EXPRESSIONS[name] for name in EXPRESSIONS if name in names]
    identity = ["Identity"] if "person" in columns else []
    return ["input", "frame", "approx_time", *FACE_BOX, *_list_points(columns), *pose, *units, *known,
            *(name for name in names if name not in EXPRESSIONS), *identity,
            *(column for column in ("time_s", "track", "label", "status") if column in columns)]


def _list_points(columns: Sequence[str]) -> list[str]:
    return [f"{axis}_{i - 1}" for axis in "xy" for i in POINTS] if "x68" in columns else []


def _convert_to_openface(row: Mapping[str, Any]) -> dict[str, Any]:
    has_face = row["status"] != NO_FACE
    face = row.get("person", row.get("track", 1))
    turned = zip(POSE, _convert_pose(row), strict=True)
    numbers = {**dict(turned), **_convert_points(row, 0),
               **{f"{_name_unit(unit)}_r": row.get(unit, 0) for unit in (*UNITS, CLOSED)}, "AU45_c": int(row.get("blink", 0))}
    return {"frame": int(row.get("frame", 0)) + 1, "face_id": int(face) - 1, "timestamp": row.get("time_s", 0.0),
            "confidence": int(row["status"] == FOUND), "success": int(has_face), **numbers, "input": row["film"]}


def _convert_to_pyfeat(row: Mapping[str, Any]) -> dict[str, Any]:
    seconds, turned = row.get("time_s"), (("Pitch", "pitch", 1), ("Roll", "roll", -1), ("Yaw", "yaw", -1))
    fex = {"input": row["film"], "frame": int(row.get("frame", 0)), **_convert_box(row), **_convert_points(row),
           **{to: sign * math.radians(row[of]) for to, of, sign in turned if of in row},
           **{_name_unit(unit): row[unit] / MOST for unit in UNITS if unit in row},
           **{EXPRESSIONS.get(name, name): row[name] for name in list_expressions(row)},
           **{column: row[column] for column in ("time_s", "label", "status") if column in row}}
    if seconds is not None:
        fex["approx_time"] = f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"
    if CLOSED in row:
        fex["AU43"] = row[CLOSED] / MOST
    if "person" in row:
        fex["Identity"] = f"Person_{int(row['person']) - 1}"
    if "track" in row:
        fex["track"] = int(row["track"])
    return fex


def _convert_pose(row: Mapping[str, Any]) -> tuple[float, float, float]:
    """Return the angles, in radians, of Rx Ry Rz, which is the rotation Rz(roll) Ry(-yaw) Rx(-pitch) of a row; else zeros."""
    pitch, yaw, roll = (math.radians(sign * row.get(name, 0)) for name, sign in (("pitch", -1), ("yaw", -1), ("roll", 1)))
    (sp, cp), (sy, cy), (sr, cr) = ((math.sin(angle), math.cos(angle)) for angle in (pitch, yaw, roll))
    return (math.atan2(cr * sp - sr * sy * cp, cy * cp), math.asin(max(-1.0, min(1.0, cr * sy * cp + sr * sp))),
            math.atan2(sr * cp - cr * sy * sp, cr * cy))


def _convert_box(row: Mapping[str, Any]) -> dict[str, Any]:
    if "left" not in row:
        return {}
    left, top, right, bottom = (row[side] for side in BOX)
    return dict(zip(FACE_BOX, (left, top, right - left, bottom - top, row.get("score")), strict=True))


def _convert_points(row: Mapping[str, Any], otherwise: float | None = None) -> dict[str, Any]:
    return {f"{axis}_{i - 1}": row.get(f"{axis}{i}", otherwise) for axis in "xy" for i in POINTS}


def _name_unit(unit: str) -> str:
    """Return a unit's name with two digits: AU01 for AU1."""
    return f"AU{int(unit[2:]):02d}"
