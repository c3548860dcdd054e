"""RAF-DB, FER+ and CK+ as they ship, and AffectNet in a folder around it."""

import re

import numpy as np
import pytest
from PIL import Image

from featfer.datasets import DATASETS, find_dataset
from featfer.errors import DataError, ParameterError
from featfer.labels import AFFECTNET8, FER7

RAF = ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral")
PARTS = {"FER2013Train": "train", "FER2013Valid": "val", "FER2013Test": "test"}


def draw(*paths):
    for i, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), i).save(path)


@pytest.fixture
def raf(tmp_path):
    """RAF-DB with seven images in each split, as the lists have them."""
    draw(*(tmp_path / "basic" / "Image" / "aligned" / f"{part}_0000{i}_aligned.jpg"
           for part in ("train", "test") for i in range(1, 8)))
    path = tmp_path / "basic" / "EmoLabel" / "list_patition_label.txt"
    path.parent.mkdir()
    path.write_text("".join(f"{part}_0000{i}.jpg {i}\n" for part in ("train", "test") for i in range(1, 8)))
    return tmp_path


@pytest.fixture
def ferplus(tmp_path):
    """FER+'s folders: in each four images, whose votes are for happiness but for 0 to 3 raters'."""
    for k, part in enumerate(PARTS):
        names = [f"fer{10 * k + i:07}.png" for i in range(4)]
        draw(*(tmp_path / part / name for name in names))
        (tmp_path / part / "label.csv").write_text("".join(
            f'{name},"(0, 0, 48, 48)",0,{10 - 2 * i},0,{2 * i},0,0,0,0,0,0\n' for i, name in enumerate(names)))
    return tmp_path


@pytest.fixture
def ck(tmp_path):
    """CK+ with two sequences of three images that have a class, and one without."""
    for subject, sequence, number in (("S005", "001", "   3.0000000e+00\n"), ("S010", "002", "7"), ("S011", "001", None)):
        images = tmp_path / "cohn-kanade-images" / subject / sequence
        draw(*(images / f"{subject}_{sequence}_0000000{i}.png" for i in (1, 2, 3)))
        folder = tmp_path / "Emotion" / subject / sequence
        folder.mkdir(parents=True)
        if number:
            (folder / f"{subject}_{sequence}_00000003_emotion.txt").write_text(number)
    return tmp_path


def loaded(source, kind, skip_bad=False, **options):
    dataset = find_dataset(source, **options)
    assert options or dataset is DATASETS[kind]
    faces = dataset.load(source, skip_bad)
    assert faces.digest == dataset.digest(source)
    return faces


def test_raf_db(raf):
    for source in (raf, raf / "basic"):
        faces = loaded(source, "raf-db")
        assert [FER7.names[label] for label in faces.labels] == [*RAF, *RAF]
        assert faces.splits.tolist() == ["train"] * 7 + ["test"] * 7
        assert (faces.single, faces.notes, faces.images[3].read().shape) == (True, [], (8, 8))
    assert loaded(raf, "raf-db").digest == loaded(raf / "basic", "raf-db").digest


@pytest.mark.parametrize(("line", "reason"), [
    ("train_00009.jpg 3", "no image train_00009_aligned.jpg or train_00009.jpg"),
    ("train_00001.jpg 8", "unknown label '8', not 1 to 7"), ("train_00001.jpg happy", "unknown label 'happy', not 1 to 7"),
    ("train_00001.jpg 2", "train_00001.jpg stands there twice"),
    ("nonsense", "'nonsense' is not as train_00001.jpg 5")])
def test_bad_lines_of_raf_db(raf, line, reason):
    path = raf / "basic" / "EmoLabel" / "list_patition_label.txt"
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(DataError, match=re.escape(f"{path}, line 15: {reason}. Mend the row")):
        loaded(raf, "raf-db")
    assert len(loaded(raf, "raf-db", skip_bad=True)) == 14


def test_raf_db_without_images_and_with_more(raf):
    draw(raf / "basic" / "Image" / "aligned" / "train_00010_aligned.jpg")
    assert loaded(raf, "raf-db").notes == ["1 image is not in list_patition_label.txt: not taken"]
    for path in raf.rglob("*.jpg"):
        path.unlink()
    with pytest.raises(DataError, match=r"has RAF-DB's list of classes, but no images in .*aligned; unpack aligned\.zip there"):
        loaded(raf, "raf-db")


