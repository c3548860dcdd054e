import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter

from featfer.datasets import duplicates
from featfer.datasets.duplicates import (
    ALIKE,
    COLUMNS,
    correlate,
    drop_duplicates,
    find_duplicates,
    find_near_duplicates,
    read_duplicate_ids,
)
from featfer.errors import DataError, ParameterError


def scenes(count, seed=0, side=60):
    """Return made-up pictures that have nothing in common but their mean, uint8 (count, side, side)."""
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=(count, side, side)), (0, 3, 3))
    return np.clip(128 + 500 * noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def images():
    """60 different images; 0 is shown by 10 a pixel further down and darker, 1 by 11 in a mirror, 2 by 12 a little changed;
    20 and 21 are of one grey value."""
    shown = scenes(60)
    images = shown[:, 6:54, 6:54].copy()
    images[10] = shown[0, 5:53, 6:54] // 2 + 20
    images[11] = images[1, :, ::-1]
    images[12] = images[2]
    images[12, 44:, 30:] = 255
    images[20], images[21] = 0, 255
    return images


def pairs(found):
    return list(zip(*(part.tolist() for part in found[:2]), strict=True))


def test_correlation_is_1_for_the_same_and_low_for_others(images):
    assert correlate(images[:5], images[:5]) == pytest.approx(1, abs=1e-4)
    assert correlate(images[:5], images[30:35]).max() < 0.5


def test_correlation_is_blind_to_brightness_contrast_and_small_shifts(images):
    assert correlate(images[:1], images[10:11])[0] > 0.97
    shifts = [np.roll(images[3], (by, -by), (0, 1)) for by in (0, 1, 4, 6)]
    same = correlate(np.stack([images[3]] * 4), np.stack(shifts))
    assert (same[:3] > 0.9).all()
    assert same[3] < 0.7


def test_correlation_with_nothing_to_see_is_0(images):
    assert correlate(images[[20, 0, 20]], images[[0, 21, 21]]).tolist() == [0, 0, 0]


def test_correlation_of_many_pairs_is_that_of_each(images, monkeypatch):
    whole = correlate(images, images[::-1])
    monkeypatch.setattr(duplicates, "BLOCK", 7)
    np.testing.assert_allclose(correlate(images, images[::-1]), whole, atol=1e-6)
    assert correlate(images[:0], images[:0]).shape == (0,)


def test_near_duplicates_are_found_and_nothing_else(images):
    one, other, alike = find_near_duplicates(images)
    assert pairs((one, other)) == [(0, 10), (2, 12)]
    assert ((alike >= ALIKE) & (alike < 1)).all()


def test_mirrored_duplicates_are_found_and_nothing_else(images):
    assert pairs(find_near_duplicates(images, mirrored=True)) == [(1, 11)]


def test_near_duplicates_do_not_depend_on_the_blocks(images, monkeypatch):
    whole = pairs(find_near_duplicates(images))
    monkeypatch.setattr(duplicates, "BLOCK", 5)
    assert sorted(pairs(find_near_duplicates(images))) == whole


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_images_are_compared_too(images, count):
    assert pairs(find_near_duplicates(images[[0, 10]][:count])) == ([(0, 1)] if count == 2 else [])


def test_the_most_similar_duplicate_of_each_split_is_found(images):
    """Rows: 0 and its near copy 10, 10 again, 1 and its mirrored one, 5 alone."""
    rows = images[[0, 10, 10, 1, 11, 5]]
    splits = np.array(["train", "test", "train", "val", "test", "test"])
    found = find_duplicates(rows, np.array([0, 1, 1, 2, 3, 4]), splits)
    assert found[["row", "copy", "copy_split", "kind"]].to_numpy().tolist() == [
        [0, 1, "test", "near"], [0, 2, "train", "near"], [1, 2, "train", "exact"], [2, 1, "test", "exact"],
        [2, 0, "train", "near"], [3, 4, "test", "mirrored"], [4, 3, "val", "mirrored"]]
    exact = found["kind"] == "exact"
    assert (found["correlation"][exact] == 1).all()
    assert found["correlation"][~exact].between(ALIKE, 1).all()


def test_without_images_only_exact_duplicates_are_found():
    found = find_duplicates(None, np.array([7, 8, 7, 7]), np.array(["train", "train", "test", "test"]))
    assert found[["row", "copy", "copy_split"]].to_numpy().tolist() == [
        [0, 2, "test"], [2, 0, "train"], [2, 3, "test"], [3, 0, "train"], [3, 2, "test"]]
    assert set(found["kind"]) == {"exact"}


def test_many_duplicates_of_one_image_have_a_line_each():
    found = find_duplicates(None, np.zeros(3000, int), np.repeat(["train", "val"], 1500))
    assert len(found) == 2 * 3000


# -- leaving them out -------------------------------------------------------------------------------------------------

@pytest.fixture
def table(made_table):
    """Rows 280 and 281 of test are duplicates of training images, 282 of one of val, 1 of another training image."""
    groups = made_table.groups.copy()
    groups[[280, 281, 282, 1]] = groups[[0, 0, 210, 0]]
    return replace(made_table, groups=groups)


def test_exact_duplicates_of_training_images_are_removed(table):
    left = drop_duplicates(table, "test")
    assert sorted(set(table.ids) - set(left.ids)) == ["made:280", "made:281"]
    assert (left.splits == "train").sum() == 210


def written(path, *rows):
    """Return the path of a table of duplicates with these rows."""
    pd.DataFrame(rows, columns=duplicates.COLUMNS).to_csv(path, index=False)
    return path


def test_images_that_a_table_names_are_left_out_too(tmp_path, table):
    copies = written(tmp_path / "c.csv", ("made:290", "test", "made:9", "train", "near", 0.8),
                     ("made:291", "test", "made:220", "val", "near", 0.8), ("made:5", "train", "made:9", "train", "near", 0.8))
    left = drop_duplicates(table, "test", copies)
    assert sorted(set(table.ids) - set(left.ids)) == ["made:280", "made:281", "made:290"]


def test_an_empty_table_of_duplicates_removes_the_exact_ones(tmp_path, table):
    left = drop_duplicates(table, "test", written(tmp_path / "c.csv"))
    assert left.ids.tolist() == drop_duplicates(table, "test").ids.tolist()


def test_duplicates_of_another_data_set_are_refused(tmp_path, table):
    copies = written(tmp_path / "c.csv", ("elsewhere:1", "test", "elsewhere:9", "train", "near", 0.8))
    with pytest.raises(DataError, match=r"c\.csv: none of its images is in made, whose first is made:0"):
        drop_duplicates(table, "test", copies)


def test_training_images_are_not_left_out(table):
    with pytest.raises(ParameterError, match="split 'train'"):
        drop_duplicates(table, "train")


def test_ids_are_those_of_the_split_with_a_duplicate_in_train(tmp_path):
    copies = written(tmp_path / "copies.csv", ("a:1", "test", "a:9", "train", "near", 0.8),
                     ("a:2", "test", "a:1", "test", "exact", 1), ("a:3", "val", "a:9", "train", "exact", 1),
                     ("a:4", "test", "a:8", "train", "mirrored", 0.9))
    assert read_duplicate_ids(copies, "test") == {"a:1", "a:4"}
    assert read_duplicate_ids(copies, "val") == {"a:3"}


@pytest.mark.parametrize(("content", "said"), [(b"id,split\n1,test\n", "no column copy, copy_split, kind, correlation"),
                                               (b"", "not a table of copies"), (b"\xff\xfe\x00", "not a table of copies")])
def test_other_files_are_no_table_of_duplicates(tmp_path, content, said):
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(DataError, match=said) as caught:
        read_duplicate_ids(tmp_path / "x.csv", "test")
    assert "featfer data SOURCE --out DIR" in str(caught.value)


def test_a_missing_table_of_duplicates_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv: not a table of copies"):
        read_duplicate_ids(tmp_path / "none.csv", "test")


def test_a_pipe_instead_of_a_table_of_duplicates_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "copies.csv")
    with pytest.raises(DataError, match="a pipe or a device, not a file"):
        read_duplicate_ids(tmp_path / "copies.csv", "test")


def test_names_of_files_that_are_no_text_are_found_again(tmp_path):
    (tmp_path / "copies.csv").write_bytes(",".join(COLUMNS).encode() + b"\n" + b"\xff.png,test,b.png,train,exact,1.0\n")
    assert read_duplicate_ids(tmp_path / "copies.csv", "test") == {b"\xff.png".decode(errors="surrogateescape")}
