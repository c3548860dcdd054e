import numpy as np
import pytest

from featfer.analysis.parts import Parts
from featfer.errors import DataError


@pytest.fixture
def parts(tmp_path):
    """Two parts."""
    parts = Parts(tmp_path / "film")
    parts.write(1.5, {"numbers": np.arange(3)}, {"frame": 2})
    parts.write(3.25, {"numbers": np.arange(3, 5)}, {"frame": 4, "tracks": [[1, [0.5, 2.0]]]})
    return parts


def test_parts_are_read_in_order(parts):
    assert [arrays["numbers"].tolist() for arrays in Parts(parts.folder)] == [[0, 1, 2], [3, 4]]


def test_the_state_is_that_of_the_last_part(parts):
    assert Parts(parts.folder).read_state() == {"frame": 4, "tracks": [[1, [0.5, 2.0]]]}
    assert Parts(parts.folder).find_end() == 3.25


def test_without_parts_nothing_is_done(tmp_path):
    assert Parts(tmp_path / "none").read_state() is None
    assert Parts(tmp_path / "none").find_end() == 0
    assert list(Parts(tmp_path / "none")) == []


def test_a_half_written_part_does_not_count(parts):
    (parts.folder / ".000002-4000.npz.part").write_bytes(b"PK")
    assert Parts(parts.folder).find_end() == 3.25


def test_a_damaged_part_is_named_with_what_to_do(parts):
    path = parts.folder / "000001-3250.npz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"000001-3250\.npz: cannot be read .*; remove .*film and run the same command again"):
        parts.read_state()
