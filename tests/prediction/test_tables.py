import csv
from dataclasses import replace

import numpy as np
import pytest

from featfer.bundle.persist import load
from featfer.errors import WriteError
from featfer.expression import Expression
from featfer.images.pixels import read_image
from featfer.labels import FER7
from featfer.prediction.action_units import UnitsExpression, with_units
from featfer.prediction.inputs import Picture
from featfer.prediction.predict import predict_pictures
from featfer.prediction.tables import COLUMNS, LAST_COLUMNS, list_point_columns, write_table

SHARES = {"angry": 0.1, "disgust": 0.02, "fear": 0.03, "happy": 0.5, "sad": 0.05, "surprise": 0.25, "neutral": 0.05}
PHOTO = Picture("photo, of us.jpg", np.zeros((2, 2), np.uint8), "photo, of us.jpg")
FRAME = Picture("video.mp4#t=1.50", np.zeros((2, 2), np.uint8), "video.mp4", 45, 1.5)
FOUND = Expression("happy", SHARES, (1.0, 2.5, 30.0, 40.0), "found", 0.75, [[3.0, 4.0]])
WHOLE = Expression("happy", SHARES, (0.0, 0.0, 2.0, 2.0), "whole-image", None)


def written(path, predictions, names=FER7.names, points=()):
    """Return the rows of the table, each {column: text}, after all predictions went through it."""
    assert list(write_table(iter(predictions), path, names, points)) == predictions
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_table_has_a_row_a_face(tmp_path):
    rows = written(tmp_path / "t.csv", [(PHOTO, [FOUND, WHOLE]), (FRAME, [FOUND])], points=("x1", "y1"))
    assert list(rows[0]) == [*COLUMNS, *FER7.names, "x1", "y1", *LAST_COLUMNS]
    assert [(row["x1"], row["y1"]) for row in rows] == [("3.0", "4.0"), ("", ""), ("3.0", "4.0")]
    assert [(row["image"], row["frame"], row["seconds"], row["face"]) for row in rows] == [
        ("photo, of us.jpg", "", "", "1"), ("photo, of us.jpg", "", "", "2"), ("video.mp4#t=1.50", "45", "1.5", "1")]


def test_row_has_three_guesses_box_score_status_and_all_probabilities(tmp_path):
    first, second = written(tmp_path / "t.csv", [(PHOTO, [FOUND, WHOLE])])
    assert [first[name] for name in ("label", "probability", "second", "second_probability", "third", "third_probability")] == [
        "happy", "0.5", "surprise", "0.25", "angry", "0.1"]
    assert [first[name] for name in ("left", "top", "right", "bottom", "score", "status")] == [
        "1.0", "2.5", "30.0", "40.0", "0.75", "found"]
    assert (second["score"], second["status"]) == ("", "whole-image")
    assert {name: float(first[name]) for name in FER7.names} == SHARES


def test_action_units_come_after_the_landmarks(tmp_path):
    units = UnitsExpression(**{**vars(FOUND), "landmarks": [[1.0, 2.0], [3.0, 4.5]], "action_units": {"AU1": 0.5, "AU12": 3.0}})
    (row,) = written(tmp_path / "t.csv", [(PHOTO, [units])], points=("x1", "y1", "x2", "y2", "AU1", "AU12"))
    assert list(row.items())[-6 - len(LAST_COLUMNS):][:6] == [("x1", "1.0"), ("y1", "2.0"), ("x2", "3.0"), ("y2", "4.5"),
                                                              ("AU1", "0.5"), ("AU12", "3.0")]


def test_two_expressions_leave_the_third_guess_empty(tmp_path):
    expression = Expression("calm", {"calm": 0.7, "tense": 0.3}, (0, 0, 1, 1), "found", 1.0)
    (row,) = written(tmp_path / "t.csv", [(PHOTO, [expression])], ("calm", "tense"))
    assert (row["second"], row["third"], row["third_probability"], row["tense"]) == ("tense", "", "", "0.3")


def test_table_of_no_images_has_its_header(tmp_path):
    assert written(tmp_path / "new" / "t.csv", [], points=("x1", "y1")) == []
    header = [*COLUMNS, *FER7.names, "x1", "y1", "confidence", "ambiguity", "novelty\r\n"]
    assert (tmp_path / "new" / "t.csv").read_bytes() == ",".join(header).encode()


def test_an_image_without_a_face_is_a_row_with_its_name_and_status_alone(tmp_path):
    rows = written(tmp_path / "t.csv", [(PHOTO, []), (FRAME, []), (PHOTO, [FOUND])], points=("x1", "y1"))
    assert [{name: value for name, value in row.items() if value} for row in rows[:2]] == [
        {"image": "photo, of us.jpg", "status": "no-face"},
        {"image": "video.mp4#t=1.50", "frame": "45", "seconds": "1.5", "status": "no-face"}]
    assert (rows[2]["face"], rows[2]["x1"], rows[2]["status"]) == ("1", "3.0", "found")


@pytest.mark.parametrize("enrich", [None, with_units])
def test_columns_of_landmarks_and_action_units_are_known_before_the_first_face(bundle, photo, enrich):
    recognizer = load(bundle)
    (_, (expression,)), = predict_pictures(recognizer, [Picture("a.jpg", read_image(photo), "a.jpg")], enrich=enrich)
    columns = [f"{axis}{number}" for number in range(1, len(expression.landmarks) + 1) for axis in "xy"]
    assert list_point_columns(recognizer, enrich) == columns + list(getattr(expression, "action_units", ()))


