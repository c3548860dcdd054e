import numpy as np
import pytest
from helpers.fer2013 import write_csv
from helpers.pictures import aslant
from PIL import Image

from featfer.errors import DataError, StoreError
from featfer.extraction.run import extract
from featfer.features import Pixels
from featfer.reports.dataset import inspect_dataset


@pytest.fixture
def rows(fer_rows):
    """The 42 rows; 14 (val) has the pixels of 0 (train) and another label, 15 is a brighter 1, 16 is black."""
    rows = list(fer_rows)
    rows[14] = (6, rows[0][1], "PublicTest")
    rows[15] = (rows[15][0], np.clip(rows[1][1] * 1.02 + 3, 0, 255).astype(np.uint8), "PublicTest")
    rows[16] = (rows[16][0], np.zeros((48, 48), np.uint8), "PublicTest")
    return rows


@pytest.fixture
def source(tmp_path, rows):
    return write_csv(tmp_path / "fer2013.csv", rows)


def test_classes_are_counted_by_split(source):
    overview = inspect_dataset(source, near=False)
    counts = overview.count_classes()
    assert list(counts) == ["train", "val", "test"]
    assert counts["train"] == dict.fromkeys(("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"), 2)
    assert (counts["val"]["angry"], counts["val"]["neutral"], sum(counts["val"].values())) == (1, 3, 14)


def test_exact_duplicates_and_those_with_another_label(source):
    overview = inspect_dataset(source, near=False)
    assert overview.find_groups() == overview.find_conflicts() == [[0, 14]]
    assert overview.count_duplicates("exact") == {
        "train": {"train": 0, "val": 1, "test": 0}, "val": {"train": 1, "val": 0, "test": 0},
        "test": {"train": 0, "val": 0, "test": 0}}
    assert overview.count_disputed("exact") == 2
    assert overview.kinds == ("exact",)


def test_near_duplicates_are_named(source):
    copies = inspect_dataset(source).duplicates_by_name()
    assert list(copies) == ["id", "split", "copy", "copy_split", "kind", "correlation"]
    near = copies[(copies["id"] == "fer2013:17") & (copies["copy_split"] == "train")]
    assert near[["split", "kind"]].to_numpy().tolist() == [["val", "near"]]
    exact = copies[(copies["id"] == "fer2013:16") & (copies["copy_split"] == "train")]
    assert exact[["copy", "kind", "correlation"]].to_numpy().tolist() == [["fer2013:2", "exact", 1.0]]


def test_images_of_one_grey_value_are_listed_and_have_no_duplicates(source):
    overview = inspect_dataset(source)
    assert overview.rows.loc[overview.rows["uniform"], "id"].tolist() == ["fer2013:18"]
    assert 16 not in set(overview.duplicates["row"])


def test_bad_rows_are_left_out_and_listed(tmp_path, source):
    source.write_text(source.read_text() + "9,1 2 3,Training\n")
    overview = inspect_dataset(source, near=False)
    assert len(overview.rows) == 42
    assert [reason.partition(": ")[2] for reason in overview.skipped] == ["unknown label '9', not 0 to 6"]


def test_unreadable_photos_are_listed(tmp_path, photo):
    Image.open(photo).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("no image")
    overview = inspect_dataset(tmp_path)
    assert (overview.splits, overview.classes) == (["all"], ["unlabelled"])
    assert overview.count_classes() == {"all": {"unlabelled": 2}}
    assert overview.images.shape == (2, 48, 48)
    (name, reason), = overview.as_dict()["unreadable"].items()
    assert name == "b.png" and "not a readable image" in reason
    assert overview.as_dict()["uniform"] == []


def test_store_tells_where_no_face_was_found(tmp_path, source):
    extract(source, tmp_path / "store", [Pixels(align="none")], jobs=1)
    overview = inspect_dataset(source, near=False, store=tmp_path / "store")
    assert "fer2013:18" in overview.as_dict()["no_face"]
    assert len(overview.as_dict()["no_face"]) < 21
    assert inspect_dataset(source, near=False).as_dict()["no_face"] is None


def test_a_faint_face_is_a_face(tmp_path, photo):
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.fromarray(aslant(photo)).save(folder / "aslant.png")
    Image.fromarray(np.full((200, 200), 90, np.uint8)).save(folder / "room.png")
    extract(folder, tmp_path / "store", [Pixels(align="none")], jobs=1)
    assert inspect_dataset(folder, near=False, store=tmp_path / "store").as_dict()["no_face"] == ["room.png"]


def test_store_of_other_images_is_refused(tmp_path, source, small_store):
    with pytest.raises(StoreError, match=r"holds no feature of all images of fer2013\.csv; `featfer extract"):
        inspect_dataset(source, near=False, store=small_store)


def test_missing_source_is_named(tmp_path):
    with pytest.raises(DataError, match="no such file or folder"):
        inspect_dataset(tmp_path / "none.csv")


def test_plain_data_is_complete(source):
    data = inspect_dataset(source).as_dict()
    assert (data["source"], data["images"], data["unreadable"], data["skipped"]) == ("fer2013.csv", 42, {}, [])
    assert data["copies"]["exact"]["conflicts"] == [{"images": ["fer2013:2", "fer2013:16"], "labels": ["angry", "neutral"]}]
    assert list(data["copies"]) == ["exact", "near", "mirrored"]
    assert data["uniform"] == ["fer2013:18"]
