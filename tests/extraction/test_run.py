import os
import shutil

import numpy as np
import pytest
from helpers.fer2013 import write_csv
from helpers.runs import assert_same, rows_in, shards
from PIL import Image

from featfer.datasets import find_dataset
from featfer.errors import DataError, MissingError, ParameterError
from featfer.extraction import chunks
from featfer.extraction.chunks import JobShard
from featfer.extraction.run import extract
from featfer.features import Embedding, Landmarks
from featfer.store.opening import open_table
from featfer.store.store import Store


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def photos(tmp_path, crops):
    """A folder with two readable pictures, one of them in a subfolder, and two that are not."""
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    Image.fromarray(crops[0]).save(folder / "a.png")
    Image.fromarray(crops[1]).save(folder / "sub" / "b.png")
    (folder / "broken.jpg").write_text("not an image")
    (folder / "cut.png").write_bytes((folder / "a.png").read_bytes()[:300])
    (folder / "notes.txt").write_text("not meant to be one")
    return folder


def spoil(csv, line):
    """Cut a row of a csv short."""
    lines = csv.read_text().splitlines()
    lines[line - 1] = lines[line - 1][:100]
    csv.write_text("\n".join(lines) + "\n")


def never(*args):
    raise AssertionError("computed again")


# -- what is computed -------------------------------------------------------------------------------------------------

def test_every_image_gets_a_row(fer_csv, store):
    summary = extract(fer_csv, store, [Landmarks()], jobs=1)
    table = open_table(store, [Landmarks()])
    assert (summary.images, summary.computed, summary.found + summary.whole_image) == (42, 42, 42)
    assert table.ids.tolist() == [f"fer2013:{line}" for line in range(2, 44)]
    assert np.isfinite(table.features).all()
    assert (summary.unreadable, summary.skipped) == ({}, [])


def test_a_blank_image_gets_a_row_too(tmp_path, fer_rows, store):
    rows = [*fer_rows[:2], (4, np.full((48, 48), 90, np.uint8), "Training")]
    summary = extract(write_csv(tmp_path / "fer2013.csv", rows), store, [Landmarks()], jobs=1)
    table = open_table(store, [Landmarks()])
    assert (summary.found, summary.whole_image) == (2, 1)
    assert table.status.tolist() == ["found", "found", "whole-image"]
    np.testing.assert_allclose(table.boxes[2], (2.88, 2.88, 45.12, 45.12), atol=1e-4)


def test_class_folders_named_by_a_str_give_the_features_of_the_csv(fer_folders, fer_csv, store, tmp_path):
    extract(str(fer_folders), str(store), [Landmarks()], jobs=1)
    extract(fer_csv, tmp_path / "other", [Landmarks()], jobs=1)
    table, other = open_table(store, [Landmarks()]), open_table(tmp_path / "other", [Landmarks()])
    order = np.argsort([name.rpartition("_")[2] for name in table.ids])
    np.testing.assert_array_equal(table.features[order], other.features)
    np.testing.assert_array_equal(table.labels[order], other.labels)
    np.testing.assert_array_equal(table.splits[order], other.splits)


def test_duplicates_are_computed_once(tmp_path, fer_rows, store):
    rows = [*fer_rows[:6], (1, fer_rows[0][1], "PrivateTest"), (1, fer_rows[0][1], "PublicTest")]
    summary = extract(write_csv(tmp_path / "fer2013.csv", rows), store, [Landmarks()], jobs=1)
    assert (summary.images, summary.computed, summary.found + summary.whole_image) == (8, 6, 8)
    assert rows_in(store) == 6


def test_a_second_run_computes_nothing(fer_csv, store, monkeypatch):
    first = extract(fer_csv, store, [Landmarks()], jobs=1)
    monkeypatch.setattr(chunks, "find_faces", never)
    second = extract(fer_csv, store, [Landmarks()], jobs=1)
    assert (second.computed, second.images, second.found) == (0, 42, first.found)


