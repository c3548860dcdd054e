import csv
from dataclasses import replace
from itertools import count, islice

import numpy as np
import pytest

from featfer.affect.recognizer import Affect
from featfer.bundle.persist import load
from featfer.errors import MissingError, WriteError
from featfer.expression import Expression
from featfer.images.pixels import BATCH_IMAGES, read_image
from featfer.labels import FER7
from featfer.prediction.action_units import UnitsExpression, with_units
from featfer.prediction.inputs import Picture
from featfer.prediction.predict import (
    COLUMNS,
    LAST_COLUMNS,
    FacelessPictures,
    as_dict,
    describe,
    describe_picture,
    describe_units,
    list_point_columns,
    predict_pictures,
    write_table,
)

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


class Brightness:
    """Stands for a recognizer: sees as many faces in an image as it is bright, and looks two images ahead."""

    def recognize(self, images, detector, no_face, smallest, engine, reject):
        images = iter(images)
        while batch := list(islice(images, 2)):
            yield from ((list(range(int(image.max()))), [detector] * int(image.max())) for image in batch)


def test_pictures_keep_their_expressions():
    pictures = [Picture(f"{level}.jpg", np.full((2, 2), level, np.uint8), f"{level}.jpg") for level in (2, 0, 1)]
    found = list(predict_pictures(Brightness(), pictures, "haar"))
    assert [(picture.name, faces) for picture, faces in found] == [("2.jpg", ["haar"] * 2), ("0.jpg", []), ("1.jpg", ["haar"])]


def test_what_is_told_of_a_picture_may_be_made_of_its_faces():
    told = predict_pictures(Brightness(), [PHOTO, Picture("2.jpg", np.full((2, 2), 2, np.uint8), "2.jpg")], "haar",
                            lambda faces, seen: list(zip(faces, seen, strict=True)))
    assert [expressions for _, expressions in told] == [[], [(0, "haar"), (1, "haar")]]


def test_pictures_are_asked_for_as_they_are_needed():
    asked = []
    pictures = (asked.append(number) or PHOTO for number in count())
    next(predict_pictures(Brightness(), pictures))
    assert asked == list(range(BATCH_IMAGES))


def test_plain_data_of_a_photo_and_of_a_frame():
    assert as_dict(PHOTO, [FOUND, WHOLE]) == {
        "image": "photo, of us.jpg", "status": "found",
        "faces": [{"face": 1, **FOUND.as_dict()}, {"face": 2, **WHOLE.as_dict()}]}
    assert as_dict(PHOTO, [WHOLE])["status"] == "whole-image"
    assert as_dict(FRAME, []) == {"image": "video.mp4#t=1.50", "frame": 45, "seconds": 1.5, "status": "no-face", "faces": []}


def test_three_guesses_are_shown_however_unlikely():
    expression = Expression("happy", dict(zip("abcdefg", (0.99, 0.004, 0.003, 0.002, 0.001, 0, 0), strict=True)),
                            (1.4, 2.0, 3.0, 4.6), "found", 1.0)
    assert describe(expression) == "face at 1,2 to 3,5: a 99%, b 0%, c 0%"


def test_all_that_is_likely_is_shown():
    expression = Expression("a", dict(zip("abcde", (0.5, 0.3, 0.1, 0.005, 0.0049), strict=True)), (0, 0, 1, 1), "found", 1.0)
    assert expression.in_words() == "a 50%, b 30%, c 10%, d 0%"


def test_faces_of_a_picture_are_numbered_where_there_are_several():
    whole = "no face found, whole image taken: happy 50%, surprise 25%, angry 10%, sad 5%, neutral 5%, fear 3%, disgust 2%"
    assert describe_picture(PHOTO, [FOUND, WHOLE]) == [
        f"photo, of us.jpg: face 1 at 1,2 to 30,40: {whole.partition(': ')[2]}", f"photo, of us.jpg: {whole}"]
    assert describe_picture(FRAME, []) == ["video.mp4#t=1.50: no face found"]
    units = UnitsExpression(**{**vars(FOUND), "action_units": {"AU1": 2.0}})
    assert describe_picture(PHOTO, [units])[0].startswith("photo, of us.jpg: face at 1,2 to 30,40: happy 50%")
    assert describe_picture(PHOTO, [units])[1] == "    action units: AU1 2.0"


