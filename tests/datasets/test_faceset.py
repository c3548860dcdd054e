"""What all data sets read by: files and folders that cannot be read are named, never waited for, never passed over."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from PIL import Image

from featfer.datasets import find_dataset
from featfer.datasets.digests import digest_listing, make_file_key, open_source
from featfer.errors import DataError

AS_NOBODY = """
import os, sys
from pathlib import Path
from featfer.datasets import find_dataset
from featfer.errors import DataError
try:
    find_dataset(sys.argv[1])  # what it imports may be closed to others
    if os.geteuid() == 0:
        os.setuid(65534)
    dataset = find_dataset(sys.argv[1])
    dataset.load(sys.argv[1])
except DataError as error:
    print(error)
"""


def test_a_key_is_of_the_content_and_of_the_name_where_there_is_none(tmp_path):
    (tmp_path / "a").write_bytes(b"pixels")
    (tmp_path / "b").write_bytes(b"pixels")
    assert make_file_key(tmp_path / "a") == make_file_key(tmp_path / "b") != make_file_key(tmp_path / "a", single=True)
    os.mkfifo(tmp_path / "c")
    (tmp_path / "d").symlink_to("/dev/zero")
    assert len({make_file_key(tmp_path / name) for name in "acd"} | {make_file_key(Path("a\0b"))}) == 4


def test_a_file_that_goes_while_it_is_listed_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.png: cannot be read \(No such file or directory\); did it go meanwhile\?"):
        digest_listing(tmp_path, ["gone.png"])


def test_text_is_read_whatever_it_is_encoded_in(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfpath\xff\r\n")
    with open_source(tmp_path / "a.csv", text=True) as lines:
        assert lines.read() == "path\ufffd\r\n"


@pytest.mark.parametrize("closed", ["inside", "."])
def test_a_folder_that_may_not_be_read_is_named_not_passed_over(closed):
    with tempfile.TemporaryDirectory() as name:  # pytest's own are closed to others
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "photos" / "inside").mkdir(parents=True)
        Image.new("L", (48, 48)).save(folder / "photos" / "a.png")
        (folder / "photos" / closed).chmod(0o311)
        done = subprocess.run([sys.executable, "-c", AS_NOBODY, folder / "photos"], capture_output=True, text=True)
        (folder / "photos" / closed).chmod(0o755)
    expected = folder / "photos" / closed
    assert (done.stderr, done.stdout.strip()) == ("", f"{expected}: cannot be read (Permission denied)")


def test_what_is_no_file_is_an_unreadable_image_of_a_folder(tmp_path):
    Image.new("L", (48, 48)).save(tmp_path / "a.png")
    os.mkfifo(tmp_path / "b.png")
    (tmp_path / "c.png").symlink_to("/dev/zero")
    (tmp_path / "d.png").mkdir()
    faceset = find_dataset(tmp_path).load(tmp_path)
    assert faceset.ids.tolist() == ["a.png", "b.png", "c.png"]
    for i in (1, 2):
        with pytest.raises(DataError, match="a pipe or a device, not a file"):
            faceset.images[i].read()


def test_a_list_may_name_what_is_no_file(tmp_path):
    (tmp_path / "faces.csv").write_bytes(b"path,label\n/dev/zero,happy\n\"a\0b.png\",sad\n.,happy\n")
    faceset = find_dataset(tmp_path / "faces.csv").load(tmp_path / "faces.csv")
    for image in faceset.images:
        with pytest.raises(DataError):
            image.read()
