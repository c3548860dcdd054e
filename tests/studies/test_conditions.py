import math

import pandas as pd
import pytest
from helpers.recordings import make_recording

from featfer.errors import DataError
from featfer.studies.conditions import list_persons, place_stretches, read_conditions
from featfer.studies.reading import read_tables

FILMS = ("films/a.mp4", "films/b.mp4", "more/b.mp4", "films/c.mp4", "films/c.mov")


def write(path, *lines):
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def table():
    persons = {1: {"seen": [(0, 6)]}, 2: {"seen": [(4, 10)]}, 3: {"seen": [(9, 10)]}}
    return read_tables([make_recording(film, persons=persons) for film in FILMS])


def test_columns_are_read_in_any_order_and_with_semicolons(tmp_path):
    path = write(tmp_path / "study.csv", "Condition;subject;film;end;start;person", "rest;ann;a;12,5;;", "talk;ann;a;;13;2")
    with pytest.raises(DataError, match="row 1: end '12,5' is no number"):
        read_conditions(path)
    one, two = read_conditions(write(path, "Condition;subject;film;end;start;person", "rest;ann;a;12.5;;", "talk;ann;a;;13;2"))
    assert (one.subject, one.condition, one.start, one.end, one.person) == ("ann", "rest", 0, 12.5, None)
    assert (two.start, two.end, two.person) == (13, math.inf, 2)


@pytest.mark.parametrize(("line", "message"), [
    ("a,,rest,,,", "row 1: subject is empty"), ("a,ann,rest,,5,5", "row 1: it starts at 5 s and ends at 5 s"),
    ("a,ann,rest,,-1,5", "row 1: it starts at -1 s"), ("a,ann,rest,,nan,5", "start 'nan' is no number"),
    ("a,ann,rest,1.5,,", "person '1.5' is no number of a person"), ("a,ann,rest,0,,", "person '0' is no number")])
def test_rows_that_cannot_be_are_refused_by_their_number(tmp_path, line, message):
    path = write(tmp_path / "study.csv", "film,subject,condition,person,start,end", line)
    with pytest.raises(DataError) as refused:
        read_conditions(path)
    assert message in str(refused.value) and str(path) in str(refused.value)


@pytest.mark.parametrize(("head", "message"), [
    ("film,subject", "no column 'condition'"), ("film,subject,condition,age", "column 'age' is not known"),
    ("film,subject,condition", "no rows")])
def test_other_columns_are_refused(tmp_path, head, message):
    with pytest.raises(DataError, match=message):
        read_conditions(write(tmp_path / "study.csv", head))


def place(table, *rows):
    columns = ["film", "subject", "condition", "person", "start", "end"]
    frame = pd.DataFrame([(*row, *[None] * (len(columns) - len(row))) for row in rows], columns=columns)
    return place_stretches(read_conditions(frame), table)


@pytest.mark.parametrize(("name", "film"), [("films/b.mp4", "films/b.mp4"), ("a.mp4", "films/a.mp4"), ("a", "films/a.mp4"),
                                            ("c.mov", "films/c.mov")])
def test_a_film_is_found_by_path_file_name_or_stem(table, name, film):
    assert place(table, (name, "ann", "rest"))[0].film == film


@pytest.mark.parametrize(("name", "message"), [
    ("b.mp4", r"films/b\.mp4 and more/b\.mp4 have this name"), ("c", r"films/c\.mp4 and films/c\.mov have this name"),
    ("d.mp4", r"film d\.mp4: not in the tables; they have films/a\.mp4")])
def test_a_film_that_is_unknown_or_not_the_only_one_is_refused(table, name, message):
    with pytest.raises(DataError, match=message):
        place(table, (name, "ann", "rest"))


@pytest.mark.parametrize(("start", "end", "person"), [(None, None, 1), (0, 5, 1), (5, 10, 2), (9, 10, 2), (9.9, 9.91, None)])
def test_without_a_person_it_is_the_one_seen_longest_in_the_stretch_and_of_equals_the_first(table, start, end, person):
    stretch = place(table, ("a", "ann", "rest", None, start, end))[0]
    assert (stretch.person, stretch.is_chosen) == (person, True)


def test_a_named_person_is_taken_and_must_be_in_the_film(table):
    assert not place(table, ("a", "ann", "rest", 3))[0].is_chosen
    with pytest.raises(DataError, match=r"films/a\.mp4: no person 4; it has 1, 2, 3"):
        place(table, ("a", "ann", "rest", 4))


@pytest.mark.parametrize(("rows", "message"), [
    ([("a", "ann", "rest", 1, 0, 5), ("a", "ann", "talk", 1, 4, 9)], "rows of subject ann overlap"),
    ([("a", "ann", "rest", 1), ("a", "bob", "rest", 1)], "rows of subjects ann and bob overlap in time, for person 1"),
    ([("a", "ann", "rest"), ("a", "bob", "rest")], "name the person of each")])
def test_stretches_that_overlap_are_refused(table, rows, message):
    with pytest.raises(DataError, match=message):
        place(table, *rows)


def test_stretches_that_touch_and_two_persons_at_a_time_are_allowed(table):
    assert len(place(table, ("a", "ann", "rest", 1, 0, 5), ("a", "ann", "talk", 1, 5, 9), ("a", "bob", "rest", 2))) == 3


def test_a_stretch_beyond_the_end_of_its_film_is_refused(table):
    with pytest.raises(DataError, match=r"ann starts at 12 s, but the last frame is at 9\.96 s"):
        place(table, ("a", "ann", "rest", 1, 12, 20))


def test_without_conditions_each_person_is_a_subject_in_each_film(tmp_path, table):
    assert [(of.subject, of.film) for of in list_persons(table)][:6] == [*(("1", film) for film in FILMS), ("2", FILMS[0])]
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        make_recording(f"{folder}.mp4", times=[0, 1]).to_csv(tmp_path / folder / "a.csv", index=False)
    both = read_tables([tmp_path / "one" / "a.csv", tmp_path / "two" / "a.csv"])
    assert [of.subject for of in list_persons(both)] == [f"{tmp_path}/one:1", f"{tmp_path}/two:1"]


def test_a_film_without_any_person_is_refused():
    with pytest.raises(DataError, match=r"a\.mp4: no row has a person, of 2 rows with a face"):
        list_persons(read_tables(make_recording(times=[0, 1], persons={None: {}})))
