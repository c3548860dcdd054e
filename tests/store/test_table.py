import json
from dataclasses import replace

import numpy as np
import pytest

from featfer.errors import StoreError
from featfer.labels import AFFECTNET8, FER6, FER7, POLARITY3, LabelSet
from featfer.store.table import load_table
from featfer.utils.npz import read_arrays, write_arrays


@pytest.fixture
def mixed_table(made_table):
    """Seven training rows, the first unreadable and the second unlabelled, and three unlabelled rows of val."""
    table = made_table.rows(slice(0, 10))
    features, labels, status = table.features.copy(), table.labels.copy(), table.status.copy().astype("U11")
    features[0], status[0], labels[1], labels[7:] = np.nan, "unreadable", -1, -1
    return replace(table, features=features, labels=labels, status=status, splits=np.repeat(["train", "val"], [7, 3]))


@pytest.fixture
def saved(tmp_path, made_table):
    made_table.rows(slice(0, 12)).save(tmp_path / "table.npz")
    return tmp_path / "table.npz"


def test_a_saved_table_loads_with_the_same_rows(tmp_path, mixed_table):
    mixed_table.save(tmp_path / "table.npz")
    loaded = load_table(tmp_path / "table.npz")
    np.testing.assert_allclose(loaded.features, mixed_table.features, rtol=1e-3, atol=1e-6)
    assert loaded.features.dtype == np.float32
    assert loaded.labels.dtype == np.int16
    for name in ("labels", "splits", "status", "groups", "ids"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(mixed_table, name))
    assert loaded.label_set is FER7
    assert (loaded.fingerprints, loaded.source) == (mixed_table.fingerprints, "made")


def test_boxes_are_kept_to_a_pixel_in_a_photo(tmp_path, made_table):
    boxes = np.array([[3.5, 4.25, 40, 44], [1001, 655, 1983.5, 1637]], np.float32)
    replace(made_table.rows(slice(0, 2)), boxes=boxes).save(tmp_path / "table.npz")
    np.testing.assert_allclose(load_table(tmp_path / "table.npz").boxes, boxes, atol=1)


def test_a_table_without_labels_loads_without(tmp_path, made_table):
    replace(made_table.rows(slice(0, 3)), label_set=None, labels=np.full(3, -1, np.int16)).save(tmp_path / "table.npz")
    loaded = load_table(tmp_path / "table.npz")
    assert loaded.label_set is None
    assert loaded.labels.tolist() == [-1, -1, -1]


def annotated(table):
    """Return three rows with subjects, votes (the last: none) and affect."""
    votes = np.array([[0.5, 0.5, 0, 0, 0, 0, 0], [0, 0, 0, 0.25, 0, 0.75, 0], [0] * 7], np.float32)
    return replace(table.rows(slice(0, 3)), subjects=np.array(["KA", "", "S010"]), votes=votes,
                   affect=np.array([[-0.5, 0.25], [np.nan, np.nan], [1, -1]], np.float32))


def test_subjects_votes_and_affect_are_saved(tmp_path, made_table):
    table = annotated(made_table)
    table.save(tmp_path / "table.npz")
    loaded = load_table(tmp_path / "table.npz")
    for name in ("subjects", "votes", "affect"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(table, name))
    assert (loaded.votes.dtype, loaded.affect.dtype) == (np.float32, np.float32)


def test_a_table_without_subjects_votes_and_affect_loads_without(saved):
    loaded = load_table(saved)
    assert (loaded.subjects, loaded.votes, loaded.affect) == (None, None, None)


def test_a_table_written_before_label_sets_had_their_names_with_them_loads(saved):
    with np.load(saved) as file:
        arrays = dict(file)
    meta = json.loads(str(arrays.pop("meta")))
    del meta["label_names"]
    np.savez(saved, meta=json.dumps(meta), **arrays)
    assert load_table(saved).label_set is FER7


