"""FER2013 as class folders, and what is wrong with them."""

import re
import shutil

import pytest
from PIL import Image

from featfer.datasets.fer2013 import load_csv
from featfer.datasets.fer2013_folders import digest_folders, load_folders
from featfer.errors import DataError
from featfer.labels import FER7


def test_folders_hold_what_the_csv_holds(fer_folders, fer_csv):
    def content(faces):
        return sorted((image.read().tobytes(), int(label), str(split))
                      for image, label, split in zip(faces.images, faces.labels, faces.splits, strict=True))
    folders, csv = load_folders(fer_folders), load_csv(fer_csv)
    assert content(folders) == content(csv)
    assert (folders.label_set, folders.single, folders.skipped) == (FER7, True, [])


def test_folder_ids_are_the_files(fer_folders):
    ids = load_folders(fer_folders).ids
    assert list(ids) == sorted(ids)
    assert "train/angry/Training_00000.png" in ids
    assert len(ids) == 42


def test_duplicate_files_have_equal_keys(fer_folders):
    shutil.copy(fer_folders / "train/angry/Training_00000.png", fer_folders / "test/sad/PublicTest_9.png")
    faces = load_folders(fer_folders)
    keys = dict(zip(faces.ids, faces.keys, strict=True))
    assert keys["train/angry/Training_00000.png"] == keys["test/sad/PublicTest_9.png"]
    assert len(set(faces.keys)) == 42


def test_class_folder_in_any_letter_case(fer_folders):
    (fer_folders / "train/happy").rename(fer_folders / "train/Happy")
    assert (load_folders(fer_folders).labels == 3).sum() == 6


def test_training_files_may_have_any_name(fer_folders):
    (fer_folders / "train/fear/Training_00002.png").rename(fer_folders / "train/fear/im2.png")
    faces = load_folders(fer_folders)
    assert list(faces.splits[faces.ids == "train/fear/im2.png"]) == ["train"]


def test_other_files_do_not_matter(fer_folders):
    (fer_folders / "train/fear/Thumbs.db").write_bytes(b"x")
    (fer_folders / "notes.txt").write_text("x")
    assert len(load_folders(fer_folders)) == 42


@pytest.mark.parametrize(("place", "reason"), [
    ("train/contempt/Training_1.png", "label 'contempt' is not in fer7"),
    ("test/sad/Training_1.png", "unknown usage: a file in test/ starts with PublicTest_ or PrivateTest_"),
    ("test/sad/1.png", "unknown usage: a file in test/ starts with PublicTest_ or PrivateTest_"),
    ("train/sad/PublicTest_1.png", "unknown usage: a file in train/ starts with Training_"),
    ("train/Training_1.png", "not in a class folder"),
    ("test/sad/more/PublicTest_1.png", "not in a class folder"),
])
def test_misplaced_file_is_named(fer_folders, place, reason):
    (fer_folders / place).parent.mkdir(exist_ok=True)
    Image.new("L", (48, 48)).save(fer_folders / place)
    with pytest.raises(DataError, match=re.escape(f"{fer_folders / place}: {reason}")) as caught:
        load_folders(fer_folders)
    assert "--skip-bad" in str(caught.value)
    faces = load_folders(fer_folders, skip_bad=True)
    assert len(faces) == 42
    assert len(faces.skipped) == 1
    assert faces.skipped[0].startswith(f"{fer_folders / place}: {reason}")


def test_empty_folders(tmp_path):
    for part in ("train", "test"):
        (tmp_path / part).mkdir()
    with pytest.raises(DataError, match="no usable rows"):
        load_folders(tmp_path)


def test_folders_digest_sees_a_new_file(fer_folders):
    before = digest_folders(fer_folders)
    assert before == digest_folders(fer_folders) == load_folders(fer_folders).digest
    Image.new("L", (48, 48)).save(fer_folders / "train/sad/Training_9.png")
    assert digest_folders(fer_folders) != before
