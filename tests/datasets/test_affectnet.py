"""AffectNet in both its forms, made in their layouts."""

import os
import pickle
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from featfer.datasets import DATASETS, find_dataset
from featfer.datasets.affectnet import digest_lists, load_lists
from featfer.datasets.affectnet_sets import digest_sets, load_sets
from featfer.errors import DataError
from featfer.labels import AFFECTNET8

COLUMNS = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"


@pytest.fixture
def row_of(tmp_path):
    """A function that makes a photo below Manually_Annotated_Images/ and returns its row of a list."""
    def make(name, expression=1, valence="0.5", arousal="-0.25", box=(40, 20, 40, 20)):
        path = tmp_path / "affectnet" / "Manually_Annotated_Images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            pixels = np.zeros((100, 120, 3), np.uint8)
            pixels[20:40, 40:80] = (200, 100, 50)  # the face
            Image.fromarray(pixels).save(path)
        return f"{name},{','.join(map(str, box))},311.7;280.1;317.2,{expression},{valence},{arousal}"
    return make


@pytest.fixture
def lists(tmp_path, row_of):
    """A function that writes both lists and returns AffectNet's folder."""
    def write(training, validation=None, header=COLUMNS, below=""):
        folder = tmp_path / "affectnet" / below
        folder.mkdir(parents=True, exist_ok=True)
        validation = [row_of("9/z.png", 7)] if validation is None else validation
        for name, rows in (("training.csv", training), ("validation.csv", validation)):
            (folder / name).write_text("\n".join([header, *rows]) + "\n")
        return tmp_path / "affectnet"
    return write


@pytest.fixture
def sets(tmp_path):
    """AffectNet's train_set/ and val_set/ with a face of each code but no-face, values as text and as numbers."""
    root = tmp_path / "affectnet"
    for name in ("train_set", "val_set"):
        (root / name / "images").mkdir(parents=True)
        (root / name / "annotations").mkdir()
        for code in range(10):
            annotate(root / name, code, code, -2 if code == 9 else code / 10, str(-code / 10), shade=code)
    return root


def annotate(folder, number, *values, shade=0):
    """Write an image and its annotations."""
    Image.new("RGB", (224, 224), (shade,) * 3).save(folder / "images" / f"{number}.jpg")
    for kind, value in zip(("exp", "val", "aro", "lnd"), (*values, np.zeros(136)), strict=False):
        np.save(folder / "annotations" / f"{number}_{kind}.npy", np.array(value))


# -- the lists --------------------------------------------------------------------------------------------------------

def test_lists_give_labels_splits_and_affect(lists, row_of):
    path = lists([row_of("1/a.png", 0), row_of("1/b.png", 6, "-0.75", "1")], [row_of("2/c.png", 7, "-1", "0")])
    faces = load_lists(path)
    assert [AFFECTNET8.names[label] for label in faces.labels] == ["neutral", "angry", "contempt"]
    assert faces.splits.tolist() == ["train", "train", "test"]
    np.testing.assert_array_equal(faces.affect, np.array([[0.5, -0.25], [-0.75, 1], [-1, 0]], np.float32))
    assert (faces.affect.dtype, faces.labels.dtype) == (np.float32, np.int16)
    assert faces.ids.tolist() == ["training:2", "training:3", "validation:2"]
    assert (faces.label_set, faces.single, faces.skipped, faces.votes) == (AFFECTNET8, True, [], None)


@pytest.mark.parametrize("code", [8, 9, 10])
def test_rows_of_no_expression_are_unlabelled(lists, row_of, code):
    faces = load_lists(lists([row_of("1/a.png"), row_of("1/b.png", code, "-2", "-2")]))
    assert faces.labels.tolist() == [1, -1, 7]
    assert np.isnan(faces.affect[1]).all()
    assert len(faces.skipped) == 0


def test_an_image_is_the_face_box_with_a_margin(lists, row_of):
    boxes = [(40, 20, 40, 20), (0, 0, 40, 20), (100, 90, 40, 20), ("NULL",) * 4, (-1, -1, -1, -1)]
    images = load_lists(lists([row_of(f"1/{i}.png", box=box) for i, box in enumerate(boxes)])).images
    face = images[0].read()
    assert face.shape == (30, 60, 3)  # a quarter of each side, on both
    np.testing.assert_array_equal(face[5:25, 10:50], np.broadcast_to(np.uint8([200, 100, 50]), (20, 40, 3)))
    assert not face[:5].any() and not face[:, :10].any()
    assert [image.read().shape[:2] for image in list(images)[1:5]] == [(25, 50), (15, 30), (100, 120), (100, 120)]


def test_a_face_box_outside_of_the_photo_is_found_out_when_it_is_read(lists, row_of):
    faces = load_lists(lists([row_of("1/a.png", box=(500, 0, 40, 20))]))
    with pytest.raises(DataError, match=r"a\.png: its face box \(500, 0, 40, 20\) lies outside the image"):
        faces.images[0].read()


