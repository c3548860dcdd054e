import numpy as np
import pandas as pd
import pytest
from PIL import Image

from featfer.datasets.duplicates import find_duplicates, read_duplicate_ids
from featfer.reports.dataset import Overview
from featfer.reports.dataset_page import draw_tiles, make_sentences, make_tables, write_page


@pytest.fixture
def overview(crops):
    """Four images: 0 (train, happy) and 1 (test, sad) have the same pixels, 2 (test, sad) is unreadable, 3 (train, happy) is
    grey.
    """
    images = crops[[0, 0, 1, 2]].copy()
    images[2], images[3] = 0, 9
    rows = pd.DataFrame({"id": ["a:1", "a:2", "a:3", "a:4"], "split": ["train", "test", "test", "train"],
                         "label": ["happy", "sad", "sad", "happy"], "group": [0, 0, 1, 2],
                         "unreadable": ["", "", "a:3: no image", ""], "uniform": [False, False, False, True],
                         "no_face": [False, False, False, True]})
    copies = find_duplicates(None, rows["group"].to_numpy(), rows["split"].to_numpy())
    return Overview("made.csv", images, rows, copies, ["line 7: bad"], ["happy", "sad"], ["train", "test"],
                    ("exact", "near", "mirrored"), True, 1.0)


def test_tables_count_classes_odd_images_and_duplicates(overview):
    (head, rows), (copies_head, copies) = make_tables(overview)
    assert head == ["images", "train", "test"]
    assert rows == [["happy", 2, 0], ["sad", 0, 2], ["all", 2, 2], ["of one grey value", 1, 0], ["unreadable", 0, 1],
                    ["no face found", 1, 0]]
    assert copies_head == ["images that have a copy in", "train", "test"]
    assert copies[:2] == [["train: the same pixels", 0, 1], ["test: the same pixels", 1, 0]]
    assert [row[1:] for row in copies[2:]] == [[0, 0]] * 4


def test_sentences_name_conflicts_and_bad_rows(overview):
    assert make_sentences(overview) == ["1 group of exact copies, 2 images in all; groups with different labels: 1.",
                                   "0 images have a near copy with another label.", "Left out: line 7: bad",
                                   "a:3: a:3: no image"]


def test_page_shows_its_pictures_and_writes_the_duplicates(tmp_path, overview):
    written = write_page(overview, tmp_path / "new", 5, "featfer data made.csv --out new")
    assert [path.name for path in written] == ["overview.md", "copies.csv", "classes.png", "conflicts.png", "odd.png"]
    page = (tmp_path / "new" / "overview.md").read_text()
    assert page.startswith("# made.csv: 4 images\n\nMade by\n\n```\nfeatfer data made.csv --out new\n```\n")
    assert "| happy | 2 | 0 |" in page
    assert "](conflicts.png)" in page
    assert read_duplicate_ids(tmp_path / "new" / "copies.csv", "test") == {"a:2"}


def test_tiles_show_the_images_side_by_side(tmp_path, crops):
    fig = draw_tiles([(crops[[0, 1]], "one\nline")] * 7, tmp_path / "t.png", "Pairs")
    (axes,) = fig.axes
    assert len(axes.images) == 7
    np.testing.assert_array_equal(axes.images[0].get_array(), np.hstack(crops[[0, 1]]))
    assert [text.get_text() for text in axes.texts] == ["Pairs"] + ["one\nline"] * 7
    tops = sorted({image.get_extent()[3] for image in axes.images})
    assert len(tops) == 2
    with Image.open(tmp_path / "t.png") as picture:
        picture.verify()


def test_long_words_keep_to_two_lines(tmp_path, crops):
    fig = draw_tiles([(crops[:1], "angry, disgust, fear, happy, sad, surprise")], tmp_path / "t.png", "Images")
    assert fig.axes[0].texts[1].get_text().count("\n") == 1
