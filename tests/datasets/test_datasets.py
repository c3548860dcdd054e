"""Which data set a source is."""

import pytest

from featfer.datasets import DATASETS, find_dataset
from featfer.errors import DataError


def test_find_dataset(fer_csv, fer_folders, photo):
    assert find_dataset(fer_csv) is DATASETS["fer2013-csv"]
    assert find_dataset(str(fer_folders)) is DATASETS["fer2013-folders"]
    assert find_dataset(fer_folders / "train") is DATASETS["class-folders"]
    assert find_dataset(fer_folders / "train/sad") is DATASETS["photos"]
    assert find_dataset(photo) is DATASETS["photos"]


def test_find_dataset_of_nothing(tmp_path):
    with pytest.raises(DataError, match=r"absent: no such file or folder"):
        find_dataset(tmp_path / "absent")


def test_find_dataset_of_another_file(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(DataError, match=r"notes\.txt: not a source known here"):
        find_dataset(tmp_path / "notes.txt")