def test_labels_of_a_set_that_is_not_known_here_are_saved(tmp_path, made_table):
    many = LabelSet("many", tuple(f"expression {i}" for i in range(200)))
    replace(made_table, label_set=many, labels=np.arange(350, dtype=np.int16) % 200).save(tmp_path / "table.npz")
    loaded = load_table(tmp_path / "table.npz")
    assert loaded.label_set == many
    assert loaded.labels.max() == 199


def test_rows_takes_the_annotations_along(made_table):
    rows = annotated(made_table).rows([2, 0])
    assert rows.subjects.tolist() == ["S010", "KA"]
    assert rows.votes.sum(axis=1).tolist() == [0, 1]
    assert rows.affect[:, 0].tolist() == [1, -0.5]
    assert annotated(made_table).split("train").subjects.tolist() == ["KA", "", "S010"]


@pytest.mark.parametrize(("label_set", "shares"), [
    (FER6, [[1, 0, 0, 0, 0, 0], [0, 0, 0.25, 0, 0.75, 0], [0] * 6]),
    (AFFECTNET8, [[0, 0, 0, 0, 0, 0.5, 0.5, 0], [0, 0.25, 0, 0.75, 0, 0, 0, 0], [0] * 8]),
    (POLARITY3, [[0, 0, 1], [1, 0, 0], [0] * 3]),
])
def test_votes_follow_the_labels(made_table, label_set, shares):
    table = annotated(made_table).relabel(label_set)
    assert table.votes.tolist() == shares
    assert table.votes.dtype == np.float32


def test_a_saved_table_is_small(tmp_path, made_table):
    made_table.save(tmp_path / "table.npz")
    assert (tmp_path / "table.npz").stat().st_size < 350 * 128 * 2 * 1.2


def test_rows_takes_a_mask_or_an_index(made_table):
    assert made_table.rows([5, 3]).ids.tolist() == ["made:5", "made:3"]
    assert len(made_table.rows(made_table.labels == 6)) == 50


def test_split_leaves_out_unreadable_and_unlabelled_rows(mixed_table):
    assert mixed_table.split("train").ids.tolist() == [f"made:{i}" for i in range(2, 7)]


def test_a_split_without_labelled_rows_is_an_error(mixed_table):
    with pytest.raises(StoreError, match="made: no labelled rows in split 'val'"):
        mixed_table.split("val")


def test_an_unknown_split_names_those_there_are(made_table):
    with pytest.raises(StoreError, match="no labelled rows in split 'dev'; it has test, train, val"):
        made_table.split("dev")


def test_a_table_without_splits_says_so(made_table):
    with pytest.raises(StoreError, match="no labelled rows in split 'train'; it has no splits"):
        replace(made_table, splits=np.full(350, "")).split("train")


