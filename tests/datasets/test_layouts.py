"""The layouts that people have data sets in: how each is recognized, and that none is silently read as unlabelled photos."""

import re

import numpy as np
import pytest
from PIL import Image

from featfer.datasets import DATASETS, find_dataset, find_extracted
from featfer.datasets.describing import describe
from featfer.errors import DataError, ParameterError
from featfer.labels import AFFECTNET8, FER7, LabelSet

PARTS = [("Training", "PublicTest", "PrivateTest"), ("TRAIN", "Valid", "TEST"), ("train", "validation", "test"),
         ("training", "val", "testing"), ("train", "public_test", "Private Test")]
RAF = {1: "surprise", 2: "fear", 3: "disgust", 4: "happy", 5: "sad", 6: "angry", 7: "neutral"}


@pytest.fixture
def tree(tmp_path):
    """A function that makes different images at places below a folder and returns it."""
    def make(*places, root="faces"):
        for i, place in enumerate(places):
            path = tmp_path / root / place
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (8, 8), i).save(path)
        return tmp_path / root
    return make


def loaded(source, **options):
    """Return the FaceSet of a source, whose digest is that of its dataset."""
    dataset = find_dataset(source, **options)
    faces = dataset.load(source)
    assert faces.digest == dataset.digest(source)
    return faces


def rows(faces):
    """Return {id: (label, split)}, the label None where there is none."""
    return {name: (faces.label_set.names[label] if label >= 0 else None, split)
            for name, label, split in zip(faces.ids.tolist(), faces.labels.tolist(), faces.splits.tolist(), strict=True)}


def classes(*parts, names=FER7.names, count=1):
    return [f"{part}/{name}/{i}.png" for part in parts for name in names for i in range(count)]


# -- folders of splits and classes ------------------------------------------------------------------------------------

@pytest.mark.parametrize("parts", PARTS)
def test_splits_in_any_words(tree, parts):
    faces = loaded(tree(*classes(*parts)))
    assert faces.label_set is FER7
    assert rows(faces) == {f"{part}/{name}/0.png": (name, split) for name in FER7.names
                           for part, split in zip(parts, ("train", "val", "test"), strict=True)}
    assert faces.notes == []


def test_one_split_alone_and_splits_below_the_classes(tree):
    assert set(loaded(tree(*classes("train"))).splits) == {"train"}
    inverse = loaded(tree(*(f"{name}/{part}/1.png" for name in FER7.names for part in ("train", "test")), root="inverse"))
    assert rows(inverse)["sad/test/1.png"] == ("sad", "test")
    assert inverse.label_set is FER7


def test_a_data_set_in_folders_is_found_and_called_as_what_was_named(tree):
    root = tree(*(f"archive/dataset/{name}" for name in classes("train", "test")), "archive/preview.png")
    faces = loaded(root)
    assert (len(faces), faces.name, faces.label_set) == (14, "faces", FER7)
    assert rows(faces)["train/angry/0.png"] == ("angry", "train")
    assert faces.notes == ["1 image outside archive/dataset/: not taken"]


def test_several_data_sets_in_a_folder_are_refused(tree):
    root = tree(*classes("anna", "bert", names=("happy", "sad")))
    with pytest.raises(DataError, match=re.escape(f"several data sets with labels: {root}/anna, {root}/bert; give one of")):
        find_dataset(root)


@pytest.mark.parametrize(("places", "images", "note"), [
    (("happy/a.png", "sad/b.png", "me.png"), 2, "1 image beside the folders, such as me.png, in no class: not taken"),
    ((*classes("train"), "test/1.png"), 7, "test/: no class folders in it, not taken"),
    ((*classes("train", "test"), "extra/1.png"), 14, "extra/: named after no split, not taken"),
    (("happy/a.png", "sad/b.png", "happy/.cache/c.png"), 2, "passed over: 1 hidden folder"),
    (("happy/a.png", "bored/b.png"), 2, "no known set of labels has bored: the labels are the names that the source has"),
])
def test_folders_that_are_no_class_are_noted(tree, places, images, note):
    faces = loaded(tree(*places))
    assert (len(faces), faces.notes) == (images, [note])
    assert (faces.labels >= 0).all()


def test_an_empty_class_folder_and_other_files_are_said(tree):
    root = tree("happy/a.png", "sad/b.png")
    (root / "angry").mkdir()
    (root / "sad" / "b.xcf").touch()
    (root / "labels.csv").touch()
    assert loaded(root).notes == ["labels.csv: not read, the folders say the classes",
                                  "angry/: no images in it, not taken for a class", "passed over: 1 .xcf file"]


