import json
import re

import numpy as np
import pandas as pd
import pytest
from helpers.commands import run
from helpers.videos import background, hopper, read_video, scene, write_video

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def films(tmp_path_factory, photo):
    """A folder with a film of a face, 12 frames, one of a room, 6 frames, and a file that is no film."""
    folder = tmp_path_factory.mktemp("films")
    write_video(folder / "face.mp4", [scene(number, (*hopper(photo), lambda n: (150 + n, 150)))[0] for number in range(12)])
    write_video(folder / "room.mp4", [background()] * 6)
    (folder / "notes.txt").write_text("recorded on Monday")
    return folder


def analyze(*args):
    return run("analyze", *args, "--model", "small", "--jobs", "1")


@pytest.fixture(scope="module")
def written(films, tmp_path_factory):
    """What the command printed, and the folder that it wrote."""
    out = tmp_path_factory.mktemp("out")
    return analyze(films, "--out", out), out


def test_each_film_of_a_folder_is_told_in_a_line(films, written):
    result, out = written
    assert result.exit_code == 0
    face, room = result.stdout.splitlines()
    tables = f"{out / 'face.csv'}, {out / 'face.parquet'}"
    assert face.startswith(f"{films / 'face.mp4'}: 12 frames, 0.4 s; 1 person; wrote {tables}")
    assert room.startswith(f"{films / 'room.mp4'}: 6 frames, 0.2 s, no face in 6; 0 persons; wrote {out / 'room.csv'}")


def test_csv_and_parquet_hold_the_same(written):
    _, out = written
    text, binary = pd.read_csv(out / "face.csv"), pd.read_parquet(out / "face.parquet")
    assert list(text) == list(binary)
    for name in text:
        if name in ("film", "status", "label"):
            assert text[name].tolist() == binary[name].tolist()
        else:
            assert np.array_equal(text[name].astype(float), binary[name].astype(float), equal_nan=True), name


def test_the_same_command_again_writes_the_same(films, written):
    _, out = written
    before = {path.name: path.read_bytes() for path in out.glob("*.csv")}
    assert analyze(films, "--out", out).exit_code == 0
    assert {path.name: path.read_bytes() for path in out.glob("*.csv")} == before


def test_json_says_what_was_done(films, tmp_path):
    said = json.loads(analyze(films / "face.mp4", "--out", tmp_path, "--json").stdout)
    assert said["failed"] == []
    (film,) = said["films"]
    assert (film["frames"], film["faceless"], film["persons"], film["tracks"]) == (12, 0, [1], 1)
    assert film["written"][:2] == [str(tmp_path / "face.csv"), str(tmp_path / "face.parquet")]


@pytest.mark.parametrize(("form", "column"), [("openface", "AU12_r"), ("pyfeat", "happiness")])
def test_other_formats_have_their_columns(films, tmp_path, form, column):
    result = analyze(films / "face.mp4", films / "room.mp4", "--out", tmp_path, "--format", form)
    assert result.exit_code == 0
    for name, rows in (("face", 12), ("room", 6)):
        table = pd.read_csv(tmp_path / f"{name}.csv")
        assert len(table) == rows and {column, "x_0", "y_67"} <= set(table)
    assert not list(tmp_path.glob("*.parquet"))


def test_copies_are_written_beside_the_table(films, tmp_path):
    result = analyze(films / "face.mp4", "--out", tmp_path, "--annotate", "--blur", "--points")
    assert result.exit_code == 0
    for name in ("face-annotated.mp4", "face-blurred.mp4", "face-points.mp4"):
        assert str(tmp_path / name) in result.stdout
        assert len(read_video(tmp_path / name)[0]) == 12


def test_a_film_is_not_replaced_by_its_copy(films, tmp_path):
    film = tmp_path / "face-blurred.mp4"
    film.write_bytes((films / "face.mp4").read_bytes())
    (tmp_path / "face.mp4").write_bytes(film.read_bytes())
    result = analyze(tmp_path / "face.mp4", film, "--out", tmp_path, "--blur")
    assert result.exit_code == 1 and "would be lost" in result.stderr
    assert film.read_bytes() == (films / "face.mp4").read_bytes()


def test_a_file_that_is_no_table_of_featfer_is_kept(films, tmp_path):
    (tmp_path / "face.csv").write_text("my notes")
    result = analyze(films / "face.mp4", "--out", tmp_path)
    assert result.exit_code == 1
    assert re.search(r"face\.csv: .*not a table of `featfer analyze`", result.stderr)
    assert (tmp_path / "face.csv").read_text() == "my notes"
    assert not (tmp_path / "parts").exists()


@pytest.mark.parametrize(("args", "said"), [
    (["--fps", "-2"], "-2.0 is not in the range x>0"), (["--reject", "3"], "3.0 is not in the range 0<=x<=1"),
    (["--format", "excel"], "'excel' is none of"), (["--affect", "svm"], "affect svm: a model of expressions")])
def test_bad_values_are_named(films, tmp_path, args, said):
    result = analyze(films / "face.mp4", "--out", tmp_path, *args)
    assert result.exit_code != 0 and said in result.stderr
    assert "Traceback" not in result.output


def test_a_folder_without_films_is_named(tmp_path):
    (tmp_path / "empty").mkdir()
    result = analyze(tmp_path / "empty", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "empty: no photo or video in it" in result.stderr