def assert_refused(path):
    with pytest.raises(StoreError, match=r"not a feature table .*`featfer table` writes one") as caught:
        load_table(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    assert_refused(tmp_path / "nowhere.npz")


@pytest.mark.parametrize("content", [b"", b"emotion,pixels,Usage\n", b"PK\3\4 but no more", b"\x93NUMPY"])
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    (tmp_path / "table.npz").write_bytes(content)
    assert_refused(tmp_path / "table.npz")


def test_a_single_array_is_refused(tmp_path):
    np.save(tmp_path / "table.npy", np.zeros((4, 128), np.float32))
    assert_refused(tmp_path / "table.npy")


@pytest.mark.parametrize("arrays", [
    {"features": np.zeros((2, 3))},
    {"meta": "no json"},
    {"meta": "[]", "splits": np.zeros(2), "groups": np.zeros(2), "ids": np.zeros(2)},
    {"meta": json.dumps({"label_set": "fer99"}), "splits": np.zeros(2), "groups": np.zeros(2), "ids": np.zeros(2)},
])
def test_another_npz_is_refused(tmp_path, arrays):
    np.savez(tmp_path / "other.npz", **arrays)
    assert_refused(tmp_path / "other.npz")


def test_a_pickle_in_an_npz_is_not_loaded(tmp_path):
    np.savez(tmp_path / "pickle.npz", meta=np.array([{}], object))
    assert_refused(tmp_path / "pickle.npz")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_table_is_refused(saved, share):
    content = saved.read_bytes()
    saved.write_bytes(content[:int(len(content) * share)])
    assert_refused(saved)


def test_a_flipped_bit_anywhere_is_refused_or_changes_nothing(saved):
    content, whole = saved.read_bytes(), load_table(saved)
    for at in np.random.default_rng(0).choice(len(content) * 8, 400, replace=False):
        damaged = bytearray(content)
        damaged[at // 8] ^= 1 << at % 8
        saved.write_bytes(damaged)
        try:
            loaded = load_table(saved)
        except StoreError:
            continue
        np.testing.assert_array_equal(loaded.features, whole.features)
        np.testing.assert_array_equal(loaded.labels, whole.labels)


def test_an_interrupted_save_leaves_the_old_table(saved, made_table, monkeypatch):
    def interrupted(*args, **arrays):
        raise KeyboardInterrupt
    monkeypatch.setattr(np, "savez_compressed", interrupted)
    with pytest.raises(KeyboardInterrupt):
        made_table.save(saved)
    assert len(load_table(saved)) == 12
    assert [path.name for path in saved.parent.iterdir()] == ["table.npz"]


@pytest.mark.parametrize("changes", [
    {"labels": np.full(350, 7, np.int16)}, {"labels": np.full(350, -2, np.int16)}, {"labels": np.zeros(350, np.float32)},
    {"status": np.full(350, 4, np.uint8)}, {"status": np.full(350, -1, np.int16)}, {"splits": np.zeros(350, np.int16)},
    {"features": np.zeros(350, np.float16)}, {"features": np.full((350, 128), np.inf, np.float16)},
    {"features": np.zeros((349, 128), np.float16)}, {"boxes": np.zeros((350, 3), np.float16)}, {"ids": np.zeros(350, bool)},
    {"votes": np.zeros((350, 3), np.float32)}, {"affect": np.zeros((350, 3), np.float32)}, {"meta": np.array("[" * 9000)},
    {"meta": np.array("{}")}, {"meta": np.array('{"label_set": "fer7", "source": 3, "fingerprints": []}')},
    {"meta": np.array('{"label_set": "fer7", "source": "a", "fingerprints": [3]}')}, {"groups": np.array("a")}])
def test_a_table_whose_columns_do_not_fit_is_refused(made_table, tmp_path, changes):
    made_table.save(tmp_path / "a.npz")
    write_arrays(tmp_path / "a.npz", **(read_arrays(tmp_path / "a.npz") | changes))
    with pytest.raises(StoreError, match=r"a\.npz: not a feature table \(.*\); `featfer table` writes one") as caught:
        load_table(tmp_path / "a.npz")
    assert str(caught.value).isprintable()


def test_features_of_unreadable_images_need_be_no_numbers(made_table, tmp_path):
    features, status = made_table.features.copy(), made_table.status.astype("U12")
    features[3], status[3] = np.nan, "unreadable"
    replace(made_table, features=features, status=status).save(tmp_path / "a.npz")
    assert np.isnan(load_table(tmp_path / "a.npz").features[3]).all()


def test_a_table_of_before_there_were_checksums_is_read(made_table, tmp_path):
    made_table.save(tmp_path / "a.npz")
    np.savez_compressed(tmp_path / "old.npz", **read_arrays(tmp_path / "a.npz"))
    np.testing.assert_array_equal(load_table(tmp_path / "old.npz").features, load_table(tmp_path / "a.npz").features)


def test_a_flipped_byte_of_a_table_is_found(made_table, tmp_path):
    made_table.save(tmp_path / "a.npz")
    whole = (tmp_path / "a.npz").read_bytes()
    for at in range(0, len(whole), len(whole) // 40):
        (tmp_path / "a.npz").write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        with pytest.raises(StoreError, match=r"its checksum is not that of its content|not a zip file"):
            load_table(tmp_path / "a.npz")
