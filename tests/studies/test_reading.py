import numpy as np
import pandas as pd
import pytest
from helpers.recordings import EXPRESSIONS, UNITS, make_recording

from featfer.errors import DataError
from featfer.studies.reading import list_expressions, list_units, read_tables


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_files_hold_what_the_data_frame_holds(tmp_path, ending):
    table = make_recording(persons={1: {"seen": [(0, 4)], "events": [("happy", 1, 2, 0.9)]}, None: {"seen": [(0, 1)]}})
    path = tmp_path / f"a.{ending}"
    table.to_csv(path, index=False) if ending == "csv" else table.to_parquet(path)
    read, same = read_tables(path), read_tables(table)
    assert set(read["folder"]) == {str(tmp_path)} and set(same["folder"]) == {""}
    pd.testing.assert_frame_equal(read.drop(columns="folder"), same.drop(columns="folder"), check_dtype=False)
    assert str(read["person"].dtype) == "Int64" and read["person"].isna().sum() == 25 + 150


@pytest.mark.parametrize(("affect", "names"), [(False, EXPRESSIONS), (True, ("Contempt", "neutral"))])
def test_expressions_are_the_columns_between_novelty_and_the_next_block(affect, names):
    table = read_tables(make_recording(times=[0, 1], affect=affect, expressions=names))
    assert list_expressions(table) == list(names)
    assert list_units(table) == [*UNITS, "AU45"]


def test_a_film_whose_name_is_na_or_like_a_formula_keeps_its_name(tmp_path):
    for number, (film, cell) in enumerate((("NA", "NA"), ("=a.mp4", "'=a.mp4"))):
        make_recording(film=cell, times=[0, 1]).to_csv(tmp_path / f"{number}.csv", index=False)
        assert set(read_tables(tmp_path / f"{number}.csv")["film"]) == {film}


@pytest.mark.parametrize(("spoil", "message"), [
    (lambda table: table.drop(columns="time_s"), "no column 'time_s'"),
    (lambda table: table.drop(columns=list(EXPRESSIONS)), "no expressions after novelty"),
    (lambda table: table.assign(happy="much"), "column 'happy' is not all numbers"),
    (lambda table: table.assign(person=1.5), "column 'person' is not all numbers"),
    (lambda table: table.assign(time_s=np.nan), "a row has no film, frame, time or status"),
    (lambda table: table.iloc[:0], "no rows")])
def test_a_file_that_is_no_such_table_is_refused_by_name(tmp_path, spoil, message):
    path = tmp_path / "photos.csv"
    spoil(make_recording(times=[0, 1])).to_csv(path, index=False)
    with pytest.raises(DataError) as refused:
        read_tables(path)
    assert str(refused.value).startswith(f"{path}: ") and message in str(refused.value)


@pytest.mark.parametrize(("name", "content"), [("a.csv", b""), ("a.csv", b"\xff\xfe\0"), ("a.parquet", b"no parquet"),
                                               ("a.csv", b'film\n"')])
def test_a_broken_file_is_refused_by_name(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=f"{name}: "):
        read_tables(tmp_path / name)


@pytest.mark.parametrize("name", ["nowhere.csv", "table.txt"])
def test_a_missing_file_or_another_ending_is_refused(tmp_path, name):
    with pytest.raises(DataError, match=name):
        read_tables(tmp_path / name)


def test_a_film_that_is_given_twice_is_refused():
    table = make_recording(times=[0, 1])
    with pytest.raises(DataError, match=r"film a\.mp4 is in the table already"):
        read_tables([table, table])


def test_films_of_models_with_other_expressions_are_not_mixed():
    with pytest.raises(DataError, match=r"b\.mp4: its expressions, sad, neutral, are not those of a\.mp4"):
        read_tables([make_recording(times=[0, 1]), make_recording("b.mp4", times=[0, 1], expressions=("sad", "neutral"))])
