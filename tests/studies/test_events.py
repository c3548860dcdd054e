import numpy as np
import pytest

from featfer.studies.events import find_events


def find(values, times=None, threshold=0.5):
    times = np.arange(len(values)) / 10 if times is None else np.asarray(times, float)
    return find_events(times, np.full(len(times), 0.1), np.asarray(values, float), threshold)


def test_an_event_begins_at_the_threshold_and_ends_below_the_lower_one():
    event, = find([0.1, 0.49, 0.5, 0.8, 0.9, 0.9, 0.31, 0.3, 0.29, 0.1])
    assert event == (pytest.approx(0.2), pytest.approx(0.4), pytest.approx(0.8), 0.9, False)


def test_the_lower_threshold_moves_with_the_upper():
    event, = find([0, 0.8, 0.8, 0.49, 0.48, 0.47, 0], threshold=0.8)
    assert event.offset == pytest.approx(0.5)


def test_short_events_are_none_and_close_ones_are_one():
    assert find([0, 0.9, 0, 0, 0, 0]) == []
    event, = find([0, 0.6, 0.6, 0, 0.9, 0.6, 0])
    assert event[:4] == pytest.approx((0.1, 0.4, 0.6, 0.9))
    assert len(find([0, 0.6, 0.6, 0, 0, 0.9, 0.6, 0])) == 2  # 0.2 s apart


def test_an_event_ends_where_the_face_is_lost_and_says_so():
    times = [0, 0.1, 0.2, 0.3, 0.7, 0.8, 0.9, 1.0]
    lost, found = find([0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.1, 0.1], times)
    assert (lost.offset, lost.is_cut, found.onset, found.is_cut) == (pytest.approx(0.4), True, 0.7, True)
    joined, = find([0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.1, 0.1], [0, 0.1, 0.2, 0.3, 0.6, 0.7, 0.8, 0.9])  # 0.2 s without a face
    assert (joined.onset, joined.offset, joined.is_cut) == (0.1, 0.8, False)


def test_an_event_that_lasts_to_the_end_ends_with_the_last_frame():
    event, = find([0.9, 0.9, np.nan, 0.9])
    assert (event.onset, event.offset, event.is_cut) == (0, pytest.approx(0.4), True)


def test_nothing_known_has_no_events():
    assert find([]) == [] and find([np.nan, np.nan]) == []
