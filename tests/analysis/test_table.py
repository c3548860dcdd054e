import numpy as np
import pandas as pd
import pytest

from featfer.analysis.table import POINTS, list_columns, make_frame, make_schema
from featfer.features.action_units import NAMES

LABELS = ["happy", "sad"]


@pytest.fixture
def arrays():
    """Three frames: two faces, none, and one that the detector misses."""
    return {"numbers": np.array([4, 5, 6]), "seconds": np.array([0.16, 0.2000004, 0.24]), "row": np.array([0, 0, 2]),
            "track": np.array([2, 1, 1]), "person": np.array([0, 3, 3]), "score": np.array([1.23456, 0.5, np.nan]),
            "box": np.array([[-5.0, 2, 30, 40], [600, 400.04, 700, 500], [1, 2, 3, 4]]), "size": np.full((3, 2), [640, 480]),
            "probabilities": np.array([[0.9, 0.1], [0.4, 0.6], [1.0, 0.0]]), "novelty": np.array([0.5, np.nan, 0.25]),
            "units": np.arange(39.0).reshape(3, 13), "pose": np.array([[1.26, -2, 3]] * 3), "eyes": np.array([[0.3, 0.2]] * 3),
            "closure": np.array([0.0, 4.567, 5.0]), "blink": np.array([False, True, True]),
            "points": np.arange(3 * 136.0).reshape(3, 68, 2), "affect": np.array([[0.5], [-0.5], [0]])}


def make(arrays, outputs=(), with_points=False, reject=0.0):
    return make_frame("film.mp4", arrays, list_columns(LABELS, outputs, with_points), LABELS, outputs, reject)


def test_columns_are_in_the_order_of_the_documentation():
    assert list_columns(LABELS) == [
        "film", "frame", "time_s", "track", "person", "status", "score", "left", "top", "right", "bottom", "label",
        "confidence", "ambiguity", "novelty", "happy", "sad", *NAMES, "pitch", "yaw", "roll", "eye_left", "eye_right",
        "AU45", "blink"]
    assert list_columns(LABELS, ["valence"], with_points=True)[15:19] == ["happy", "sad", "valence", "AU1"]
    assert list_columns(LABELS, with_points=True)[-136:] == list(POINTS)


def test_rows_are_sorted_by_frame_and_track(arrays):
    frame = make(arrays)
    assert frame.frame.tolist() == [4, 4, 5, 6]
    assert frame.track.tolist() == [1, 2, pd.NA, 1]
    assert frame.person.tolist() == [3, pd.NA, pd.NA, 3]
    assert frame.status.tolist() == ["found", "found", "no-face", "followed"]
    assert frame.time_s.tolist() == [0.16, 0.16, 0.2, 0.24]


def test_a_frame_without_a_face_has_nothing_else(arrays):
    row = make(arrays, ["valence"], with_points=True).iloc[2]
    assert row.drop(["film", "frame", "time_s", "status"]).isna().all()
    assert row.film == "film.mp4"


def test_values_stand_in_their_rows(arrays):
    first, second, _, last = make(arrays, ["valence"], with_points=True).to_dict("records")
    assert (second["label"], second["confidence"], second["novelty"], second["score"]) == ("happy", 0.9, 0.5, 1.2346)
    assert (first["label"], first["happy"], first["sad"], first["valence"]) == ("sad", 0.4, 0.6, -0.5)
    assert [first[name] for name in NAMES] == list(range(13, 26))
    assert (first["pitch"], first["yaw"], first["roll"]) == (1.3, -2, 3)
    assert (first["eye_left"], first["eye_right"], first["AU45"], first["blink"]) == (0.3, 0.2, 4.57, 1)
    assert [last[name] for name in ("x1", "y1", "x68", "y68")] == [272, 273, 406, 407]
    assert pd.isna(last["score"])


def test_a_film_whose_name_is_no_text_has_a_name_that_is(arrays):
    named = make_frame(b"\xff.mp4".decode(errors="surrogateescape"), arrays, list_columns(LABELS), LABELS, ())
    assert set(named.film) == {"\ufffd.mp4"}


def test_boxes_are_clipped_to_the_frame(arrays):
    rows = make(arrays)
    assert rows.loc[1, ["left", "top", "right", "bottom"]].tolist() == [0, 2, 30, 40]
    assert rows.loc[0, ["left", "top", "right", "bottom"]].tolist() == [600, 400, 640, 480]


def test_unlikely_expressions_are_unsure(arrays):
    assert make(arrays, reject=0.7).label.fillna("").tolist() == ["unsure", "happy", "", "happy"]


def test_a_part_without_a_face_has_the_same_types(arrays):
    empty = {"numbers": np.array([1]), "seconds": np.array([0.5])}
    whole, faceless = make(arrays), make(empty)
    assert list(faceless) == list(whole)
    numbers = [name for name in whole if name not in ("film", "status", "label")]
    assert faceless[numbers].dtypes.tolist() == whole[numbers].dtypes.tolist()


def test_the_schema_has_whole_numbers_and_texts():
    schema = make_schema(list_columns(LABELS))
    assert str(schema.field("track").type) == str(schema.field("blink").type) == "int64"
    assert str(schema.field("label").type) == "string"
    assert str(schema.field("happy").type) == "double"
