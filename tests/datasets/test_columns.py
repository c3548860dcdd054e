import numpy as np
import pytest
from PIL import Image

from featfer.datasets import find_dataset
from featfer.datasets.columns import get_column
from featfer.errors import DataError


@pytest.fixture
def faces(tmp_path):
    """A list with columns of its own."""
    for name in "abc":
        Image.new("L", (8, 8), ord(name)).save(tmp_path / f"{name}.png")
    (tmp_path / "moods.csv").write_text(
        "Camera, image,label,subject,Sex\n9,b.png,sad,,f\n\n 7 ,a.png,happy,ann\n,c.png,sad,bob,m\n")
    return find_dataset(tmp_path / "moods.csv").load(tmp_path / "moods.csv")


def test_further_columns_are_texts_in_the_order_of_the_rows(faces):
    assert faces.ids.tolist() == ["b.png", "a.png", "c.png"]
    assert get_column(faces, "camera").tolist() == ["9", "7", ""]
    assert get_column(faces, " SEX ").tolist() == ["f", "", "m"]
    assert get_column(faces, "subject").tolist() == ["", "ann", "bob"]
    assert get_column(faces, "path").tolist() == faces.ids.tolist()


def test_a_missing_column_is_named_with_those_that_are_there(faces):
    with pytest.raises(DataError, match=r"moods\.csv: no column 'age'; it has camera, path, label, subject, sex$"):
        get_column(faces, "age")


def test_rows_that_were_left_out_have_no_place(faces):
    assert get_column(type(faces)(**{**vars(faces), "ids": np.array(["c.png"])}), "sex").tolist() == ["m"]


def test_folders_have_subjects_at_most(tmp_path):
    for name in ("happy", "sad"):
        (tmp_path / name).mkdir()
        Image.new("L", (8, 8)).save(tmp_path / name / "KA.HA1.3.png")
    faces = find_dataset(tmp_path).load(tmp_path)
    assert get_column(faces, "subject").tolist() == ["KA", "KA"]
    with pytest.raises(DataError, match="no column 'sex'; it has label, subject; a csv of path, label and further columns"):
        get_column(faces, "sex")
