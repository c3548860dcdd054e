import csv
import io
import math

import pandas as pd
import pytest
from scipy.spatial.transform import Rotation

from featfer.features.action_units import NAMES
from featfer.labels import FER7
from featfer.prediction.formats import FORMATS, convert_row, list_columns, list_expressions

POINTS = [f"{axis}{i}" for i in range(1, 69) for axis in "xy"]
COLUMNS = ["film", "frame", "time_s", "track", "person", "status", "score", "left", "top", "right", "bottom", "label",
           "confidence", "ambiguity", "novelty", *FER7.names, "valence", "arousal", *NAMES, "pitch", "yaw", "roll", "eye_left",
           "eye_right", "AU45", "blink", *POINTS]
SHARES = {"angry": 0.1, "disgust": 0.02, "fear": 0.03, "happy": 0.5, "sad": 0.05, "surprise": 0.25, "neutral": 0.05}
FACE = {"film": "a.mp4", "frame": 75, "time_s": 63.4, "track": 3, "person": 2, "status": "found", "score": 0.9, "left": 10.0,
        "top": 20.0, "right": 110.0, "bottom": 130.0, "label": "happy", "confidence": 0.5, "ambiguity": 0.7, "novelty": None,
        **SHARES, "valence": 0.4, "arousal": -0.1, **{name: 0.5 * i for i, name in enumerate(NAMES)}, "pitch": 10.0,
        "yaw": -20.0, "roll": 5.0, "eye_left": 0.3, "eye_right": 0.3, "AU45": 4.0, "blink": 1,
        **{name: float(i) for i, name in enumerate(POINTS)}}
NO_FACE = {**dict.fromkeys(COLUMNS), "film": "a.mp4", "frame": 76, "time_s": 63.44, "status": "no-face"}