def test_a_second_run_does_not_read_the_rows(fer_csv, store, monkeypatch):
    extract(fer_csv, store, [Landmarks()], jobs=1)
    monkeypatch.setattr("featfer.datasets.fer2013._parse", never)
    assert extract(fer_csv, store, [Landmarks()], jobs=1).images == 42


def test_only_the_missing_feature_is_computed(tmp_path, fer_rows, store, monkeypatch):
    csv = write_csv(tmp_path / "fer2013.csv", fer_rows[:8])
    extract(csv, store, [Landmarks()], jobs=1)
    before = open_table(store, [Landmarks()])
    monkeypatch.setattr(Landmarks, "compute", never)
    assert extract(csv, store, [Landmarks(), Embedding(align="none")], jobs=1).computed == 8
    assert_same(open_table(store, [Landmarks()]), before)
    assert open_table(store, [Embedding(align="none"), Landmarks()]).features.shape == (8, 128 + 136)


def test_another_parameter_is_another_feature(tmp_path, fer_rows, store):
    csv = write_csv(tmp_path / "fer2013.csv", fer_rows[:4])
    features = [Embedding(align="none"), Embedding(align="5")]
    assert [extract(csv, store, [feature], jobs=1).computed for feature in features] == [4, 4]
    unaligned, aligned = (open_table(store, [feature]).features for feature in features)
    assert np.abs(unaligned - aligned).max() > 0.05


def test_only_the_missing_images_are_computed(tmp_path, fer_rows, store):
    extract(write_csv(tmp_path / "some.csv", fer_rows[5:25]), store, [Landmarks()], jobs=1)
    assert extract(write_csv(tmp_path / "all.csv", fer_rows), store, [Landmarks()], jobs=1).computed == 22
    table = Store(store).table([Landmarks().key], Store(store).find_source("all.csv"))
    extract(tmp_path / "all.csv", tmp_path / "alone", [Landmarks()], jobs=1)
    assert_same(table, open_table(tmp_path / "alone", [Landmarks()]))


def test_the_features_are_those_of_each_image_by_itself(small_store, crops):
    alone = Landmarks().transform([chunks.find_faces(crop)[0] for crop in crops[[3, 20, 41]]])
    np.testing.assert_array_equal(open_table(small_store, [Landmarks()]).features[[3, 20, 41]], alone)


# -- sources that change or cannot be read ----------------------------------------------------------------------------

def test_affectnet_is_extracted_from_the_boxes_in_its_photos(tmp_path, photo, store):
    root = tmp_path / "affectnet"
    (root / "Manually_Annotated_Images" / "1").mkdir(parents=True)
    shutil.copy(photo, root / "Manually_Annotated_Images" / "1" / "grace.jpg")
    header = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"
    (root / "training.csv").write_text(f"{header}\n1/grace.jpg,190,140,170,170,,1,0.5,0.25\n1/gone.jpg,0,0,9,9,,2,0,0\n")
    (root / "validation.csv").write_text(f"{header}\n1/grace.jpg,0,450,60,60,,10,-2,-2\n")
    summary = extract(root, store, [Landmarks()], jobs=1)
    assert (summary.splits, summary.unlabelled, summary.missing, list(summary.failed)) == ({"train": 2}, 1, 1, ["training:3"])
    summary = extract(root, store, [Landmarks()], jobs=1, skip_bad=True)
    table = open_table(store, [Landmarks()])
    assert (summary.computed, summary.missing, summary.splits, summary.unlabelled) == (0, 0, {"train": 1}, 1)
    assert summary.skipped == [f"{root / 'training.csv'}, line 3: 1/gone.jpg: no such file"]
    assert table.status.tolist() == ["found", "whole-image"]
    assert table.labels.tolist() == [1, -1]
    assert table.affect[0].tolist() == [0.5, 0.25]
    left, top, right, bottom = table.boxes[0]  # in the cut-out
    assert 0 <= left < right <= 255 and 0 <= top < bottom <= 255