def test_rows_are_in_the_table_as_soon_as_a_picture_is_done(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("image,frame,of,an,earlier,run\n")

    def broken():
        assert path.read_text() == "image,frame,of,an,earlier,run\n"
        yield PHOTO, [FOUND, WHOLE]
        yield FRAME, [FOUND]
        raise ZeroDivisionError
    seen = write_table(broken(), path, FER7.names)
    for faces in (2, 3):
        next(seen)
        assert [row["face"] for row in csv.DictReader(path.open())] == ["1", "2", "1"][:faces]
    with pytest.raises(ZeroDivisionError):
        next(seen)
    assert len(path.read_text().splitlines()) == 4
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", ["emotion,pixels,Usage\n", "a text"])
def test_file_that_is_no_table_of_predictions_stays(tmp_path, content):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(WriteError, match=r"t\.csv: cannot be written \(what is there is not a table of `featfer predict`"):
        list(write_table(iter([(PHOTO, [FOUND])]), tmp_path / "t.csv", FER7.names))
    assert (tmp_path / "t.csv").read_text() == content


def test_names_that_begin_as_formulas_are_text_in_a_table(tmp_path):
    names = ("=1+1", "fear", "-x")
    expression = Expression("=1+1", dict(zip(names, (0.5, 0.3, 0.2), strict=True)), (-1.5, 0, 1, 1), "found", -0.5)
    (row,) = written(tmp_path / "t.csv", [(Picture("@a.jpg", PHOTO.pixels, "@a.jpg"), [expression])], names)
    assert [row[name] for name in ("image", "label", "third", "left", "score")] == ["'@a.jpg", "'=1+1", "'-x", "-1.5", "-0.5"]
    assert list(row)[len(COLUMNS):][:3] == ["'=1+1", "fear", "'-x"]


def test_place_that_cannot_be_written_to_is_named_before_anything_is_predicted(tmp_path):
    (tmp_path / "file").touch()
    asked = []
    with pytest.raises(WriteError, match=r"t\.csv: cannot be written"):
        next(write_table((asked.append(1) for _ in range(3)), tmp_path / "file" / "t.csv", FER7.names))
    assert asked == []


def test_a_rejected_expression_keeps_its_probabilities(tmp_path):
    (row,) = written(tmp_path / "t.csv", [(PHOTO, [FOUND.rejected_below(0.51)])])
    assert [row[name] for name in ("label", "probability", "second", "confidence")] == ["unsure", "0.5", "surprise", "0.5"]
    assert {name: float(row[name]) for name in FER7.names} == SHARES


def test_novelty_and_ambiguity_come_last(tmp_path):
    rows = written(tmp_path / "t.csv", [(PHOTO, [replace(FOUND, novelty=0.9901), FOUND])])
    assert [(row["novelty"], row["ambiguity"]) for row in rows] == [("0.9901", "0.7228"), ("", "0.7228")]


POINTS = [f"{axis}{i}" for i in range(1, 69) for axis in "xy"]
UNITS = ("AU1", "AU6/7", "AU12")
SEEN = UnitsExpression("happy", SHARES, (1.0, 2.5, 30.0, 40.0), "found", 0.75, [[i, i + 0.5] for i in range(68)], 0.5,
                       {"AU1": 0.0, "AU6/7": 2.0, "AU12": 4.0})


def test_a_table_in_the_columns_of_openface(tmp_path):
    pictures = [(PHOTO, [SEEN, replace(SEEN, status="faint")]), (FRAME, [])]
    path = tmp_path / "t.csv"
    assert list(write_table(iter(pictures), path, FER7.names, [*POINTS, *UNITS], "openface")) == pictures
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["frame", "face_id", "timestamp", "confidence", "success", "pose_Rx", "pose_Ry", "pose_Rz",
                             *(f"{axis}_{i}" for axis in "xy" for i in range(68)), "AU01_r", "AU12_r", "input"]
    assert [[row[name] for name in ("frame", "face_id", "timestamp", "confidence", "success", "x_0", "y_67", "AU12_r", "input")]
            for row in rows] == [["1", "0", "0.0", "1", "1", "0", "67.5", "4.0", "photo, of us.jpg"],
                                 ["1", "1", "0.0", "0", "1", "0", "67.5", "4.0", "photo, of us.jpg"],
                                 ["46", "0", "1.5", "0", "0", "0", "0", "0", "video.mp4"]]


@pytest.mark.parametrize(("form", "foreign"), [
    ("openface", "frame,face_id,timestamp,confidence,success,x_0,AU01_r\n"), ("pyfeat", "FaceRectX,FaceRectY,input,frame\n")])
def test_a_table_in_another_format_is_replaced_by_a_rerun_and_one_of_another_program_is_not(tmp_path, form, foreign):
    path = tmp_path / "t.csv"
    for faces in ([SEEN], [SEEN, SEEN]):
        list(write_table(iter([(PHOTO, faces)]), path, FER7.names, [*POINTS, *UNITS], form))
        assert len(path.read_text().splitlines()) == 1 + len(faces)
    path.write_text(foreign)
    with pytest.raises(WriteError, match="not a table of `featfer predict`"):
        list(write_table(iter([(PHOTO, [SEEN])]), path, FER7.names, [*POINTS, *UNITS], form))
    assert path.read_text() == foreign
