"""Folders walked by all alike: what is hidden, what links lead to, what is counted."""

import os
from collections import Counter

import pytest
from PIL import Image

from featfer.datasets import find_dataset
from featfer.errors import DataError
from featfer.images.walking import describe_skipped, is_hidden, walk
from featfer.prediction.inputs import find_files

PICTURE = Image.new("L", (48, 48), 100)


def fill(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        PICTURE.save(folder / name, "PNG")
    return folder


@pytest.mark.parametrize(("name", "hidden"), [
    (".x.jpg", True), ("._x.jpg", True), (".DS_Store", True), (".ipynb_checkpoints", True), ("__MACOSX", True),
    ("Thumbs.db", True), ("x.jpg", False), ("_x.jpg", False), ("thumbs", False)])
def test_hidden_names(name, hidden):
    assert is_hidden(name) is hidden


def test_photos_class_folders_and_predictions_skip_the_same(tmp_path):
    shown, hidden = ["a/1.png", "a/2", "b/deep/3.JFIF"], ["a/.4.png", ".ipynb_checkpoints/5.png", "b/__MACOSX/a/._6.png"]
    photos = fill(tmp_path / "photos", *shown, *hidden)
    classes = fill(tmp_path / "classes", *(f"{part}/{name}" for part in ("happy", "sad") for name in (*shown, *hidden)))
    assert list(find_dataset(photos).load(photos).ids) == shown
    assert find_files(photos) == [str(photos / name) for name in shown]
    assert list(find_dataset(classes).load(classes).ids) == [f"{part}/{name}" for part in ("happy", "sad") for name in shown]


def test_skipped_files_are_counted_by_kind(tmp_path):
    folder = fill(tmp_path, "a.png", ".b.png", ".c/d.png")
    for name in ("x.txt", "y.TXT", "z"):
        (folder / name).write_text("no image")
    walked = walk(folder)
    assert (walked.images, describe_skipped(walked.skipped)) == (
        ["a.png"], ["passed over: 2 .txt files, 1 file without a suffix, 1 hidden file, 1 hidden folder"])
    assert describe_skipped(Counter()) == []


def test_a_folder_named_itself_may_be_hidden(tmp_path):
    assert walk(fill(tmp_path / ".album", "a.png")).images == ["a.png"]


def test_links_are_followed_and_loops_are_not(tmp_path):
    fill(tmp_path / "album", "a/1.png")
    (tmp_path / "album" / "link").symlink_to(fill(tmp_path / "other", "2.png"))
    (tmp_path / "other" / "back").symlink_to(tmp_path / "album")
    (tmp_path / "album" / "a" / "self").symlink_to("self")
    assert walk(tmp_path / "album").images == ["a/1.png", "link/2.png"]


def test_a_folder_that_cannot_be_read_is_an_error_or_reported(tmp_path, monkeypatch):
    fill(tmp_path, "a/1.png", "b.png")
    scandir = os.scandir

    def closed(path):
        if str(path).endswith("/a"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)
    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(DataError, match=r"a: cannot be read \(Permission denied\)"):
        walk(tmp_path)
    failed = []
    assert find_files(tmp_path, failed=failed) == [str(tmp_path / "b.png")]
    assert failed == [f"{tmp_path / 'a'}: cannot be read (Permission denied)"]


def test_links_to_folders_are_followed_once(tmp_path):
    elsewhere = fill(tmp_path / "elsewhere", "x.png", "deep/y.png")
    root = fill(tmp_path / "root", "real/z.png")
    (root / "again").symlink_to(root / "real")
    (root / "link").symlink_to(elsewhere)
    (root / "twice").symlink_to(elsewhere)
    walked = walk(root)
    assert walked.images == ["link/deep/y.png", "link/x.png", "real/z.png"]
    assert walked.skipped == {"folders seen already, by a link": 2}


def test_loops_end_and_a_link_up_brings_nothing_in(tmp_path):
    root = fill(tmp_path / "root", "happy/a.png", "sad/b.png")
    for name, target in (("self", "."), ("up", ".."), ("top", str(root.parent)), ("mutual", "../sad")):
        (root / "happy" / name).symlink_to(target)
    (root / "sad" / "back").symlink_to(root / "happy")
    assert walk(root / "happy").images == ["a.png", "mutual/b.png"]
    assert walk(root).images == ["happy/a.png", "sad/b.png"]


def test_links_that_branch_do_not_multiply(tmp_path):
    root = fill(tmp_path / "root", "0/x.png")
    for level in range(40):
        (root / str(level + 1)).mkdir()
        for name in "ab":
            (root / str(level + 1) / name).symlink_to(root / str(level))
    assert walk(root / "40").images == [f"{'a/' * 40}x.png"]
