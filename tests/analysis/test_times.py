"""When frames are shown, and where upright, in tables of films whose times are known."""

import numpy as np
import pandas as pd
import pytest
from helpers.recordings_made import make_cast, standing, write_at

import featfer
from featfer.faces.boxes import overlap

pytestmark = pytest.mark.usefixtures("one_thread")

IRREGULAR = np.cumsum([0] + [0.03, 0.05, 0.2, 0.017, 0.04] * 4)[:20]  # seconds


@pytest.fixture(scope="module")
def one(photo):
    return make_cast(photo)[:1]


def times(path, **options):
    """Return the times of the frames of a film: {number: seconds}."""
    rows = featfer.analyze(path, jobs=1, **options)
    return dict(zip(rows.frame, rows.time_s, strict=True))


@pytest.mark.parametrize(("name", "options"), [
    ("film.mp4", {}), ("film.mkv", {}), ("film.mov", {"codec": "libx264"}), ("film.mp4", {"codec": "libx264", "b_frames": 3})])
def test_times_are_those_of_the_film_whatever_its_rate(tmp_path, one, name, options):
    write_at(tmp_path / name, standing(one), IRREGULAR, **options)
    found = times(tmp_path / name)
    assert list(found) == list(range(20))
    assert list(found.values()) == pytest.approx(IRREGULAR, abs=1e-3)


def test_frames_that_are_left_out_are_counted(tmp_path, one):
    path = tmp_path / "film.mp4"
    write_at(path, standing(one), np.arange(40) / 25)
    found = times(path, fps=5)
    assert list(found) == list(range(0, 40, 5))
    assert list(found.values()) == pytest.approx(np.arange(8) / 5, abs=1e-3)


def test_a_film_that_begins_late_begins_at_zero(tmp_path, one):
    write_at(tmp_path / "film.ts", standing(one), 5 + np.arange(10) / 25, codec="libx264")
    assert list(times(tmp_path / "film.ts").values()) == pytest.approx(np.arange(10) / 25, abs=1e-3)


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_boxes_are_in_the_upright_frame(tmp_path, one, turned):
    path = tmp_path / "film.mp4"
    truth = write_at(path, standing(one), np.arange(10) / 25, turned=turned)
    rows = featfer.analyze(path, jobs=1)
    assert list(rows.frame) == list(range(10))
    for row in rows.itertuples():
        assert overlap((row.left, row.top, row.right, row.bottom), truth[row.frame][0].box) >= 0.7
    assert rows.roll.abs().max() < 20


def test_types_are_those_of_the_contract(tmp_path, one):
    write_at(tmp_path / "film.mp4", standing(one), np.arange(3) / 25)
    rows = featfer.analyze(tmp_path / "film.mp4", jobs=1)
    assert rows.film.tolist() == [str(tmp_path / "film.mp4")] * 3
    assert (rows.track.dtype, rows.person.dtype) == (pd.Int64Dtype(), pd.Int64Dtype())
    assert pd.api.types.is_integer_dtype(rows.frame) and pd.api.types.is_float_dtype(rows.time_s)
