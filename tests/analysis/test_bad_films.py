"""Films without a face, without pictures, cut off, and long ones."""

import time

import pandas as pd
import psutil
import pytest
from helpers.commands import SCRIPT, run
from helpers.recordings_made import cut_off, make_cast, standing, write, write_empty_room, write_long, write_sound
from helpers.runs import started

import featfer
from featfer.errors import DataError

pytestmark = pytest.mark.usefixtures("one_thread")
FRAMES = 2500  # of a long film


@pytest.fixture(scope="module")
def one(photo):
    return make_cast(photo)[:1]


@pytest.fixture
def film(tmp_path, one):
    """A sound film of a face, 5 frames."""
    write(tmp_path / "sound one.mp4", standing(one, 0.2))
    return tmp_path / "sound one.mp4"


def make_broken(kind, path, one):
    if kind == "sound alone":
        return write_sound(path)
    if kind == "cut off":
        write(path, standing(one, 0.2))
        return cut_off(path)
    if kind == "no film":
        path.write_text("this is a text")
    return path


BROKEN = {"sound alone": "no moving pictures", "cut off": "cut off", "no film": "not a readable video", "none": "no such file"}


def test_a_frame_without_a_face_is_a_row(tmp_path):
    rows = featfer.analyze(write_empty_room(tmp_path / "room.mp4", 10), jobs=1)
    assert list(rows.frame) == list(range(10))
    assert list(rows.time_s) == pytest.approx([number / 25 for number in range(10)], abs=1e-3)
    assert set(rows.status) == {"no-face"}
    assert rows[["track", "person"]].isna().all(axis=None)
    empty = rows.loc[:, "score":].replace("", pd.NA)
    assert empty.isna().all(axis=None), [*empty.columns[empty.notna().any()]]


def test_the_csv_of_a_film_without_a_face_has_all_columns(tmp_path, film):
    write_empty_room(tmp_path / "room.mp4", 5)
    run("analyze", tmp_path / "room.mp4", film, "--out", tmp_path / "out")
    room, faces = (pd.read_csv(tmp_path / "out" / f"{name}.csv") for name in ("room", "sound one"))
    assert list(room) == list(faces)
    assert room.loc[:, "score":].isna().all(axis=None)


@pytest.mark.parametrize("kind", [*BROKEN])
def test_a_film_that_cannot_be_read_is_named_and_the_others_are_done(tmp_path, one, film, kind):
    broken = make_broken(kind, tmp_path / "broken.mp4", one)
    result = run("analyze", broken, film, "--out", tmp_path / "out", "--jobs", "1")
    assert result.exit_code == 1
    assert str(broken) in result.stderr and BROKEN[kind] in result.stderr
    assert "Traceback" not in result.output
    assert len(pd.read_csv(tmp_path / "out" / "sound one.csv")) == 5
    assert len(pd.read_parquet(tmp_path / "out" / "sound one.parquet")) == 5
    assert not list((tmp_path / "out").glob("broken.*"))


@pytest.mark.parametrize("kind", [*BROKEN])
def test_in_python_a_film_that_cannot_be_read_is_an_error(tmp_path, one, kind):
    broken = make_broken(kind, tmp_path / "broken.mp4", one)
    with pytest.raises(DataError, match=BROKEN[kind]) as caught:
        featfer.analyze(broken, jobs=1)
    assert str(broken) in str(caught.value) and "\n" not in str(caught.value)


def test_of_a_film_that_ends_early_there_is_what_can_be_read(tmp_path, one):
    path = tmp_path / "torn.mkv"
    write(path, standing(one, 2))
    with pytest.warns(UserWarning, match=r"torn\.mkv"):
        rows = featfer.analyze(cut_off(path), jobs=1)
    assert 15 <= rows.frame.nunique() < 40


@pytest.mark.slow
def test_memory_does_not_grow_with_the_film(tmp_path, one):
    film, seen = write_long(tmp_path / "long.mp4", one, FRAMES), []
    with started(SCRIPT, "analyze", film, "--out", tmp_path / "out") as run:
        watched = psutil.Process(run.pid)
        while run.poll() is None:
            seen.append((len(list((tmp_path / "out").rglob("*.npz"))), watched.memory_info().rss / 2**20))
            time.sleep(0.05)
        assert run.returncode == 0, run.stderr.read()
    assert pd.read_csv(tmp_path / "out" / "long.csv", usecols=["frame"]).frame.nunique() == FRAMES
    parts = max(done for done, _ in seen)
    assert parts > 15
    early = max(size for done, size in seen if 2 <= done <= parts // 4)
    late = max(size for done, size in seen if parts * 3 // 4 <= done < parts)  # with the last, tables are written
    assert late - early < 16, "a hundredth of the frames' pictures would be more"
    assert max(size for done, size in seen if done) - early < 50, "the tables are small"
