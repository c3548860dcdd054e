"""Scores of identities on cases whose answers are counted by hand, and what films are made of."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.films.identity import score_tables
from benchmarks.films.joining import describe_pairs
from benchmarks.films.page import list_aims
from benchmarks.films.scenes import Actor, Look, Seen, Shot, cut_portrait, draw_frame, go, make_background, make_frames
from benchmarks.films.scoring import score_identities

LEFT, RIGHT, ELSEWHERE = (0, 0, 10, 10), (20, 0, 30, 10), (50, 50, 60, 60)


def test_numbers_that_follow_the_persons_are_right_whatever_they_are():
    truth = [{"a": LEFT, "b": RIGHT}] * 5
    assert score_identities(truth, [{7: LEFT, 3: RIGHT}] * 5) == {
        "idf1": 1, "mota": 1, "faces": 10, "missed": 0, "false": 0, "switches": 0}


def test_a_number_that_changes_halves_idf1_and_is_one_switch():
    found = score_identities([{"a": LEFT}] * 10, [{1: LEFT}] * 5 + [{2: LEFT}] * 5)
    assert found == {"idf1": 0.5, "mota": pytest.approx(0.9), "faces": 10, "missed": 0, "false": 0, "switches": 1}


def test_numbers_that_are_exchanged_are_two_switches_and_idf1_takes_the_longer_part():
    truth = [{"a": LEFT, "b": RIGHT}] * 10
    found = score_identities(truth, [{1: LEFT, 2: RIGHT}] * 7 + [{2: LEFT, 1: RIGHT}] * 3)
    assert found["idf1"] == pytest.approx(0.7)
    assert found["switches"] == 2


def test_one_number_for_two_persons_agrees_with_one_of_them():
    found = score_identities([{"a": LEFT}] * 6 + [{"b": LEFT}] * 4, [{1: LEFT}] * 10)
    assert found["idf1"] == pytest.approx(0.6)
    assert found["switches"] == 0


def test_missed_and_false_faces_are_counted():
    found = score_identities([{"a": LEFT}] * 4, [{1: LEFT}] * 2 + [{1: ELSEWHERE}, {}])
    assert found == {"idf1": pytest.approx(4 / 7), "mota": pytest.approx(1 - 3 / 4), "faces": 4, "missed": 2, "false": 1,
                     "switches": 0}


@pytest.mark.parametrize(("moved", "missed"), [(3, 0), (4, 1)])  # overlaps of 7/13 and of 6/14
def test_boxes_that_overlap_by_half_are_the_same(moved, missed):
    assert score_identities([{"a": LEFT}], [{1: (moved, 0, moved + 10, 10)}])["missed"] == missed


def test_a_person_keeps_a_number_where_two_boxes_overlap():
    near = (2, 0, 12, 10)
    found = score_identities([{"a": LEFT}, {"a": near}], [{1: LEFT}, {1: (0, 0, 10, 10), 2: near}])
    assert (found["switches"], found["false"]) == (0, 1)


def test_without_faces_there_is_nothing_to_miss():
    assert score_identities([{}], [{}]) == {"idf1": 0, "mota": 1, "faces": 0, "missed": 0, "false": 0, "switches": 0}


@pytest.fixture
def white():
    """A portrait of 42 pixels, all white, whose face is the middle 20."""
    return cut_portrait("a", np.full((100, 100), 255, np.uint8), (40, 40, 60, 60))


def still(portrait, *look):
    return Actor(portrait, lambda seconds: Look(*look))


def test_a_face_is_where_the_film_says(white):
    picture, seen = draw_frame(np.zeros((120, 160, 3), np.uint8), [still(white, 80, 60, 40)], 0)
    rows, columns = np.nonzero(picture[..., 0] > 100)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == pytest.approx((38, 121, 18, 101), abs=2)
    assert [tuple(face) for face in seen] == [("a", (60, 40, 100, 80), 1.0)]


def test_who_is_behind_somebody_is_less_visible(white):
    behind, front = still(white, 60, 60, 20), still(white._replace(name="b"), 85, 60, 20)
    _, seen = draw_frame(np.zeros((120, 160, 3), np.uint8), [behind, front], 0)
    assert [face.name for face in seen] == ["a", "b"]
    assert [face.visible for face in seen] == pytest.approx([0.7, 1.0], abs=0.06)


def test_who_leaves_the_frame_is_less_visible_then_gone(white):
    black = np.zeros((120, 160, 3), np.uint8)
    (half,) = draw_frame(black, [still(white, 0, 60, 20)], 0)[1]
    assert (half.box, half.visible) == ((0, 50, 10, 70), 0.5)
    assert draw_frame(black, [still(white, -11, 60, 20)], 0)[1] == []
    assert draw_frame(black, [Actor(white, lambda seconds: None)], 0)[1] == []


def test_shots_follow_each_other_each_from_its_beginning(white):
    x = go(40, 100, 0.1, 0.2)
    walk = Actor(white, lambda seconds: Look(x(seconds), 60, 20))
    frames = list(make_frames([Shot(0.5, [walk]), Shot(0.2, [walk], place=1)], rate=10, size=(160, 120)))
    assert [seen[0].box[0] for _, seen in frames] == pytest.approx([30, 30, 60, 90, 90, 30, 30])
    assert np.array_equal(frames[5][0][0], make_background(1, (160, 120))[0])


def table(*rows):
    """Return a table of faces of 10 pixels: frame, track, person, left and top of each."""
    found = pd.DataFrame(rows, columns=["frame", "track", "person", "left", "top"])
    return found.assign(right=found.left + 10, bottom=found.top + 10).astype({"track": "Int64", "person": "Int64"})


def seen(name, left=0, visible=1.0):
    return Seen(name, (left, 0, left + 10, 10), visible)


def test_tracks_are_right_if_they_end_at_cuts_and_persons_if_they_go_on():
    shots, truth = [Shot(0.2, []), Shot(0.2, [])], [[seen("a")]] * 4
    cut = table(*((frame, 1 + frame // 2, 1, 0, 0) for frame in range(4)))
    through = table(*((frame, 1, 1 + frame // 2, 0, 0) for frame in range(4)))
    right, wrong = (score_tables([one], [truth], [shots], rate=10) for one in (cut, through))
    assert [right[column]["idf1"] for column in ("track", "person")] == [1, 1]
    assert [wrong[column]["idf1"] for column in ("track", "person")] == [0.5, 0.5]


def test_persons_are_the_same_in_all_films_and_tracks_are_of_one():
    one, other = table((0, 1, 1, 0, 0)), table((0, 1, 2, 0, 0))
    for rows, persons in (((one, one), 1), ((one, other), 0.5)):
        scores = score_tables(rows, [[[seen("a")]]] * 2, [[Shot(0.1, [])]] * 2, rate=10)
        assert (scores["person"]["idf1"], scores["track"]["idf1"]) == (persons, 1)


def test_a_hidden_face_is_neither_missed_nor_false():
    rows, shots = table((0, 1, 1, 0, 0), (1, 1, 1, 0, 0), (1, 2, 1, 50, 0)), [Shot(0.3, [])]
    truth = [[seen("a")], [seen("a", visible=0.3)], []]
    score = score_tables([rows], [truth], [shots], rate=10)["track"]
    assert (score["faces"], score["missed"], score["false"]) == (1, 0, 1)  # false is only what is elsewhere


def test_a_face_without_a_number_is_missed():
    rows = table((0, 1, None, 0, 0), (1, 1, 3, 0, 0))
    scores = score_tables([rows], [[[seen("a")]] * 2], [[Shot(0.2, [])]], rate=10)
    assert (scores["person"]["missed"], scores["track"]["missed"]) == (1, 0)


def test_pairs_of_faces_are_counted_on_both_sides_of_a_distance():
    vectors, subjects = np.array([[0.0], [0.3], [0.5], [1.2]]), np.array(["a", "a", "b", "b"])
    found = describe_pairs(vectors, subjects, 0.4)  # of one: 0.3 and 0.7; of two: 0.5, 1.2, 0.2 and 0.9
    assert found == {"same": 2, "different": 4, "equal": pytest.approx(0.5), "distance": 0.4, "missed": 0.5, "joined": 0.25}


def test_what_is_asked_for_is_met_or_missed():
    person = {"idf1": 0.96}, {"idf1": 0.94}
    found = {"identity": {name: {"person": score} for name, score in zip("ab", person, strict=True)},
             "times": {"a": [3, 0.2, None], "b": [3, None, 0.0], "c": [3, 1.5, 0.0]},
             "speed": {"featfer": {"rate": 62.0}, "fer": {"rate": 20.0}},
             "memory": {"500": 300.0, "10000": 340.0}, "resuming": {"identical": True}}
    assert [row[1:] for row in list_aims(found)] == [
        ["0.940 in the worst (b)", "missed"], ["1.500 ms", "missed"], ["62.0", "met"], ["3.1 times", "met"], ["40 MiB", "met"],
        ["the same", "met"]]