@pytest.mark.parametrize("places", [("01/a.png", "02/b.png"), ("1/a.png", "2/b.png", "10/c.png"), ("1/a.png",),
                                    ("2019/1/a.png", "2019/11/b.png")])
def test_numbers_of_other_things_are_no_classes(tree, places):
    assert loaded(tree(*places)).kind == "photos without labels"


@pytest.mark.parametrize("places", [("happy/a.png", "b.png"), ("train/a.png", "test/b.png"), ("x/happy/a.png", "y/b.png")])
def test_photos_that_look_labelled_are_noted(tree, places):
    faces = loaded(tree(*places))
    assert faces.kind == "photos without labels"
    assert "folders named as a class or a split, which are not taken for labels" in faces.notes[0]


def test_a_csv_beside_photos_is_named(tree):
    root = tree("a.png")
    (root / "labels.csv").touch()
    assert loaded(root).notes[0] == "labels.csv: not read; give such a file as the source, if it has the labels"
    (root / "a.png").unlink()
    with pytest.raises(DataError, match=r"no image in it; passed over: 1 \.csv file; give one of labels\.csv as the source"):
        loaded(root)


@pytest.mark.parametrize("word", ["Happiness", "happy face", "0_happy", "03 - Happy", "HAPPY_FACES", "joy"])
def test_classes_in_other_words(tree, word):
    faces = loaded(tree(f"train/{word}/a.png", "test/Suprise/b.png"))
    assert set(rows(faces).values()) == {("happy", "train"), ("surprise", "test")}


def test_a_class_in_two_letter_cases_is_one(tree):
    faces = loaded(tree("train/Happy/a.png", "train/ahegao/b.png", "test/happy/c.png"))
    assert faces.label_set == LabelSet("faces", ("Happy", "ahegao"))
    assert faces.labels.tolist() == [0, 0, 1]
    assert loaded(tree("train/1_calm/a.png", "test/2_calm/b.png", root="own")).label_set.names == ("1_calm", "2_calm")


# -- links ------------------------------------------------------------------------------------------------------------

def test_linked_classes_and_splits_are_classes_and_splits(tree, tmp_path):
    real = tree(*classes(".", names=("angry", "happy", "sad", "fear")), root="real")
    root = tree("angry/1.png")
    for name in ("happy", "sad", "fear"):
        (root / name).symlink_to(real / name)
    (root / "angry" / "up").symlink_to(root)
    faces = loaded(root)
    assert sorted(label for label, _ in rows(faces).values()) == ["angry", "fear", "happy", "sad"]
    for part in ("train", "test"):
        (tmp_path / "parts").mkdir(exist_ok=True)
        (tmp_path / "parts" / part).symlink_to(real)
    assert len(loaded(tmp_path / "parts")) == 8


@pytest.mark.parametrize("place", ["sad", "train/sad"])
def test_a_linked_class_that_is_not_there_is_refused(tree, place):
    root = tree("train/happy/a.png", "test/happy/b.png") if "/" in place else tree("happy/a.png", "fear/b.png")
    (root / place).symlink_to("/mnt/absent")
    with pytest.raises(DataError, match=r"sad: a link to /mnt/absent, which is not there"):
        loaded(root)


# -- numbers for classes ----------------------------------------------------------------------------------------------

def test_raf_db_in_folders_is_recognized_by_its_file_names(tree):
    faces = loaded(tree(*(f"DATASET/{part}/{i}/{part}_0000{i}_aligned.jpg" for part in ("train", "test") for i in RAF)))
    assert rows(faces) == {f"{part}/{i}/{part}_0000{i}_aligned.jpg": (RAF[i], part) for part in ("train", "test") for i in RAF}
    assert faces.notes == ["numbers are read as raf-db's, as the files' names are of that set: 1 surprise, 2 fear, 3 disgust, "
                           "4 happy, 5 sad, 6 angry, 7 neutral"]


def test_fer2013_in_numbered_folders_is_recognized_by_its_file_names(tree):
    faces = loaded(tree(*(f"train/{i}/Training_{i}.jpg" for i in range(7)), "test/3/PublicTest_1.jpg"))
    assert rows(faces)["test/3/PublicTest_1.jpg"] == ("happy", "val")
    assert rows(loaded(tree("train/4/Training_1.jpg", "validation/4/PublicTest_1.jpg", root="x"))) == {
        "train/4/Training_1.jpg": ("sad", "train"), "validation/4/PublicTest_1.jpg": ("sad", "val")}


