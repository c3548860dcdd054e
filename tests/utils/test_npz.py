"""Arrays in files: what was written is read, whatever else is refused."""

import io
import zipfile

import numpy as np
import pytest

from featfer.utils import npz as module
from featfer.utils.npz import has_checksum, read_arrays, write_arrays

ARRAYS = {"numbers": np.arange(6, dtype=np.float32).reshape(2, 3), "names": np.array(["a", "é"]), "text": np.array("{}")}


@pytest.fixture(params=[False, True], ids=["stored", "compressed"])
def path(request, tmp_path):
    write_arrays(tmp_path / "a.npz", compressed=request.param, **ARRAYS)
    return tmp_path / "a.npz"


def same(found):
    return found.keys() == ARRAYS.keys() and all(
        found[name].dtype == array.dtype and np.array_equal(found[name], array) for name, array in ARRAYS.items())


def survives(path, content):
    """Say whether changed content is refused (False) or read as what was written (True); nothing else may be."""
    path.write_bytes(content)
    try:
        found = read_arrays(path)
    except ValueError as error:
        assert str(error) and "\n" not in str(error)
        return False
    assert same(found)
    return True


def test_arrays_are_read_as_they_were_written(path):
    assert same(read_arrays(path))
    assert list(read_arrays(path, ("names",), ("text", "votes"))) == ["names", "text"]
    assert list(read_arrays(path, ("names",), verify_checksum=False)) == ["names"]


def test_other_readers_of_npz_read_them_too(path):
    with np.load(path) as file:
        assert same(dict(file))
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        assert file.comment[:7] == b"sha256:"


def test_a_missing_array_is_named(path):
    with pytest.raises(ValueError, match="no 'votes"):
        read_arrays(path, ("votes",))


def test_every_flipped_byte_is_found(path):
    whole = path.read_bytes()
    for at in range(len(whole)):
        assert not survives(path, whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1:]), at


def test_every_truncation_is_found(path):
    whole = path.read_bytes()
    for size in range(len(whole)):
        assert not survives(path, whole[:size]), size


@pytest.mark.parametrize("more", [b"\0", b"\0" * 71, b"sha256:" + b"0" * 64])
def test_appended_bytes_are_found(path, more):
    assert not survives(path, path.read_bytes() + more)


def test_every_flipped_byte_of_a_file_without_a_checksum_is_found_or_changes_nothing(tmp_path):
    np.savez(tmp_path / "a.npz", **ARRAYS)
    whole = (tmp_path / "a.npz").read_bytes()
    harmless = [at for at in range(len(whole))
                if survives(tmp_path / "a.npz", whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1:])]
    assert len(harmless) < len(whole) / 3  # dates, attributes and versions in the zip's headers
    for name in ARRAYS:  # of the data and of the headers of the arrays, none
        start = whole.index(b"\x93NUMPY", whole.index(f"{name}.npy".encode()))
        assert not [at for at in harmless if start <= at < whole.index(b"PK", start)]


def test_a_file_without_a_checksum_is_told_from_one_with(tmp_path):
    np.savez(tmp_path / "old.npz", **ARRAYS)
    write_arrays(tmp_path / "new.npz", **ARRAYS)
    for name, expected in (("old", False), ("new", True)):
        with open(tmp_path / f"{name}.npz", "rb") as file:
            assert has_checksum(file) is expected


def member(name, content, method=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        file.writestr(name, content)
    return buffer.getvalue()


def npy(header):
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize("content", [
    b"", b"text", b"\x93NUMPY\1\0", npy("{}"), member("a.txt", b"text"), member("a.npy", b"text"), member("a.npy", npy("{}")),
    member("a.npy", npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}") + b"\x80\4K\1."),
    member("a.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (10**12,)}")),
    member("a.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}") + bytes(8)),
    member("a.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}") + bytes(8)),
    member("a.npy", npy("((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((")),
    member("a.npy", npy("{'descr': '<f8' \0")), member("a.npy", npy("'''")), member("a.npy", npy("{'descr': [('a', '<f8'")),
    member("a.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': ()}") + bytes(8), zipfile.ZIP_BZIP2),
    member("a.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': ()}") + bytes(8), zipfile.ZIP_LZMA)])
def test_other_files_are_refused_in_one_line(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r".+") as caught:
        read_arrays(tmp_path / "a.npz")
    assert type(caught.value) is ValueError and "\n" not in str(caught.value)


def test_a_file_larger_than_memory_when_unpacked_is_refused_first(tmp_path, monkeypatch):
    write_arrays(tmp_path / "bomb.npz", compressed=True, zeros=np.zeros(10_000_000, np.uint8))
    assert (tmp_path / "bomb.npz").stat().st_size < 20_000
    monkeypatch.setattr(module, "find_memory_size", lambda: 1_000_000)
    with pytest.raises(ValueError, match=r"0\.0 GiB unpacked, more than this machine's memory"):
        read_arrays(tmp_path / "bomb.npz")


def test_a_file_that_is_not_there_is_named_so(tmp_path):
    with pytest.raises(ValueError, match="No such file"):
        read_arrays(tmp_path / "absent.npz")