def read_back(name, rows, columns=COLUMNS):
    """Return rows as pandas reads them from a csv file of the format."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list_columns(name, columns), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(convert_row(name, row) for row in rows)
    file.seek(0)
    return pd.read_csv(file)


def test_tidy_stays_as_it_is():
    assert FORMATS == ("tidy", "openface", "pyfeat")
    assert list_columns("tidy", COLUMNS) == COLUMNS
    assert convert_row("tidy", FACE) == FACE


def test_a_face_in_columns_and_signs_of_openface():
    row = read_back("openface", [FACE]).iloc[0]
    assert list(row.index) == [
        "frame", "face_id", "timestamp", "confidence", "success", "pose_Rx", "pose_Ry", "pose_Rz",
        *(f"x_{i}" for i in range(68)), *(f"y_{i}" for i in range(68)), "AU01_r", "AU02_r", "AU04_r", "AU05_r", "AU09_r",
        "AU12_r", "AU15_r", "AU20_r", "AU25_r", "AU26_r", "AU45_r", "AU45_c", "input"]
    assert (row.frame, row.face_id, row.timestamp, row.confidence, row.success, row.input) == (76, 1, 63.4, 1, 1, "a.mp4")
    assert [row.pose_Rx, row.pose_Ry, row.pose_Rz] == pytest.approx([math.radians(angle) for angle in (-10, 20, 5)], abs=0.07)
    expected = Rotation.from_euler("xyz", [-10, 20, 5], degrees=True).as_euler("XYZ")  # about fixed axes, about turning axes
    assert [row.pose_Rx, row.pose_Ry, row.pose_Rz] == pytest.approx(expected)
    for name, angles in (("pitch", (-0.3, 0, 0)), ("yaw", (0, -0.3, 0)), ("roll", (0, 0, 0.3))):
        turned = convert_row("openface", {**FACE, "pitch": 0, "yaw": 0, "roll": 0, name: math.degrees(0.3)})
        assert [turned[column] for column in ("pose_Rx", "pose_Ry", "pose_Rz")] == pytest.approx(angles)
    assert (row.x_0, row.y_0, row.x_67, row.y_67) == (0, 1, 134, 135)
    assert (row.AU01_r, row.AU12_r, row.AU45_r, row.AU45_c) == (0, 3.0, 4.0, 1)


def test_a_frame_without_a_face_and_a_followed_one_as_scripts_for_openface_drop_them():
    frame = read_back("openface", [FACE, NO_FACE, {**FACE, "frame": 77, "status": "followed", "person": None, "track": 7}])
    assert list(frame.success) == [1, 0, 1]
    assert list(frame.confidence) == [1, 0, 0]
    assert list(frame.face_id) == [1, 0, 6]
    assert (frame.iloc[1].drop(["frame", "timestamp", "input"]) == 0).all()
    assert frame.iloc[1].timestamp == 63.44
    seen = frame[frame.success == 1]
    assert seen[[column for column in frame if column.endswith("_r")]].mean()["AU12_r"] == pytest.approx(3.0)
    assert len(frame[(frame.success == 1) & (frame.confidence >= 0.8)]) == 1


def test_a_face_in_columns_and_signs_of_py_feat():
    row = read_back("pyfeat", [FACE]).iloc[0]
    assert (row.input, row.frame, row.approx_time, row.Identity) == ("a.mp4", 75, "01:03", "Person_1")
    assert list(row["FaceRectX":"FaceScore"]) == [10, 20, 100, 110, 0.9]
    assert list(row["anger":"neutral"].items()) == [
        ("anger", 0.1), ("disgust", 0.02), ("fear", 0.03), ("happiness", 0.5), ("sadness", 0.05), ("surprise", 0.25),
        ("neutral", 0.05)]
    assert [row.Pitch, row.Roll, row.Yaw] == pytest.approx([math.radians(angle) for angle in (10, -5, 20)])
    assert (row.AU12, row.AU43, row.x_67, row.y_67) == (0.6, 0.8, 134, 135)
    assert [column for column in row.index if "AU" in column] == [
        "AU01", "AU02", "AU04", "AU05", "AU09", "AU12", "AU15", "AU20", "AU25", "AU26", "AU43"]
    assert list(row.index[-4:]) == ["time_s", "track", "label", "status"]
    assert not {"valence", "arousal"} & set(row.index)  # py-feat takes a table that has them for one of its second detector


def test_a_frame_without_a_face_is_empty_for_py_feat():
    frame = read_back("pyfeat", [FACE, NO_FACE, {**FACE, "film": "b.mp4", "person": pd.NA, "score": float("nan")}])
    assert frame.iloc[1].drop(["input", "frame", "approx_time", "time_s", "status"]).isna().all()
    assert list(frame.Identity.fillna("")) == ["Person_1", "", ""]
    assert frame.groupby("input")["happiness"].mean().to_dict() == {"a.mp4": 0.5, "b.mp4": 0.5}
    assert math.isnan(frame.FaceScore[2])


@pytest.mark.parametrize("name", ["openface", "pyfeat"])
def test_what_the_tidy_table_lacks_is_left_out(name):
    columns = [column for column in COLUMNS if column not in {*POINTS, "pitch", "yaw", "roll", "AU45", "blink", "person"}]
    found = list_columns(name, columns)
    assert not [column for column in found if column.startswith(("x_", "y_", "pose_", "Pitch", "AU4", "Identity"))
                and column not in ("AU04", "AU04_r")]
    assert ("AU12_r" if name == "openface" else "AU12") in found


def test_labels_of_other_models_keep_their_names():
    columns = ["film", "frame", "status", "label", "happy", "contempt", "neutral"]
    row = {"film": "a.mp4", "frame": 0, "status": "found", "label": "happy", "happy": 0.5, "contempt": 0.3, "neutral": 0.2}
    frame = read_back("pyfeat", [row], columns)
    assert list(frame.columns[-5:]) == ["happiness", "neutral", "contempt", "label", "status"]
    assert list(frame.loc[0, "happiness":"contempt"]) == [0.5, 0.2, 0.3]


def test_columns_that_a_user_has_added_are_no_expressions():
    assert list_expressions(["film", "novelty", "happy", "calm", "AU1", "blink", "my notes"]) == ["happy", "calm"]
    assert list_expressions(["film", "status", "happy", "x1", "y1"]) == ["happy"]
    assert list_expressions(["happy", "sad"]) == ["happy", "sad"]