@pytest.mark.parametrize(("root", "label"), [("RAF-DB", "surprise"), ("AffectNet", "happy"), ("fer2013", "disgust")])
def test_a_set_s_name_tells_whose_numbers_they_are(tree, root, label):
    faces = loaded(tree("train/1/a.png", "test/1/b.png", root=root))
    assert set(rows(faces).values()) == {(label, "train"), (label, "test")}
    assert f"as it is called {root}" in faces.notes[0]


@pytest.mark.parametrize("numbers", [range(7), range(1, 8), range(8)])
def test_numbers_of_which_nothing_tells_the_meaning_stay_numbers_with_a_warning(tree, numbers):
    names = tuple(map(str, numbers))
    faces = loaded(tree(*classes("train", "test", names=names)))
    assert faces.label_set == LabelSet("faces", names)
    assert faces.notes[0].startswith(f"Warning: the labels {', '.join(names)} stay numbers, as nothing tells which expressions")
    assert "--codes, one of fer2013" in faces.notes[0]


def test_codes_say_whose_numbers_they_are(tree):
    root = tree(*classes("train", "test", names=("0", "1")))
    assert [label for label, _ in rows(loaded(root, codes="fer2013")).values()] == ["angry", "disgust"] * 2
    assert [label for label, _ in rows(loaded(root, codes="affectnet")).values()] == ["neutral", "happy"] * 2
    assert loaded(root, codes="own").notes == []
    digests = [find_dataset(root, codes).digest(root) for codes in (None, "own", "fer2013", "affectnet")]
    assert len(set(digests)) == 4
    with pytest.raises(DataError, match="label 0 is not in the codes raf-db: 1 surprise"):
        loaded(root, codes="raf-db")
    with pytest.raises(ParameterError, match="codes 'x' are none of fer2013, "):
        find_dataset(root, "x")
    with pytest.raises(DataError, match=r"--codes are for class folders, .* or a list of faces, and this is photos"):
        find_dataset(root / "train/0", "fer2013")


def test_numbers_in_a_list(tree, tmp_path):
    tree("a.png", "b.png", "train_00001_aligned.jpg")
    path = tmp_path / "faces" / "list.csv"
    path.write_text("path;label\na.png;0\nb.png;3\n")
    faces = loaded(path)
    assert faces.label_set.names == ("0", "3")
    assert faces.notes[0].startswith("Warning: the labels 0, 3 stay numbers")
    assert [label for label, _ in rows(loaded(path, codes="affectnet")).values()] == ["neutral", "surprise"]
    path.write_text("image\tlabel\ntrain_00001_aligned.jpg\t6\n")
    assert rows(loaded(path)) == {"train_00001_aligned.jpg": ("angry", "")}
    path.write_text(",pth,label,relFCs\n0,a.png,Surprised face,0.8\n")
    assert rows(loaded(path)) == {"a.png": ("surprise", "")}
    path.write_text("path,label\ngone/a.png,happy\n")
    with pytest.raises(DataError, match=r"none of its 1 file is there, the first is .*gone/a\.png; paths are relative to"):
        loaded(path)


# -- what is said -----------------------------------------------------------------------------------------------------

def test_a_data_set_is_described_in_sentences():
    record = {"kind": "class folders", "notes": ["x/ is empty", "Warning: doubtful"]}
    said = describe("faces", record, FER7, [0, 0, 3, -1], np.array(["train", "train", "test", ""]))
    assert said == ["faces: class folders; 4 images; labels fer7 (angry 2, disgust 0, fear 0, happy 1, sad 0, surprise 0, "
                    "neutral 0); 1 without a label; splits train 2, test 1", "faces: x/ is empty", "Warning: faces: doubtful"]
    many = LabelSet("many", tuple(f"person {i}" for i in range(5000)))
    assert describe("x\33[2J", {"notes": ["a\nb"]}, many, [0], [""]) == [
        f"x\\x1b[2J: a source; 1 image; labels many (person 0 1{''.join(f', person {i} 0' for i in range(1, 20))} "
        "and 4,980 more); no splits", "x\\x1b[2J: a\\nb"]
    assert describe("old", {}, None, [-1], [""]) == ["old: a source; 1 image"]
    assert describe("x", record, AFFECTNET8, [-1], [""])[0].endswith("; 1 without a label; no splits")


def test_an_extracted_source_is_found_by_its_digest_whatever_its_codes(tree):
    root = tree(*classes("train", "test", names=("0", "1")))
    digest = find_dataset(root, "affectnet").digest(root)
    assert [label for label, _ in rows(find_extracted(root, digest).load(root)).values()] == ["neutral", "happy"] * 2
    assert find_extracted(root, find_dataset(root).digest(root)) is DATASETS["class-folders"]
    assert find_extracted(root, "0" * 64) is None