def test_an_unreadable_photo_is_a_row_with_its_reason(photos, store):
    summary = extract(photos, store, [Landmarks()], jobs=1)
    table = open_table(store, [Landmarks()])
    assert table.ids.tolist() == ["a.png", "broken.jpg", "cut.png", "sub/b.png"]
    assert table.status.tolist() == ["found", "unreadable", "unreadable", "found"]
    assert np.isnan(table.features).all(axis=1).tolist() == [False, True, True, False]
    assert (summary.images, summary.found) == (4, 2)
    assert list(summary.unreadable) == ["broken.jpg", "cut.png"]
    assert "broken.jpg: not a readable image (none of JPEG, PNG, WEBP, BMP" in summary.unreadable["broken.jpg"]
    assert extract(photos, store, [Landmarks()], jobs=1).unreadable == summary.unreadable


def test_a_folder_of_nothing_readable_is_extracted(tmp_path, store):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "broken.jpg").write_text("not an image")
    summary = extract(tmp_path / "photos", store, [Landmarks(), Embedding()], jobs=1)
    assert (summary.images, summary.found, list(summary.unreadable)) == (1, 0, ["broken.jpg"])
    assert np.isnan(open_table(store, [Embedding(), Landmarks()]).features).all()


def test_a_photo_of_two_faces_has_two_rows(tmp_path, photo, store):
    with Image.open(photo) as image:
        pixels = np.asarray(image)
    (tmp_path / "photos").mkdir()
    Image.fromarray(np.hstack([pixels, pixels[:, ::-1]])).save(tmp_path / "photos" / "two.png")
    summary = extract(tmp_path / "photos", store, [Landmarks()], jobs=1)
    table = open_table(store, [Landmarks()])
    assert (summary.images, summary.found) == (1, 2)
    assert table.ids.tolist() == ["two.png", "two.png"]
    assert sorted(table.boxes[:, 0] > 512) == [False, True]


def test_a_photo_in_a_class_folder_keeps_to_one_face(tmp_path, photo, store):
    with Image.open(photo) as image:
        pixels = np.asarray(image)
    photos, labelled = tmp_path / "photos", tmp_path / "fer2013"
    for folder in (photos, labelled / "train" / "happy", labelled / "test"):
        folder.mkdir(parents=True)
    Image.fromarray(np.hstack([pixels, pixels[:, ::-1]])).save(photos / "two.png")
    shutil.copy(photos / "two.png", labelled / "train" / "happy")
    assert [extract(source, store, [Landmarks()], jobs=1).found for source in (photos, labelled)] == [2, 1]


def test_a_changed_photo_gets_new_features(photos, store, crops):
    extract(photos, store, [Landmarks()], jobs=1)
    before = open_table(store, [Landmarks()])
    Image.fromarray(crops[2][:, ::-1]).save(photos / "a.png")
    assert extract(photos, store, [Landmarks()], jobs=1).computed == 1
    after = Store(store).table([Landmarks().key], find_dataset(photos).digest(photos))
    assert np.abs(after.features[0] - before.features[0]).max() > 0.01
    np.testing.assert_array_equal(after.features[3], before.features[3])


def test_a_mended_photo_becomes_readable(photos, store):
    extract(photos, store, [Landmarks()], jobs=1)
    shutil.copy(photos / "a.png", photos / "broken.jpg")
    summary = extract(photos, store, [Landmarks()], jobs=1)
    assert (summary.computed, list(summary.unreadable)) == (0, ["cut.png"])


def test_a_photo_touched_but_not_changed_is_not_computed_again(photos, store):
    extract(photos, store, [Landmarks()], jobs=1)
    os.utime(photos / "a.png", (0, 0))
    assert extract(photos, store, [Landmarks()], jobs=1).computed == 0


def test_a_changed_csv_is_another_source(fer_csv, fer_rows, store):
    extract(fer_csv, store, [Landmarks()], jobs=1)
    write_csv(fer_csv, [fer_rows[0], (0, fer_rows[1][1][:, ::-1], "Training")])
    assert extract(fer_csv, store, [Landmarks()], jobs=1).computed == 1