def test_two_faces_of_a_photo_have_two_keys_and_one_face_twice_has_one(lists, row_of):
    rows = [row_of("1/a.png"), row_of("1/a.png", box=(0, 0, 30, 30)), row_of("1/a.png", expression=2)]
    keys = load_lists(lists(rows)).keys.tolist()
    assert keys[0] == keys[2] != keys[1]


def test_keys_are_of_the_content_wherever_the_folder_is(lists, row_of):
    path = lists([row_of("1/a.png")])
    before = load_lists(path).keys.tolist()
    moved = path.rename(path.with_name("moved"))
    photo = moved / "Manually_Annotated_Images/1/a.png"
    os.utime(photo, (1, 1))
    assert load_lists(moved).keys.tolist() == before
    changed = bytearray(photo.read_bytes())
    changed[-1] ^= 1
    photo.write_bytes(changed)
    os.utime(photo, (1, 1))
    assert load_lists(moved).keys.tolist()[0] != before[0]


def test_a_photo_that_is_not_there_is_left_out_on_request_alone(lists, row_of):
    path = lists([row_of("1/a.png"), "1/gone.png,40,20,40,20,,1,0.5,0.25"])
    assert load_lists(path).ids.tolist() == ["training:2", "training:3", "validation:2"]
    faces = load_lists(path, skip_bad=True)
    assert faces.ids.tolist() == ["training:2", "validation:2"]
    assert faces.skipped == [f"{path / 'training.csv'}, line 3: 1/gone.png: no such file"]


def test_references_are_small_to_send_to_another_process(lists, row_of):
    faces = load_lists(lists([row_of("1/a.png")]))
    sent = pickle.dumps(faces.images[0])
    assert len(sent) < 1000
    assert pickle.loads(sent).read().shape == (30, 60, 3)


def test_val_is_a_tenth_of_each_label_whatever_the_order(lists, row_of):
    rows = [row_of(f"1/{i}.png", i % 2) for i in range(60)]
    shuffled = [rows[i] for i in np.random.default_rng(0).permutation(60)]
    drawn = []
    for training in (rows, shuffled):
        faces = load_lists(lists(training))
        val = faces.splits == "val"
        assert np.bincount(faces.labels[val]).tolist() == [3, 3]
        drawn.append({faces.images[row].path.name for row in np.flatnonzero(val)})
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 6


def test_photos_may_stand_beside_the_lists_and_lists_in_their_folder(lists, row_of, tmp_path):
    path = lists([row_of("1/a.png")], below="Manually_Annotated_file_lists")
    assert load_lists(path).images[0].read().shape == (30, 60, 3)
    shutil.move(path / "Manually_Annotated_Images/1", path / "1")
    assert load_lists(path).images[0].read().shape == (30, 60, 3)


def test_a_photo_that_is_not_there_is_a_row(lists, row_of):
    path = lists([row_of("1/a.png"), row_of("1/b.png")])
    (path / "Manually_Annotated_Images/1/b.png").unlink()
    with pytest.raises(DataError, match=r"b\.png: no such file"):
        load_lists(path).images[1].read()


def test_a_photo_that_comes_later_changes_the_digest(lists, row_of):
    path = lists([row_of("1/a.png")])
    before = digest_lists(path)
    assert before == digest_lists(path) == load_lists(path).digest
    os.utime(path / "Manually_Annotated_Images/1", (5, 5))  # as a new file in it does
    assert digest_lists(path) != before


@pytest.mark.parametrize(("change", "reason"), [
    ({"expression": 11}, "unknown expression '11', not 0 to 10"),
    ({"expression": "happy"}, "unknown expression 'happy', not 0 to 10"),
    ({"valence": "1.5"}, "valence '1.5' is neither a number from -1 to 1 nor -2, unknown"),
    ({"arousal": "high"}, "arousal 'high' is neither a number from -1 to 1 nor -2, unknown"),
    ({"arousal": "nan"}, "arousal 'nan' is neither"),
    ({"box": (1, "x", 2, 3)}, "face box '1, x, 2, 3' is not of four numbers"),
])
def test_a_bad_row_is_named_with_file_line_and_reason(lists, row_of, change, reason):
    path = lists([row_of("1/a.png"), row_of("1/b.png", **change)])
    with pytest.raises(DataError, match=re.escape(f"{path / 'training.csv'}, line 3: {reason}")) as caught:
        load_lists(path)
    assert "Mend the row, or leave such rows out with --skip-bad" in str(caught.value)
    faces = load_lists(path, skip_bad=True)
    assert (faces.ids.tolist(), len(faces.skipped)) == (["training:2", "validation:2"], 1)


def test_a_truncated_row(lists, row_of):
    with pytest.raises(DataError, match=r"training\.csv, line 3: no expression; is the file truncated\?"):
        load_lists(lists([row_of("1/a.png"), "1/b.png,1,2,3,4,5"]))


