"""Photos without labels."""

import os
import shutil

import numpy as np
import pytest
from PIL import Image

from featfer.datasets import UNLABELLED
from featfer.datasets.photos import digest, is_photos, load
from featfer.errors import DataError
from featfer.images.walking import SUFFIXES


@pytest.fixture
def album(tmp_path):
    """A folder with three images, a copy of one, and a note."""
    root = tmp_path / "album"
    (root / "deep" / "er").mkdir(parents=True)
    for i, name in enumerate(("b.PNG", "deep/a.png", "deep/er/c.bmp")):
        Image.new("L", (4, 3), 50 * i).save(root / name)
    shutil.copy(root / "b.PNG", root / "deep" / "copy.png")
    (root / "notes.txt").write_text("not an image")
    return root


def test_one_photo(photo):
    faces = load(photo)
    assert list(faces.ids) == ["grace_hopper.jpg"]
    assert faces.path == photo
    assert faces.images[0].read().shape == (600, 512, 3)


def test_a_folder_is_walked_in_order(album):
    faces = load(album)
    assert list(faces.ids) == ["b.PNG", "deep/a.png", "deep/copy.png", "deep/er/c.bmp"]
    assert [int(image.read()[0, 0]) for image in faces.images] == [0, 50, 0, 100]


def test_photos_have_no_label_split_or_skipped_rows(album):
    faces = load(str(album), skip_bad=True)
    assert list(faces.labels) == [UNLABELLED] * 4
    assert list(faces.splits) == [""] * 4
    assert (faces.label_set, faces.single, faces.skipped) == (None, False, [])
    assert faces.labels.dtype == np.int16


def test_duplicates_have_equal_keys(album):
    keys = load(album).keys
    assert keys[0] == keys[2]
    assert len(set(keys)) == 3


def test_unreadable_photo_is_a_row(album):
    (album / "bad.png").write_text("no image")
    (album / "gone.png").symlink_to(album / "nowhere.png")
    faces = load(album)
    assert list(faces.ids[:3]) == ["b.PNG", "bad.png", "deep/a.png"]
    assert "gone.png" in faces.ids
    with pytest.raises(DataError, match=r"bad\.png: not a readable image"):
        faces.images[1].read()


def test_folder_without_images(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(DataError, match=r"no image in it; passed over: 1 \.txt file$"):
        load(tmp_path)


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_suffixes_in_any_letter_case(tmp_path, suffix):
    path = tmp_path / f"a{suffix.upper()}"
    assert not is_photos(path)
    path.touch()
    assert is_photos(path)


def test_digest_sees_a_changed_file(album):
    before = digest(album)
    assert before == digest(album) == load(album).digest
    os.utime(album / "b.PNG", (1, 1))
    assert digest(album) != before


def test_digest_is_blind_to_other_files(album):
    before = digest(album)
    (album / "notes.txt").write_text("another text")
    assert digest(album) == before
