"""Tracks and persons in films in which it is known who is where."""

import pytest
from helpers.recordings_made import crossing, cutting, make_cast, read_cast, returning, standing, write

import featfer
from benchmarks.films.identity import score_tables

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def two(photo):
    return make_cast(photo)


@pytest.fixture(scope="module")
def returned(tmp_path_factory, two):
    """The table and the scores of a film in which one of two leaves and comes back."""
    (table,), scores = analyze(tmp_path_factory.mktemp("returning"), returning(two))
    return table, scores


def analyze(folder, *films):
    """Write films, lists of shots, and analyze them together; return their tables, and the scores of tracks and persons."""
    paths = [folder / f"{number}.mp4" for number in range(len(films))]
    truths = [write(path, shots) for path, shots in zip(paths, films, strict=True)]
    rows = featfer.analyze(paths, jobs=1)
    tables = [rows[rows.film == str(path)] for path in paths]
    return tables, score_tables(tables, truths, films)


def at(table, frame):
    """Return the rows of the faces in a frame, from left to right."""
    return table[(table.frame == frame) & (table.status != "no-face")].sort_values("left")


def test_who_passes_behind_another_is_the_same_person_afterwards(tmp_path, two):
    (table,), scores = analyze(tmp_path, crossing(two))
    first, second = at(table, 0).person
    assert list(at(table, 149).person) == [second, first]
    assert scores["person"]["idf1"] >= 0.95
    assert scores["person"]["switches"] == scores["track"]["switches"] == 0
    assert sorted(table.person.dropna().unique()) == [1, 2]


def test_who_comes_back_is_the_same_person_in_a_new_track(returned):
    table, scores = returned
    before, after = at(table, 20), at(table, 149)
    assert list(after.person) == list(before.person[::-1])  # comes back at the other side
    assert scores["person"]["idf1"] >= 0.95
    assert after.track.iloc[0] not in set(before.track)
    assert before.track.iloc[0] == after.track.iloc[1]  # who stays is followed without interruption


def test_nobody_is_seen_where_nobody_is(returned):
    table, scores = returned
    away = table[(table.time_s > 2.4) & (table.time_s < 3.3)]
    assert set(away.groupby("frame").size()) == {1}
    assert scores["track"]["false"] <= 0.01 * scores["track"]["faces"]
    assert scores["track"]["missed"] <= 0.05 * scores["track"]["faces"]


def test_tracks_end_at_cuts_and_persons_go_on(tmp_path, two):
    (table,), scores = analyze(tmp_path, cutting(two))
    shots = [set(table[(table.frame >= start) & (table.frame < start + 50)].track.dropna()) for start in (0, 50, 100)]
    assert not shots[0] & shots[1] and not shots[1] & shots[2]
    assert [at(table, frame).person.tolist() for frame in (25, 75, 125)] == [[1], [2], [1]]
    assert scores["person"]["idf1"] >= 0.95


def test_persons_have_one_number_in_all_films(tmp_path, two):
    tables, scores = analyze(tmp_path, standing(two), standing(two[::-1]))
    there, here = (list(at(table, 25).person) for table in tables)
    assert here == there[::-1]
    assert scores["person"]["idf1"] >= 0.95


@pytest.mark.slow
def test_four_persons_on_photographs_are_four(tmp_path):
    cast = read_cast(4)
    (table, _), scores = analyze(tmp_path, standing(cast), cutting(cast[2:]))
    assert sorted(table.person.dropna().unique()) == [1, 2, 3, 4]
    assert scores["person"]["idf1"] >= 0.95