def test_a_list_that_is_not_there(lists, row_of):
    path = lists([row_of("1/a.png")])
    (path / "validation.csv").unlink()
    assert find_dataset(path) is DATASETS["affectnet-lists"]
    with pytest.raises(DataError, match=r"validation\.csv: no such file; AffectNet has training\.csv and validation\.csv"):
        load_lists(path)


def test_a_column_that_is_not_there(lists, row_of):
    with pytest.raises(DataError, match=r"training\.csv, line 1: no column valence; AffectNet's lists have subDir"):
        load_lists(lists([row_of("1/a.png")], header=COLUMNS.replace("valence", "v")))


def test_photos_that_are_not_there_at_all(lists, row_of):
    path = lists([row_of("1/a.png")])
    shutil.rmtree(path / "Manually_Annotated_Images")
    with pytest.raises(DataError, match=r"training\.csv: none of its first photos is in .*Manually_Annotated_Images, .*unpack"):
        load_lists(path)


# -- the folders ------------------------------------------------------------------------------------------------------

def test_sets_give_labels_splits_and_affect(sets):
    faces = load_sets(str(sets))
    assert faces.ids[:2].tolist() == ["train_set/images/0.jpg", "train_set/images/1.jpg"]
    assert faces.labels[:10].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, -1, -1]
    assert faces.splits.tolist() == ["train"] * 10 + ["test"] * 10
    np.testing.assert_allclose(faces.affect[:3], [[0, 0], [0.1, -0.1], [0.2, -0.2]], atol=1e-6)
    np.testing.assert_allclose(faces.affect[9], [np.nan, -0.9], atol=1e-6)
    assert [int(image.read()[0, 0, 0]) for image in faces.images] == list(range(10)) * 2
    assert (faces.label_set, faces.single) == (AFFECTNET8, True)


def test_sets_draw_val_from_training_too(sets):
    for number in range(100, 120):
        annotate(sets / "train_set", number, "3", "0", "0")
    faces = load_sets(sets)
    assert faces.labels[faces.splits == "val"].tolist() == [3, 3]


def test_sets_are_recognized_by_their_annotations(sets):
    assert find_dataset(sets) is DATASETS["affectnet-sets"]
    before = digest_sets(sets)
    assert before == digest_sets(sets) == load_sets(sets).digest
    np.save(sets / "val_set/annotations/3_exp.npy", np.array("10"))
    assert digest_sets(sets) != before


@pytest.mark.parametrize(("name", "content", "reason"), [
    ("exp", None, "no annotation in 3_exp.npy (No such file or directory)"),
    ("val", b"", "no annotation in 3_val.npy (No data left in file)"),
    ("aro", b"text", "no annotation in 3_aro.npy ("),
    ("exp", "12", "unknown expression '12', not 0 to 10"),
    ("val", np.zeros(2), "no annotation in 3_val.npy (can only convert an array of size 1"),
])
def test_an_image_without_whole_annotations_is_named(sets, name, content, reason):
    path = sets / "val_set" / "annotations" / f"3_{name}.npy"
    path.unlink()
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        np.save(path, np.array(content))
    image = sets / "val_set/images/3.jpg"
    with pytest.raises(DataError, match=re.escape(f"{image}: {reason}")):
        load_sets(sets)
    faces = load_sets(sets, skip_bad=True)
    assert (len(faces), len(faces.skipped)) == (19, 1)


@pytest.mark.parametrize("folder", ["val_set/images", "val_set/annotations", "train_set"])
def test_a_folder_that_is_not_there(sets, folder):
    shutil.rmtree(sets / folder)
    with pytest.raises(DataError, match=rf"{folder}.*: no such folder; AffectNet has images/ and annotations/"):
        load_sets(sets)


def test_a_list_whose_header_is_no_row_of_a_csv_is_refused(tmp_path):
    for name in ("training.csv", "validation.csv"):
        (tmp_path / name).write_text("a" * 200_000 + "\n")
    with pytest.raises(DataError, match=r"training\.csv, line 1: not a row of a csv \(field larger than field limit"):
        find_dataset(tmp_path).load(tmp_path)


def test_an_annotation_with_characters_that_there_are_not_is_no_annotation(tmp_path):
    for name in ("train_set", "val_set"):
        for part in ("images", "annotations"):
            (tmp_path / name / part).mkdir(parents=True)
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(tmp_path / "train_set" / "images" / "1.png")
    np.save(tmp_path / "train_set" / "annotations" / "1_exp.npy", np.array([0x7fffffff], np.uint32).view("<U1")[0:1])
    with pytest.raises(DataError, match=r"no annotation in 1_exp\.npy \(1_exp\.npy has characters that there are not\)"):
        find_dataset(tmp_path).load(tmp_path)
