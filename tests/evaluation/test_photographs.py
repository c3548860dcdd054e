import numpy as np
import pytest
from helpers.photographs import Reader, write_grey
from PIL import Image

from featfer.errors import DataError, ParameterError
from featfer.evaluation.photographs import answer, answer_source, choose_subject, load_photographs
from featfer.faces import find_faces
from featfer.labels import FER3, FER6, FER7, LabelSet, find_labels


@pytest.fixture
def write_list(tmp_path):
    """A function that writes a csv beside a grey picture for each row: (label, grey, further cells), and returns its path."""
    def write(rows, header="path,label"):
        lines = [",".join([write_grey(tmp_path / f"{i}.png", grey), label, *cells])
                 for i, (label, grey, *cells) in enumerate(rows)]
        (tmp_path / "moods.csv").write_text("\n".join([header, *lines]) + "\n")
        return tmp_path / "moods.csv"
    return write


def test_labels_without_a_place_are_left_out_and_counted(write_list):
    source = write_list([("happy", 3), ("bored", 3), ("", 3), ("Sadness", 4), ("bored", 1)])
    photographs, answers = answer_source(source, {"one": Reader()}, "whole")
    assert photographs.left_out == {"bored": 2, "": 1}
    assert photographs.truth.tolist() == [FER7.index("happy"), FER7.index("sad")]
    assert photographs.ids.tolist() == ["0.png", "3.png"]
    assert answers["one"].probabilities.argmax(axis=1).tolist() == [3, 4]


def test_angry_stays_angry_where_no_photo_happens_to_be_disgusted(write_list):
    source = write_list([(name, 0) for name in FER6.names])
    _, _, photographs = load_photographs(source, FER7)
    assert photographs.left_out == {} and len(photographs) == 6


def test_a_file_maps_labels_of_one_s_own(write_list, tmp_path):
    (tmp_path / "mine.toml").write_text('names = ["calm", "upset"]\n[from.moods]\nbored = "calm"\ncross = "upset"\nodd = ""\n')
    source = write_list([("bored", 0), ("cross", 0), ("odd", 0)])
    _, _, photographs = load_photographs(source, find_labels(tmp_path / "mine.toml"))
    assert (photographs.names, photographs.truth.tolist(), photographs.left_out) == (("calm", "upset"), [0, 1], {"odd": 1})


def test_a_source_without_a_place_for_any_label_is_refused(write_list, tmp_path):
    with pytest.raises(DataError, match=r"none of its labels, bored, has a place among happy, sad, neutral; --labels"):
        load_photographs(write_list([("bored", 0)]), FER3)
    (tmp_path / "plain").mkdir()
    write_grey(tmp_path / "plain" / "a.png", 1)
    with pytest.raises(DataError, match="has no labels"):
        load_photographs(tmp_path / "plain", FER7)


def test_folders_and_subjects(tmp_path):
    for name in ("happy", "sad"):
        (tmp_path / "faces" / name).mkdir(parents=True)
        write_grey(tmp_path / "faces" / name / f"KA.{name[:2].upper()}1.3.png", 3)
    photographs, answers = answer_source(tmp_path / "faces", {"one": Reader()}, "whole")
    assert (photographs.source, photographs.subjects.tolist(), photographs.truth.tolist()) == ("faces", ["KA", "KA"], [3, 4])
    assert answers["one"].faces.tolist() == [1, 1]


def test_photos_that_cannot_be_read_are_left_out(write_list, tmp_path):
    source = write_list([("happy", 3), ("sad", 4), ("happy", 4), ("sad", 4)], "path,label")
    (tmp_path / "0.png").write_text("no picture")
    (tmp_path / "2.png").unlink()
    photographs, answers = answer_source(source, {"one": Reader()}, "whole", columns=["label"])
    assert photographs.ids.tolist() == ["1.png", "3.png"] and photographs.columns["label"].tolist() == ["sad", "sad"]
    assert [reason.partition(":")[0].rpartition("/")[2] for reason in photographs.unreadable] == ["0.png", "2.png"]
    assert answers["one"].probabilities.shape == (2, 7)


def test_a_source_of_which_nothing_can_be_read_is_refused(write_list, tmp_path):
    source = write_list([("happy", 3)])
    (tmp_path / "0.png").write_text("no picture")
    with pytest.raises(DataError, match=r"none of its 1 photos can be read; the first: .*0\.png"):
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
