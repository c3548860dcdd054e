import numpy as np
import pytest
from helpers.photographs import Reader, write_grey, write_list
from PIL import Image

from featfer.errors import DataError, ParameterError
from featfer.evaluation.answering import answer, answer_source, choose_subject
from featfer.faces import find_faces
from featfer.labels import FER3, FER7, LabelSet


def test_labels_without_a_place_are_left_out_and_counted(tmp_path):
    source = write_list(tmp_path, [("happy", 3), ("bored", 3), ("", 3), ("Sadness", 4), ("bored", 1)])
    photographs, answers = answer_source(source, {"one": Reader()}, "whole")
    assert photographs.left_out == {"bored": 2, "": 1}
    assert photographs.truth.tolist() == [FER7.index("happy"), FER7.index("sad")]
    assert photographs.ids.tolist() == ["0.png", "3.png"]
    assert answers["one"].probabilities.argmax(axis=1).tolist() == [3, 4]


def test_folders_and_subjects(tmp_path):
    for name in ("happy", "sad"):
        (tmp_path / "faces" / name).mkdir(parents=True)
        write_grey(tmp_path / "faces" / name / f"KA.{name[:2].upper()}1.3.png", 3)
    photographs, answers = answer_source(tmp_path / "faces", {"one": Reader()}, "whole")
    assert (photographs.source, photographs.subjects.tolist(), photographs.truth.tolist()) == ("faces", ["KA", "KA"], [3, 4])
    assert answers["one"].faces.tolist() == [1, 1]


def test_photos_that_cannot_be_read_are_left_out(tmp_path):
    source = write_list(tmp_path, [("happy", 3), ("sad", 4), ("happy", 4), ("sad", 4)], "path,label")
    (tmp_path / "0.png").write_text("no picture")
    (tmp_path / "2.png").unlink()
    photographs, answers = answer_source(source, {"one": Reader()}, "whole", columns=["label"])
    assert photographs.ids.tolist() == ["1.png", "3.png"] and photographs.columns["label"].tolist() == ["sad", "sad"]
    assert [reason.partition(":")[0].rpartition("/")[2] for reason in photographs.unreadable] == ["0.png", "2.png"]
    assert answers["one"].probabilities.shape == (2, 7)


def test_a_source_of_which_nothing_can_be_read_is_refused(tmp_path):
    source = write_list(tmp_path, [("happy", 3)])
    (tmp_path / "0.png").write_text("no picture")
    with pytest.raises(DataError, match=r"none of its 1 photo can be read; the first: .*0\.png"):
        answer_source(source, {"one": Reader()})


def test_models_answer_in_one_label_set():
    with pytest.raises(ParameterError, match=r"different labels: fer7 \(one\), fer3 \(two\); --labels SET"):
        answer_source("nowhere", {"one": Reader(), "two": Reader(FER3)})
    with pytest.raises(DataError, match="no such file"):
        answer_source("nowhere", {"one": Reader(LabelSet("a", ("x", "y"))), "two": Reader(LabelSet("a", ("x", "y")))})


def test_a_photo_without_a_face_has_no_answer_or_is_taken_whole(photo):
    pictures = [_Read(np.asarray(Image.open(photo))), _Read(np.full((300, 300), 50, np.uint8))]
    reader = Reader()
    skipped = answer({"one": reader}, pictures)[0]["one"]
    assert (skipped.has_answer.tolist(), skipped.faces.tolist(), reader.asked) == ([True, False], [1, 0], 1)
    whole = answer({"one": Reader()}, pictures, no_face="whole")[0]["one"]
    assert (whole.has_answer.tolist(), whole.faces.tolist()) == ([True, True], [1, 0])
    assert whole.probabilities[1].argmax() == 5


def test_of_several_faces_the_one_with_the_largest_box_is_taken(photo):
    """Two copies of a portrait side by side, the left one half as large."""
    portrait = Image.open(photo).convert("L")
    both = Image.new("L", (portrait.width * 3 // 2, portrait.height), 128)
    both.paste(portrait.resize((portrait.width // 2, portrait.height // 2)), (0, 100))
    both.paste(portrait, (portrait.width // 2, 0))
    faces = find_faces(np.asarray(both))
    assert len(faces) == 2
    assert {choose_subject(order).box for order in (faces, faces[::-1])} == {max(faces, key=lambda face: face.box[0]).box}
    reader = Reader()
    found = answer({"one": reader}, [_Read(np.asarray(both))])[0]["one"]
    assert (found.faces.tolist(), reader.asked) == ([2], 1)


class _Read:
    """A reference to pixels."""

    def __init__(self, pixels):
        self.pixels = pixels

    def read(self, key=None):
        return self.pixels
