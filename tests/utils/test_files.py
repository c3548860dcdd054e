"""Files written whole or not at all."""

import errno
import os
import stat

import pytest

from featfer.errors import FeatferError, WriteError
from featfer.utils.files import make_distinct, open_regular, write_atomically, write_text


def test_content_is_written(tmp_path):
    with write_atomically(tmp_path / "a.bin") as file:
        file.write(b"one")
        file.write(b"two")
    assert (tmp_path / "a.bin").read_bytes() == b"onetwo"


def test_name_appears_at_the_end(tmp_path):
    path = tmp_path / "a.bin"
    with write_atomically(path) as file:
        file.write(b"one")
        assert not path.exists()
    assert path.exists()


def test_old_content_stays_until_the_end(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with write_atomically(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_failure_leaves_the_old_content_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(error), write_atomically(path) as file:
        file.write(b"half")
        raise error
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_failure_leaves_no_new_file(tmp_path):
    with pytest.raises(ValueError, match="stop"), write_atomically(tmp_path / "a.bin"):
        raise ValueError("stop")
    assert os.listdir(tmp_path) == []


def test_failure_to_take_the_name_leaves_no_part(tmp_path):
    (tmp_path / "a.bin").mkdir()
    refused = pytest.raises(WriteError, match=r"a\.bin: cannot be written \(Is a directory\)")
    with refused, write_atomically(tmp_path / "a.bin") as file:
        file.write(b"one")
    assert os.listdir(tmp_path) == ["a.bin"]


def test_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match=r"file/a\.txt: cannot be written") as caught:
        write_text(tmp_path / "file" / "a.txt", "one")
    assert caught.value.errno in (errno.EEXIST, errno.ENOTDIR)
    assert isinstance(caught.value, FeatferError)


def test_folders_are_made(tmp_path):
    write_text(tmp_path / "some" / "folder" / "a.txt", "one")
    assert (tmp_path / "some" / "folder" / "a.txt").read_text() == "one"


def test_permissions_follow_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "a.txt", "one")
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640


def test_text_is_utf8(tmp_path):
    write_text(tmp_path / "a.txt", "café\n")
    assert (tmp_path / "a.txt").read_bytes() == b"caf\xc3\xa9\n"


@pytest.mark.parametrize(("names", "expected"), [
    ([], []),
    (["a", "b"], ["a", "b"]),
    (["a", "a", "b", "a"], ["a", "a-2", "b", "a-3"]),
    (["a-2", "a", "a"], ["a-2", "a", "a-3"]),
])
def test_distinct_numbers_the_names_that_came_before(names, expected):
    assert make_distinct(names) == expected


def test_a_file_is_opened(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"one")
    with open_regular(tmp_path / "a.bin") as file:
        assert file.read() == b"one"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path),
                                  lambda path: os.symlink(path, path), lambda path: None])
def test_pipes_and_devices_are_refused_at_once(tmp_path, make):
    make(tmp_path / "a.bin")
    with pytest.raises(OSError, match=r"."):
        open_regular(tmp_path / "a.bin").read()


def test_a_name_with_a_nul_is_an_os_error():
    with pytest.raises(OSError, match="its name has a NUL in it"):
        open_regular("a\0b")


def test_a_read_is_limited_to_the_size_of_the_file(tmp_path):
    """Damaged files say that they are larger, and readers would find no memory for that."""
    (tmp_path / "a").write_bytes(b"content")
    with open_regular(tmp_path / "a") as file:
        assert file.read(3) == b"con"
        assert file.read(1 << 50) == b"tent"
        assert (file.read(1 << 50), file.read(), file.read(None)) == (b"", b"", b"")
