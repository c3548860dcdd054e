import mmap

import joblib
import numpy as np
import pytest

from featfer.utils.joblib_files import is_mappable, read_mapped

VALUES = {
    "rows": np.arange(10.0), "by columns": np.asfortranarray(np.arange(12, dtype=np.float32).reshape(3, 4)),
    "none": np.empty((0, 3)), "one": np.array(3.5), "words": np.array(["ab", "c"]),
    "objects": np.array(["x", None, {"a": 1}], object),
    "of another machine": np.arange(4, dtype=">i4"), "halves": np.array([0.5, 2], np.float16),
    "rest": ["text", 3, (np.int8(4), True)],
}


def map_file(path):
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)


@pytest.fixture
def content(tmp_path):
    joblib.dump(VALUES, tmp_path / "values.joblib")
    return map_file(tmp_path / "values.joblib")


def test_values_are_read_as_joblib_reads_them(content, tmp_path):
    found, theirs = read_mapped(content), joblib.load(tmp_path / "values.joblib")
    assert list(found) == list(VALUES) and found["rest"] == VALUES["rest"]
    for name in list(VALUES)[:-1]:
        np.testing.assert_array_equal(found[name], theirs[name])
        assert (type(found[name]), found[name].dtype, found[name].flags.f_contiguous) == (
            np.ndarray, theirs[name].dtype, theirs[name].flags.f_contiguous)


def test_arrays_are_in_the_file_and_are_aligned(content):
    rows = read_mapped(content)["rows"]
    assert np.shares_memory(rows, np.frombuffer(content, np.uint8)) and rows.ctypes.data % 16 == 0


def test_it_can_be_read_again(content):
    assert read_mapped(content)["rest"] == read_mapped(content)["rest"]


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("lzma", 3)])
def test_compressed_files_are_told_apart(tmp_path, compress):
    joblib.dump(VALUES, tmp_path / "values.joblib", compress=compress)
    assert is_mappable(map_file(tmp_path / "values.joblib")) == (compress == 0)


@pytest.mark.parametrize("kept", [0.2, 0.7, 0.99])
def test_a_file_that_is_cut_off_is_refused(tmp_path, kept):
    path = tmp_path / "rows.joblib"
    joblib.dump([np.arange(1000.0), np.arange(50)], path)
    path.write_bytes(path.read_bytes()[:int(kept * path.stat().st_size)])
    with pytest.raises((TypeError, EOFError, ValueError)):
        read_mapped(map_file(path))
