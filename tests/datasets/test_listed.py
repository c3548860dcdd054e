"""Faces listed in a csv."""

import re

import numpy as np
import pytest
from PIL import Image

from featfer.datasets import DATASETS, find_dataset
from featfer.datasets.listed import digest, load
from featfer.errors import DataError
from featfer.labels import FER3, LabelSet

FULL = """path,label,split,subject,valence,arousal
images/a.png,Happy,train,anna,0.5,-0.25
images/b.png,sadness,validation,bert,-1,
images/c.png,,test,,,
"""


@pytest.fixture
def csv_of(tmp_path):
    """A function that writes a csv beside three images and returns its path."""
    (tmp_path / "images").mkdir()
    for i, name in enumerate("abc"):
        Image.new("L", (8, 8), i).save(tmp_path / "images" / f"{name}.png")

    def write(text):
        path = tmp_path / "moods.csv"
        path.write_text(text, encoding="utf-8")
        return path
    return write


def test_every_column(csv_of):
    faces = load(csv_of(FULL))
    assert (faces.label_set, faces.single, faces.skipped) == (FER3, True, [])
    assert faces.labels.tolist() == [0, 1, -1]
    assert faces.splits.tolist() == ["train", "val", "test"]
    assert faces.subjects.tolist() == ["anna", "bert", ""]
    np.testing.assert_array_equal(faces.affect, np.array([[0.5, -0.25], [-1, np.nan], [np.nan, np.nan]], np.float32))
    assert faces.affect.dtype == np.float32
    assert list(faces.ids) == ["images/a.png", "images/b.png", "images/c.png"]
    assert [int(image.read()[0, 0]) for image in faces.images] == [0, 1, 2]


def test_path_and_label_are_enough(csv_of):
    faces = load(csv_of("\ufeffLabel, Path\nbored,images/a.png\n\nhappy, images/b.png\n"))
    assert faces.label_set == LabelSet("moods", ("bored", "happy"))
    assert (faces.labels.tolist(), faces.splits.tolist()) == ([0, 1], ["", ""])
    assert (faces.subjects, faces.affect, faces.votes) == (None, None, None)


def test_faces_with_affect_alone_have_no_label_set(csv_of):
    faces = load(csv_of("path,label,valence,arousal\nimages/a.png,,0,1\n"))
    assert faces.label_set is None
    assert faces.affect.tolist() == [[0, 1]]


def test_a_file_that_is_not_there_is_a_row(csv_of):
    faces = load(csv_of("path,label\nimages/a.png,sad\nimages/gone.png,happy\n"))
    assert len(faces) == 2
    with pytest.raises(DataError, match=r"gone\.png: no such file"):
        faces.images[1].read()


def test_its_header_distinguishes_it_from_fer2013(csv_of, fer_csv):
    assert find_dataset(csv_of(FULL)) is DATASETS["faces-csv"]
    assert find_dataset(fer_csv) is DATASETS["fer2013-csv"]
    with pytest.raises(DataError, match="a FER2013 csv has emotion, pixels and Usage, a list of faces path and label"):
        find_dataset(csv_of("file,label\n")).load(csv_of("file,label\n"))


def test_digest_sees_a_changed_row_and_a_changed_image(csv_of, tmp_path):
    path = csv_of(FULL)
    digests = [digest(path)]
    assert digests == [load(path).digest]
    Image.new("L", (9, 9)).save(tmp_path / "images" / "a.png")
    digests.append(digest(path))
    digests.append(digest(csv_of(FULL.replace("anna", "anne"))))
    assert len(set(digests)) == 3


@pytest.mark.parametrize(("row", "reason"), [
    (",sad,,,,", "no path"),
    ("images/a.png,sad,,,,", "images/a.png stands there twice"),
    ("images/b.png,sad,dev,,,", "unknown split 'dev', not train, val or test"),
    ("images/b.png,sad,,,high,", "valence 'high' is not a number from -1 to 1"),
    ("images/b.png,sad,,,0,-1.5", "arousal '-1.5' is not a number from -1 to 1"),
])
def test_a_bad_row_is_named_with_file_line_and_reason(csv_of, row, reason):
    path = csv_of(f"path,label,split,subject,valence,arousal\nimages/a.png,sad,,,,\n{row}\n")
    with pytest.raises(DataError, match=re.escape(f"{path}, line 3: {reason}. Mend the row")):
        load(path)
    faces = load(path, skip_bad=True)
    assert (len(faces), faces.skipped) == (1, [f"{path}, line 3: {reason}"])


def test_only_a_header(csv_of):
    with pytest.raises(DataError, match=r"moods\.csv: no usable rows$"):
        load(csv_of("path,label\n"))


def test_an_enormous_field(csv_of):
    with pytest.raises(DataError, match=r"moods\.csv, line \d: not a row of a csv \(field larger"):
        load(csv_of(f"path,label\n{'x' * 140_000},sad\n"))
