import numpy as np
import pytest

from featfer.studies.smoothing import find_gap, last_until_next, smooth


def test_a_frame_lasts_until_the_next_and_the_median_before_a_gap_and_at_the_end():
    assert last_until_next(np.array([0, 0.1, 0.2, 0.4, 0.5, 9.0, 9.1])).tolist() == pytest.approx(
        [0.1, 0.1, 0.2, 0.1, 0.1, 0.1, 0.1])
    assert last_until_next(np.array([3.0])).tolist() == [0] and len(last_until_next(np.array([]))) == 0


def test_slow_films_have_no_gaps_between_their_frames():
    assert (find_gap(np.arange(5) / 25), find_gap(np.arange(5) * 2.0), find_gap(np.array([0.0]))) == (1, 6, 1)


def test_smoothing_is_the_same_at_every_frame_rate():
    results = []
    for rate in (25, 100):
        times = np.arange(4 * rate) / rate
        smoothed = smooth((times >= 2)[:, None], times, np.full(len(times), 1 / rate), 1.0, 0.2)[:, 0]
        results.append(smoothed[::rate // 25])
    assert results[0] == pytest.approx(results[1], abs=0.04)
    assert results[1][[40, 55]] == pytest.approx([0.0228, 0.8413], abs=0.02)  # the normal distribution at -2 and 1


def test_a_row_weighs_what_it_lasts():
    times, seconds = np.array([0, 0.1, 0.2]), np.array([0.1, 0.1, 0.3])
    near, far = np.exp(-0.5), np.exp(-2)
    expected = (0.1 * 1 + 0.1 * near * 2 + 0.3 * far * 3) / (0.1 + 0.1 * near + 0.3 * far)
    assert smooth(np.array([[1.0], [2], [3]]), times, seconds, 1, 0.1)[0, 0] == pytest.approx(expected)


def test_nothing_passes_a_gap_and_what_is_unknown_stays_so():
    times = np.array([0, 0.1, 0.2, 1.4, 1.5])
    values = np.array([[0.0], [0], [np.nan], [1], [1]])
    smoothed = smooth(values, times, np.full(5, 0.1), 1.0, 2.0)[:, 0]
    assert smoothed[[0, 1, 3, 4]].tolist() == [0, 0, 1, 1] and np.isnan(smoothed[2])


def test_width_zero_changes_nothing():
    values = np.array([[0.0], [1], [0]])
    assert smooth(values, np.array([0.0, 0.0, 1.0]), np.ones(3), 1, 0).tolist() == values.tolist()
