"""The folders in a folder, and links among them that lead nowhere."""

import pytest

from featfer.datasets.entries import check_links, list_folders, list_images
from featfer.errors import DataError


@pytest.fixture
def root(tmp_path):
    for name in ("b.PNG", "._b.png", "a/c.jpg", ".cache/x.png", "__MACOSX/b.png", "README"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_hidden_folders_and_images_are_none(root):
    (root / "link").symlink_to(root / "a")
    assert list_folders(root) == ["a", "link"]
    assert list_images(root) == ["b.PNG"]


def test_a_link_that_leads_nowhere_is_named(root):
    (root / "gone.png").symlink_to("nowhere.png")  # of a file: extraction tells
    check_links(root)
    (root / "sad").symlink_to("/mnt/absent/sad")
    with pytest.raises(DataError, match=r"sad: a link to /mnt/absent/sad, which is not there; mend it, or remove it"):
        check_links(root)


def test_a_link_to_itself_is_no_folder(tmp_path):
    (tmp_path / "happy").mkdir()
    (tmp_path / "loop.png").symlink_to("loop.png")
    assert list_folders(tmp_path) == ["happy"]
    assert list_images(tmp_path) == ["loop.png"]
