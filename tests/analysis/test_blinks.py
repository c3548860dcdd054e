import numpy as np
import pytest

from featfer.analysis.blinks import find_blinks
from featfer.errors import ParameterError


def series(rate=30, seconds=10, closed=(), ear=0.3, shut=0.1):
    """Times and aspect ratios of open eyes with a little noise, closed in [start, end) seconds."""
    times = np.arange(int(rate * seconds)) / rate
    ratios = ear * (1 + np.random.default_rng(0).normal(0, 0.03, len(times)))
    for start, end in closed:
        ratios[(times >= start - 1e-9) & (times < end - 1e-9)] = shut
    return times, ratios


def runs(marked):
    return np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(int), [0]]))).reshape(-1, 2).tolist()


@pytest.mark.parametrize("rate", [15, 24, 25, 30, 60])
def test_blinks_are_found_from_15_frames_a_second_on(rate):
    times, ratios = series(rate, closed=[(2, 2.2), (5, 5.2), (8, 8.4)])
    marked = find_blinks(times, ratios)[1]
    assert [times[first] for first, _ in runs(marked)] == pytest.approx([2, 5, 8], abs=1 / rate)
    assert marked.sum() / rate == pytest.approx(0.8, abs=3 / rate)


@pytest.mark.parametrize("rate", [5, 10, 14])
def test_below_15_frames_a_second_no_blink_is_claimed(rate):
    times, ratios = series(rate, closed=[(2, 2.3), (5, 5.3)])
    closure, marked = find_blinks(times, ratios)
    assert not marked.any()
    assert closure[times == 2.0] == 5


def test_longer_closures_are_no_blinks_but_closed_eyes():
    times, ratios = series(closed=[(2, 2.7), (5, 7), (8, 8.1)])
    closure, marked = find_blinks(times, ratios)
    assert runs(marked) == [[240, 243]]
    assert (closure[(times > 5) & (times < 6.9)] == 5).all()


def test_one_bad_frame_is_no_blink():
    times, ratios = series(30)
    ratios[100] = 0.1
    assert not find_blinks(times, ratios)[1].any()


@pytest.mark.parametrize("ear", [0.18, 0.3, 0.45])
def test_narrow_and_wide_eyes_blink_alike(ear):
    times, ratios = series(closed=[(4, 4.2)], ear=ear, shut=ear / 3)
    closure, marked = find_blinks(times, ratios)
    assert runs(marked) == [[120, 126]]
    assert np.median(closure) < 1
    assert (closure[marked] == 5).all()


def test_a_turn_of_the_head_that_narrows_the_eyes_slowly_is_no_blink():
    times, ratios = series(seconds=60, closed=[(50, 50.2)])
    ratios *= np.interp(times, [0, 20, 40, 60], [1, 1, 0.6, 0.6])
    assert runs(find_blinks(times, ratios)[1]) == [[1500, 1506]]


def test_closure_is_between_open_and_shut():
    times, ratios = series(closed=[(4, 4.1)], shut=0.21)
    closure, marked = find_blinks(times, ratios)
    assert closure[121] == pytest.approx(5 * (1 - 0.7) / 0.6, abs=0.4)
    assert not marked.any()


def test_missing_frames_have_no_closure_and_no_blink():
    times, ratios = series(closed=[(2, 2.2), (5, 5.2), (8, 8.2)])
    ratios[[61]] = np.nan         # one frame within a blink
    ratios[145:151] = np.nan      # nobody saw the second begin
    closure, marked = find_blinks(times, ratios)
    assert np.isnan(closure[np.isnan(ratios)]).all()
    assert runs(marked) == [[60, 61], [62, 66], [240, 246]]
    assert not np.isnan(closure[~np.isnan(ratios)]).any()


def test_a_closure_at_the_beginning_or_end_is_no_blink():
    times, ratios = series(closed=[(0, 0.2), (9.8, 10)])
    assert not find_blinks(times, ratios)[1].any()


def test_variable_rates_count_in_seconds():
    times, ratios = series(60, closed=[(2, 2.2), (5, 5.6)])
    kept = np.sort(np.random.default_rng(1).permutation(len(times))[:400])
    marked = find_blinks(times[kept], ratios[kept])[1]
    assert len(runs(marked)) == 1
    assert times[kept][marked].min() == pytest.approx(2.03, abs=0.04)
    assert times[kept][marked].max() == pytest.approx(2.17, abs=0.04)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_frames(count):
    closure, marked = find_blinks(np.arange(count) / 30, np.full(count, 0.3))
    assert closure.tolist() == [0] * count
    assert marked.tolist() == [False] * count


@pytest.mark.filterwarnings("error")
def test_nothing_but_missing_frames():
    closure, marked = find_blinks(np.arange(5) / 30, np.full(5, np.nan))
    assert np.isnan(closure).all()
    assert not marked.any()


@pytest.mark.parametrize("times", [[0, 0.1, 0.1], [0, 0.2, 0.1], [0, 1]])
def test_times_must_increase_and_be_as_many(times):
    with pytest.raises(ParameterError, match="seconds must increase"):
        find_blinks(times, [0.3, 0.3, 0.3])