def test_a_rejected_expression_is_unsure_in_words_and_keeps_its_probabilities_in_the_table(tmp_path):
    rejected = FOUND.rejected_below(0.51)
    assert describe(rejected) == ("face at 1,2 to 30,40: unsure (happy 50%, surprise 25%, angry 10%, sad 5%, neutral 5%, "
                                  "fear 3%, disgust 2%)")
    (row,) = written(tmp_path / "t.csv", [(PHOTO, [rejected])])
    assert [row[name] for name in ("label", "probability", "second", "confidence")] == ["unsure", "0.5", "surprise", "0.5"]
    assert {name: float(row[name]) for name in FER7.names} == SHARES


def test_a_face_unlike_the_training_faces_is_said_to_be(tmp_path):
    novel, ordinary = replace(FOUND, novelty=0.9901), replace(FOUND, novelty=0.99)
    assert describe(novel) == f"{describe(FOUND)}; unlike the training faces"
    assert describe(novel.rejected_below(0.9)).endswith("disgust 2%); unlike the training faces")
    assert describe(ordinary) == describe(FOUND)
    rows = written(tmp_path / "t.csv", [(PHOTO, [novel, FOUND])])
    assert [(row["novelty"], row["ambiguity"]) for row in rows] == [("0.9901", "0.7228"), ("", "0.7228")]


def test_a_faint_face_is_called_so():
    faint = replace(FOUND, status="faint")
    assert describe_picture(PHOTO, [faint])[0].startswith("photo, of us.jpg: faint face at 1,2 to 30,40: happy 50%")
    assert describe(faint, 2).startswith("faint face 2 at 1,2 to 30,40: ")
    assert (as_dict(PHOTO, [faint])["status"], as_dict(PHOTO, [faint])["faces"][0]["status"]) == ("faint", "faint")


def test_valence_and_arousal_are_told_as_far_as_they_are_known():
    assert describe(Affect((1, 2, 3, 4), "found", 1.0, 0.256, -0.1)) == "face at 1,2 to 3,4: valence +0.26, arousal -0.10"
    assert describe(Affect((1, 2, 3, 4), "found", 1.0, 0.0), 2) == "face 2 at 1,2 to 3,4: valence +0.00"


def test_strongest_action_units_come_first():
    assert describe_units({"AU1": 0.9, "AU2": 1.0, "AU12": 4.25}) == "action units: AU12 4.2, AU2 1.0"
    assert describe_units({"AU1": 0.9}) == "action units: none above 1 of 5"


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


def test_images_without_a_face_are_counted_and_the_first_named():
    faceless = FacelessPictures()
    pictures = [Picture(f"{number}.jpg", PHOTO.pixels, "") for number in range(9)]
    passed = [(picture, [] if number > 2 else [FOUND]) for number, picture in enumerate(pictures)]
    assert list(faceless.count(passed)) == passed
    assert str(faceless) == "no face found in 6 of 9 images: 3.jpg, 4.jpg, 5.jpg, 6.jpg, 7.jpg, and 1 more"


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


class Failing(Brightness):
    """Stands for a recognizer that has too little memory for pictures of brightness 3, and cannot look at those of 4."""

    def recognize(self, images, detector, no_face, smallest, engine, reject):
        for image in images:
            if image.max() > 2:
                raise MemoryError if image.max() == 3 else RuntimeError("no")
            yield from super().recognize([image], detector, no_face, smallest, engine, reject)


def test_a_picture_that_fails_is_named_and_the_others_are_answered():
    pictures, failed = [Picture(f"{level}.jpg", np.full((2, 2), level, np.uint8), f"{level}.jpg") for level in (1, 3, 2, 4)], []
    found = predict_pictures(Failing(), pictures, "haar", failed=failed)
    assert [(picture.name, len(faces)) for picture, faces in found] == [("1.jpg", 1), ("2.jpg", 2)]
    assert failed == ["3.jpg: there is too little memory to look at it", "4.jpg: cannot be looked at (RuntimeError: no)"]


def test_what_no_picture_is_the_cause_of_ends_the_run():
    class Lacking:
        def recognize(self, images, detector, no_face, smallest, engine, reject):
            raise MissingError("no such package")
    with pytest.raises(MissingError):
        list(predict_pictures(Lacking(), [PHOTO], failed=[]))