def test_ferplus_in_folders(ferplus):
    faces = loaded(ferplus, "ferplus-folders")
    assert faces.label_set is AFFECTNET8
    assert {AFFECTNET8.names[label] for label in faces.labels} == {"happy", "sad"}
    assert faces.splits.tolist() == ["train"] * 4 + ["val"] * 4 + ["test"] * 4
    np.testing.assert_allclose(faces.votes[1, [1, 2]], [0.8, 0.2])
    path = ferplus / "FER2013Train" / "label.csv"
    path.write_text(path.read_text().replace("0,10,0,0,0", "5,5,0,0,0", 1))
    assert loaded(ferplus, "ferplus-folders").splits[0] == ""
    assert loaded(ferplus, "ferplus-folders", mode="probability").splits[0] == "train"
    with pytest.raises(ParameterError, match="vote mode 'x' is none of"):
        find_dataset(ferplus, mode="x")


@pytest.mark.parametrize(("old", "new", "reason"), [
    ("fer0000001.png", "fer0000009.png", "no image FER2013Train/fer0000009.png"),
    ("fer0000001.png", "fer0000000.png", "fer0000000.png stands there twice"),
    ("0,8,0,2", "0,8,0,200", "are 208 in all, not about ten"), (",0,8,0,2,0", ",0,8", "9 fields instead of 12")])
def test_bad_rows_of_ferplus_in_folders(ferplus, old, new, reason):
    path = ferplus / "FER2013Train" / "label.csv"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(DataError, match=re.escape(reason)) as caught:
        loaded(ferplus, "ferplus-folders")
    assert str(caught.value).startswith(f"{path}, line 2: ")


def test_ferplus_without_images_or_without_a_list(ferplus):
    (ferplus / "FER2013Test" / "label.csv").unlink()
    with pytest.raises(DataError, match=r"FER2013Test/label\.csv: no such file; FER\+ has one in each"):
        loaded(ferplus, "ferplus-folders")
    (ferplus / "FER2013Test" / "label.csv").touch()
    for path in ferplus.rglob("*.png"):
        path.unlink()
    with pytest.raises(DataError, match=r"has label\.csv, but no images; generate_training_data\.py"):
        find_dataset(ferplus).load(ferplus)


def test_ck_plus(ck):
    faces = loaded(ck, "ck+")
    assert faces.ids.tolist() == ["S005/001/S005_001_00000003.png", "S010/002/S010_002_00000003.png"]
    assert [AFFECTNET8.names[label] for label in faces.labels] == ["disgust", "surprise"]
    assert (faces.subjects.tolist(), set(faces.splits)) == (["S005", "S010"], {""})
    assert faces.notes == ["7 images are not the last of a sequence that has a class: not taken"]
    file = ck / "Emotion" / "S010" / "002" / "S010_002_00000003_emotion.txt"
    file.write_text("9")
    with pytest.raises(DataError, match=re.escape(f"{file}: unknown label '9', not 0 to 7. Move the file")):
        loaded(ck, "ck+")
    assert len(loaded(ck, "ck+", skip_bad=True)) == 1


def test_affectnet_in_a_folder_around_it(tmp_path):
    for part in ("train_set", "val_set"):
        draw(tmp_path / "AffectNet" / part / "images" / "1.jpg")
        (tmp_path / "AffectNet" / part / "annotations").mkdir()
        for kind, value in (("exp", "1"), ("val", "0.5"), ("aro", "-2")):
            np.save(tmp_path / "AffectNet" / part / "annotations" / f"1_{kind}.npy", np.array(value))
    dataset = find_dataset(tmp_path)
    faces = dataset.load(tmp_path)
    assert (faces.label_set, faces.labels.tolist(), faces.splits.tolist()) == (AFFECTNET8, [1, 1], ["train", "test"])
    assert faces.kind == "AffectNet by its annotations, in its folder AffectNet/"
    assert faces.name == tmp_path.name
    assert faces.digest == dataset.digest(tmp_path) == find_dataset(tmp_path / "AffectNet").digest(tmp_path / "AffectNet")