def test_a_bad_row_stops_the_run_before_anything_is_computed(fer_csv, store):
    spoil(fer_csv, 9)
    with pytest.raises(DataError, match=r"fer2013\.csv, line 9: .*--skip-bad"):
        extract(fer_csv, store, [Landmarks()], jobs=1)
    assert not shards(store)


def test_bad_rows_left_out_are_counted_in_every_run(fer_csv, store):
    spoil(fer_csv, 9)
    first = extract(fer_csv, store, [Landmarks()], jobs=1, skip_bad=True)
    second = extract(fer_csv, store, [Landmarks()], jobs=1, skip_bad=True)
    assert (first.images, first.computed, second.computed) == (41, 41, 0)
    assert len(first.skipped) == 1
    assert "fer2013.csv, line 9" in first.skipped[0]
    assert second.skipped == first.skipped


def test_bad_rows_left_out_once_are_errors_when_not_asked_for(fer_csv, store):
    spoil(fer_csv, 9)
    extract(fer_csv, store, [Landmarks()], jobs=1, skip_bad=True)
    with pytest.raises(DataError, match="line 9"):
        extract(fer_csv, store, [Landmarks()], jobs=1)


@pytest.mark.parametrize(("feature", "error", "message"), [
    (Embedding(align="7"), ParameterError, "embedding: align '7' is none of"),
    (Embedding(device="cuda:99"), MissingError, "device 'cuda:99' is not usable"),
])
def test_a_feature_that_cannot_be_computed_stops_the_run_first(fer_csv, store, feature, error, message):
    with pytest.raises(error, match=message):
        extract(fer_csv, store, [feature], jobs=1)
    assert not shards(store)


def test_a_source_that_is_not_there_makes_no_store(tmp_path, store):
    with pytest.raises(DataError, match=r"nowhere\.csv: no such file or folder"):
        extract(tmp_path / "nowhere.csv", store, [Landmarks()])
    assert not store.exists()


# -- shares -----------------------------------------------------------------------------------------------------------

def test_shards_cover_all(fer_csv, store, small_shards, small_store):
    computed = [extract(fer_csv, store, [Landmarks()], jobs=1, shard=JobShard(number, 4)) for number in (3, 1, 4, 2)]
    assert [summary.computed for summary in computed] == [8, 16, 8, 10]  # shards 3; 1 and 5; 4; 2 and 6, of 2
    assert [summary.missing for summary in computed] == [34, 18, 10, 0]
    assert [summary.found for summary in computed] == [8, 24, 32, 42]
    assert_same(open_table(store, [Landmarks()]), open_table(small_store, [Landmarks()]))
    assert extract(fer_csv, store, [Landmarks()], jobs=1).computed == 0


def test_a_shard_is_the_same_whatever_the_store_has(fer_csv, store, tmp_path, small_shards):
    extract(fer_csv, store, [Landmarks()], jobs=1, shard=JobShard(1, 2))
    assert extract(fer_csv, store, [Landmarks()], jobs=1, shard=JobShard(1, 2)).computed == 0
    extract(fer_csv, store, [Landmarks()], jobs=1, shard=JobShard(2, 2))
    extract(fer_csv, tmp_path / "alone", [Landmarks()], jobs=1, shard=JobShard(2, 2))
    alone = {path.name for path in shards(tmp_path / "alone")}
    assert len(alone) == 3
    assert alone < {path.name for path in shards(store)}


def test_more_shards_than_chunks_leave_nothing_to_do(fer_csv, store, small_shards):
    summary = extract(fer_csv, store, [Landmarks()], jobs=1, shard=JobShard(7, 9))
    assert (summary.images, summary.computed, summary.missing, summary.found) == (42, 0, 42, 0)
    assert (summary.unreadable, summary.splits) == ({}, {"train": 14, "val": 14, "test": 14})


def test_an_unreadable_photo_of_another_shard_is_not_missing_in_its_own(photos, store):
    summary = extract(photos, store, [Landmarks()], jobs=1, shard=JobShard(1, 2))
    assert (summary.missing, list(summary.unreadable)) == (0, ["broken.jpg", "cut.png"])
