"""Class folders, with splits and without."""

import re
import shutil

import numpy as np
import pytest
from PIL import Image

from featfer.datasets import DATASETS, find_dataset
from featfer.datasets.folders import digest, is_folders, load
from featfer.errors import DataError
from featfer.labels import AFFECTNET8, FER3, FER7, LabelSet

CK = ("anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise")


@pytest.fixture
def tree(tmp_path):
    """A function that makes images of different greys at places below a folder and returns it."""
    def make(*places, root="faces"):
        for i, place in enumerate(places):
            path = tmp_path / root / place
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (8, 8), i).save(path)
        return tmp_path / root
    return make


@pytest.fixture
def ck(tree):
    """CK+48: seven classes of two subjects, without splits."""
    return tree(*(f"{name}/S{subject:03}_00{i}_00000017.png" for i, name in enumerate(CK) for subject in (5, 10)), root="CK+48")


def rows(faces):
    return {name: (faces.label_set.names[label], split)
            for name, label, split in zip(faces.ids.tolist(), faces.labels, faces.splits.tolist(), strict=True)}


def test_three_splits(tree):
    faces = load(tree("train/Happy/1.png", "train/sad/2.png", "val/happy/1.png", "test/sad/9.png"))
    assert rows(faces) == {"train/Happy/1.png": ("happy", "train"), "train/sad/2.png": ("sad", "train"),
                           "val/happy/1.png": ("happy", "val"), "test/sad/9.png": ("sad", "test")}
    assert [int(image.read()[0, 0]) for image in faces.images] == [3, 0, 1, 2]  # in the order of their names
    assert (faces.label_set, faces.single, faces.skipped, faces.subjects) == (FER3, True, [], None)
    assert faces.labels.dtype == np.int16


@pytest.mark.parametrize(("folder", "split"), [("valid", "val"), ("Validation", "val"), ("val", "val"), ("test", "test"),
                                               ("Testing", "test")])
def test_splits_in_other_words(tree, folder, split):
    faces = load(tree("Train/sad/1.png", f"{folder}/sad/2.png"))
    assert set(faces.splits) == {"train", split}


def test_ck_48_has_classes_and_subjects_but_no_splits(ck):
    faces = load(str(ck))
    assert faces.label_set is AFFECTNET8
    assert rows(faces)["anger/S005_000_00000017.png"] == ("angry", "")
    assert faces.subjects.tolist() == ["S005", "S010"] * 7
    assert np.bincount(faces.labels).tolist() == [0, 2, 2, 2, 2, 2, 2, 2]


def test_classes_that_no_set_knows_are_a_set_in_sorted_order(tree):
    faces = load(tree("train/sleepy/1.png", "train/bored/2.png", "test/happy/3.png", root="moods"))
    assert faces.label_set == LabelSet("moods", ("bored", "happy", "sleepy"))
    assert rows(faces)["test/happy/3.png"] == ("happy", "test")


def test_images_deeper_in_a_class_folder_and_of_other_folders(tree):
    faces = load(tree("train/sad/cam1/1.png", "test/sad/2.png", "extra/sad/3.png", "test/.cache/sad/4.png", "test/sad/._2.png"))
    assert list(faces.ids) == ["test/sad/2.png", "train/sad/cam1/1.png"]


def test_duplicates_have_equal_keys(tree):
    root = tree("sad/1.png", "happy/2.png")
    shutil.copy(root / "sad/1.png", root / "happy/3.png")
    keys = load(root).keys.tolist()  # happy/2, happy/3, sad/1
    assert keys[1] == keys[2] != keys[0]


def test_a_file_in_no_class_folder_is_named(tree):
    root = tree("train/sad/1.png", "test/sad/2.png", "test/stray.png")
    with pytest.raises(DataError, match=re.escape(f"{root / 'test/stray.png'}: not in a class folder. Move the file")):
        load(root)
    faces = load(root, skip_bad=True)
    assert len(faces) == 2
    assert faces.skipped == [f"{root / 'test/stray.png'}: not in a class folder"]


def test_class_folders_without_images(tree):
    root = tree("train/sad/1.png", "test/sad/2.png")
    for path in root.rglob("*.png"):
        path.unlink()
    with pytest.raises(DataError, match="faces: no usable rows"):
        load(root)


def test_digest_sees_a_new_file(ck):
    before = digest(ck)
    assert before == digest(ck) == load(ck).digest
    shutil.copy(ck / "fear/S005_003_00000017.png", ck / "fear/S006_003_00000017.png")
    assert digest(ck) != before


# -- which folders are class folders ----------------------------------------------------------------------------------

@pytest.mark.parametrize(("places", "dataset"), [
    (("train/1/a.png", "test/1/b.png"), "class-folders"),
    (("train/sad/a.png", "valid/sad/b.png"), "class-folders"),
    (("train/sad/a.png", "test/sad/PublicTest_1.png"), "fer2013-folders"),
    (("train/sad/a.png", "test/sad/b.png"), "class-folders"),
    (("Anger/a.png", "bored/b.png"), "class-folders"),
    (("2019/a.png", "2020/b.png"), "photos"),
    (("happy/a.png", "b.png"), "photos"),
    (("a.png", "b.png"), "photos"),
    (("train/a.png", "test/b.png"), "photos"),
    (("train/2019/a.png", "bridge/b.png"), "photos"),
])
def test_folders_are_recognized_by_their_names(tree, places, dataset):
    assert find_dataset(tree(*places)) is DATASETS[dataset]


def test_a_file_is_no_class_folder(photo):
    assert not is_folders(photo)


def test_fer2013_s_own_folders_are_class_folders_too(fer_folders):
    names = load(fer_folders)
    assert (names.label_set, len(names)) == (FER7, 42)
    assert set(names.splits) == {"train", "test"}
